// Package catalog shows the topics as tables: which there are, what they hold, how they are
// read, and by whom. It reads Kafka and the registry, and asks the daemon what only that
// knows.
package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/avro"
	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// A Catalog is the catalog of one instance. It is safe for concurrent use.
type Catalog struct {
	cluster  *kafka.Cluster
	registry *avro.Registry
	known    Known
	access   Access
	reading  chan struct{} // a slot for each request that reads records
	seeks    chan struct{} // a slot for each search of Seek

	mu   sync.Mutex // guards last
	last *look      // at Kafka; nil before the first
}

// Known is what the daemon knows of the sources.
type Known interface {
	// Sources returns all sources, by name.
	Sources() []control.Source
	// Streams asks the owner of a source for its streams.
	Streams(ctx context.Context, source string) ([]control.Stream, error)
	// Runs returns the history of a source, the newest run first. Nobody is asked.
	Runs(source string) ([]control.Run, error)
}

// New returns a catalog. access is for the programs that it prints.
func New(cluster *kafka.Cluster, registry *avro.Registry, known Known, access Access) *Catalog {
	return &Catalog{cluster: cluster, registry: registry, known: known, access: access, reading: make(chan struct{}, mostSearches), seeks: make(chan struct{}, mostSeeks)}
}

// Tables returns the topics of all sources, by name. For a source whose owner does not
// respond it has the topics of the runs that are kept. What Kafka does not tell in three seconds is
// left out.
func (c *Catalog) Tables(ctx context.Context) ([]control.Table, error) {
	entries, err := c.entries(ctx)
	if err != nil {
		return nil, err
	}
	tables := make([]control.Table, len(entries))
	for i, e := range entries {
		tables[i] = e.Table
	}
	return tables, nil
}

// An entry is a topic of the catalog and its stream.
type entry struct {
	control.Table
	source control.Source
	about  *control.Stream // nil: the owner did not respond
}

// entries returns the topics of all sources, by name, with what Kafka knows of them.
func (c *Catalog) entries(ctx context.Context) ([]entry, error) {
	entries, err := c.owned(ctx)
	if err != nil {
		return nil, err
	}
	topics := make([]string, len(entries))
	for i, e := range entries {
		topics[i] = e.Topic
	}
	active := c.activity(ctx, topics)
	for i := range entries {
		entries[i].LastRecord, entries[i].Consumers = active.written[entries[i].Topic], active.of(entries[i].Topic)
	}
	return entries, nil
}

// owned returns the topics of all sources, by name. Kafka is not asked.
func (c *Catalog) owned(ctx context.Context) ([]entry, error) {
	var (
		asking  errgroup.Group
		mu      sync.Mutex
		entries []entry
	)
	for _, src := range c.known.Sources() {
		if src.Shadowed {
			continue
		}
		asking.Go(func() error {
			return notion.Guard(func() error {
				found := c.entriesOf(ctx, src)
				mu.Lock()
				defer mu.Unlock()
				entries = append(entries, found...)
				return nil
			})
		})
	}
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Source, b.Source)) })
	return entries, nil
}

func (c *Catalog) entriesOf(ctx context.Context, src control.Source) (entries []entry) {
	var defined struct{ Description string }
	_ = json.Unmarshal(src.Definition, &defined) // one that cannot be read has none
	streams, err := c.known.Streams(ctx, src.Name)
	if err != nil {
		runs, _ := c.known.Runs(src.Name) // none of a source that was just removed
		streams = streamsIn(runs)
	}
	for _, s := range streams {
		if s.Topic == "" {
			continue
		}
		e := entry{source: src, Table: control.Table{
			Topic: s.Topic, Source: src.Name, Stream: s.Stream, Title: s.Title, Icon: s.Icon, URL: s.URL, Rows: s.Rows, Description: defined.Description,
			Typed: s.Form == typedForm, Subject: avro.Subject(s.Topic), Schema: json.RawMessage(schemaOf(s.Stream)),
			Today: today(src, s.Topic, time.Now()),
		}}
		if err == nil {
			e.about = &s
		}
		entries = append(entries, e)
	}
	return entries
}

// typedForm is the form of a stream whose topic has typed columns.
const typedForm = "typed"

// streamsIn returns the streams that runs read, each as the newest of them has it.
func streamsIn(runs []control.Run) (streams []control.Stream) {
	known := map[string]bool{}
	for _, run := range runs {
		for _, s := range run.Streams {
			if s.Topic != "" && !known[s.Stream] {
				known[s.Stream] = true
				streams = append(streams, control.Stream{Stream: s.Stream, Title: s.Title, Topic: s.Topic, Rows: -1})
			}
		}
	}
	return streams
}

// schemaOf returns the schema of a stream's values.
func schemaOf(stream string) string {
	if stream == producer.DatabasesStream {
		return avro.DatabaseSchema
	}
	return avro.PageSchema
}
