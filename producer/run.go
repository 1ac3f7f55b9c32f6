package producer

import (
	"context"
	"errors"

	"notion-kafka/producer/kafka"
)

// An Order is what a run was asked to do.
type Order struct {
	Trigger   string   // schedule, manual or startup
	Streams   []string // empty: every selected stream
	Full      bool     // a scan instead of the incremental reads
	Republish bool     // with Full: unchanged pages too
}

// run is the story of notion-kafka. It was triggered, and the shard is
// claimed; from here every step hands its result to the next. What goes wrong
// with one stream costs the others nothing. Two things end the whole run: the
// list of databases could not be read, or the outcome of a commit is unknown,
// after which nothing this process remembers may be trusted.
func (s *shard) run(ctx context.Context, src *Source, order Order) Report {
	report := s.begin(ctx, src, order)
	found, err := s.discover(ctx, src, order)
	if err != nil {
		return report.end(err)
	}
	streams, err := s.plan(ctx, src, found, order, report.Report)
	if err != nil {
		return report.end(err)
	}
	for _, st := range streams {
		err := s.follow(ctx, st)
		report.add(st, err)
		if errors.Is(err, kafka.ErrUnknown) || ctx.Err() != nil {
			return report.end(err)
		}
	}
	return report.end(nil)
}

// follow brings one stream's topic up to what Notion holds now. Each batch is
// one response of Notion and becomes one transaction, so that a kill at any
// point leaves the topic, the fingerprints and the position agreeing.
func (s *shard) follow(ctx context.Context, st *stream) error {
	if err := s.openTopic(ctx, st); err != nil {
		return err
	}
	for batch, err := range s.read(ctx, st) {
		if err != nil {
			return err
		}
		changes := s.compare(st, batch)
		records, err := s.encode(ctx, st, changes)
		if err != nil {
			return err
		}
		published, err := s.commit(ctx, st, batch, changes, records)
		if err != nil {
			return err
		}
		st.tally.add(batch, changes, published)
	}
	return nil
}
