package daemon

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"notion-kafka/avro"
	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// choosySchemas is a registry that refuses the schema of one topic.
type choosySchemas struct {
	fixedSchemas

	refuses string
}

func (c choosySchemas) Pages(ctx context.Context, topic string) (func([]byte, *notion.Page) ([]byte, error), error) {
	if topic == c.refuses {
		return nil, fmt.Errorf("schema registry: registering %s-value: %w: give the stream another topic", topic, avro.ErrIncompatible)
	}
	return c.fixedSchemas.Pages(ctx, topic)
}

// A registry that refuses the schema of one stream stops that stream where it is,
// and no other. What it has missed arrives when the registry takes the schema.
func TestRefusedSchemaStopsItsStreamAlone(t *testing.T) {
	for name, order := range map[string]producer.Order{"poll": bySchedule, "scan": fullScan} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				refused := w.addTasks(5)
				good := w.notion.AddDatabase("Good", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Points", Kind: notiontest.KindNumber})
				good.AddPage("one", nil)
				w.mustRun(byHand)
				w.pass(time.Hour)
				for _, db := range []*notiontest.Database{refused, good} {
					w.notion.Edit(db.Pages(notiontest.Live)[0], notiontest.Values{"Points": 4711})
				}
				p := w.start()
				defer p.cluster.Close()
				p.opts.Schemas = choosySchemas{refuses: tasksTopic}
				before, records := w.cursors(refused), len(w.records(tasksTopic))
				for range 2 {
					w.pass(10 * time.Minute)
					report, err := p.run(t.Context(), order)
					if err != nil {
						t.Fatal(err)
					}
					s := streamOf(report, producer.DatabaseStream(refused.ID()))
					if s.Status != control.Failed || !strings.Contains(s.Error, "preparing the schema of topic "+tasksTopic) || !strings.Contains(s.Error, "schema is incompatible") {
						t.Errorf("the stream: %+v", s)
					}
					if s := streamOf(report, producer.DatabaseStream(good.ID())); s.Status != control.Succeeded {
						t.Errorf("the other stream: %+v", s)
					}
				}
				if now := w.cursors(refused); len(before) != 1 || now[refused.DataSource().ID()] != before[refused.DataSource().ID()] {
					t.Errorf("the cursor was %v and is %v", before, now)
				}
				if n := len(w.records(tasksTopic)) - records; n != 0 {
					t.Errorf("%d records", n)
				}
				w.checkTopic(good, "notion.acme.good")
				w.mustRun(order)
				w.checkTopic(refused, tasksTopic)
			})
		})
	}
}

// cursors are how far the data sources of a database have been read.
func (w *world) cursors(db *notiontest.Database) map[string]time.Time {
	w.t.Helper()
	_, s, done := w.claimed()
	defer done()
	cursors := map[string]time.Time{}
	s.View(func(m *state.Memory) {
		for id, cursor := range m.Source("acme").Stream(producer.DatabaseStream(db.ID())).Cursors {
			cursors[id] = cursor.Watermark
		}
	})
	return cursors
}
