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

// New returns a catalog.
func New(cluster *kafka.Cluster, registry *avro.Registry, known Known) *Catalog {
	return &Catalog{cluster, registry, known}
}

// Tables returns the topics of all sources, by name. For a source whose owner does not
// respond it has the topics of the last run.
func (c *Catalog) Tables(ctx context.Context) ([]control.Table, error) {
	var (
		asking errgroup.Group
		mu     sync.Mutex
		tables = []control.Table{}
	)
	for _, src := range c.known.Sources() {
		if src.Shadowed {
			continue
		}
		asking.Go(func() error {
			return notion.Guard(func() error {
				found := c.tablesOf(ctx, src)
				mu.Lock()
				defer mu.Unlock()
				tables = append(tables, found...)
				return nil
			})
		})
	}
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(tables, func(a, b control.Table) int { return cmp.Compare(a.Topic, b.Topic) })
	return tables, nil
}

func (c *Catalog) tablesOf(ctx context.Context, src control.Source) (tables []control.Table) {
	streams, err := c.known.Streams(ctx, src.Name)
	if err != nil && src.LastRun != nil {
		for _, s := range src.LastRun.Streams {
			streams = append(streams, control.Stream{Stream: s.Stream, Title: s.Title, Topic: s.Topic, Rows: -1})
		}
	}
	for _, s := range streams {
		if s.Topic == "" {
			continue
		}
		schema := avro.PageSchema
		if s.Stream == producer.DatabasesStream {
			schema = avro.DatabaseSchema
		}
		tables = append(tables, control.Table{
			Topic: s.Topic, Source: src.Name, Stream: s.Stream, Title: s.Title, Icon: s.Icon, URL: s.URL, Rows: s.Rows,
			Subject: avro.Subject(s.Topic), Schema: json.RawMessage(schema),
			Today: control.Day{Day: time.Now().UTC().Format(time.DateOnly)}, Consumers: control.Consumers{Groups: []control.Consumer{}},
		})
	}
	return tables
}
