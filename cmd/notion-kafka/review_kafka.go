package main

import (
	"context"
	"strings"

	"notion-kafka/producer/control"
)

// lookForTopics fills in which of the selected topics are in Kafka already. While Kafka
// does not answer, none is known.
func (b *backend) lookForTopics(ctx context.Context, r *review, tables []control.ReviewedTable) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	var names []string
	for _, table := range tables {
		if table.Enabled && table.Topic != "" {
			names = append(names, table.Topic)
		}
	}
	existing, err := b.app.Cluster.Existing(ctx, names)
	if err != nil {
		b.app.Log.WarnContext(ctx, "a source is reviewed without knowing which of its topics exist", "error", err)
	}
	publishers := r.publishers()
	for i, table := range tables {
		info, found := existing[table.Topic]
		if found && table.Enabled {
			tables[i].Existing = &control.ExistingTopic{Partitions: int(info.Partitions), Cleanup: strings.Join(info.Cleanup, ","), Stream: publishers[table.Topic]}
		}
	}
}

// publishers returns the streams of all sources by their topics, as source/stream, as far
// as their last runs show them.
func (r *review) publishers() map[string]string {
	streams := map[string]string{}
	note := func(source string, of []control.Stream) {
		for _, s := range of {
			if s.Topic != "" {
				streams[s.Topic] = source + "/" + s.Stream
			}
		}
	}
	for _, src := range r.sources {
		if !src.Shadowed && src.LastRun != nil {
			note(src.Name, streamsIn(src.LastRun))
		}
	}
	note(r.draft.Source, r.known)
	return streams
}
