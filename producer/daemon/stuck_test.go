package daemon

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// runOnce runs a new process once and returns the report of a database's stream,
// whatever its status.
func (w *world) runOnce(order producer.Order, db *notiontest.Database) control.StreamRun {
	w.t.Helper()
	p := w.start()
	defer p.cluster.Close()
	report, err := p.run(w.t.Context(), order)
	if err != nil {
		w.t.Fatal(err)
	}
	return streamOf(report, producer.DatabaseStream(db.ID()))
}

// withOneHugePage is a database of five pages, scanned into a topic that takes
// 20 kB a record; one page is larger.
func (w *world) withOneHugePage() (db *notiontest.Database, huge string) {
	db = w.notion.AddDatabase("Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Notes", Kind: notiontest.KindRichText})
	for range 4 {
		db.AddPage("small", nil)
	}
	huge = db.AddPage("huge", notiontest.Values{"Notes": strings.Repeat("x", 30_000)})
	w.pass(5 * time.Minute)
	p := w.start()
	defer p.cluster.Close()
	spec := p.opts.DataTopic
	spec.Name = tasksTopic
	if _, err := p.cluster.EnsureTopic(w.t.Context(), spec); err != nil {
		w.t.Fatal(err)
	}
	w.setMaxMessageBytes(tasksTopic, "20000")
	return db, huge
}

func TestPageTooLargeIsSetAsideAndHoldsUpNoOther(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, huge := w.withOneHugePage()
		s := w.runOnce(byHand, db)
		if s.Status != control.NeedsAttention || s.Published != 4 || s.Stuck != 1 || !strings.Contains(s.Error, huge) || !strings.Contains(s.Error, "max.message.bytes") {
			t.Fatalf("first run: %+v", s)
		}
		db.AddPage("small too", nil)
		if s = w.runOnce(bySchedule, db); s.Status != control.NeedsAttention || s.Published != 1 || s.Stuck != 1 {
			t.Errorf("next run: %+v", s)
		}
		if n := w.logged("set aside as stuck"); n != 1 {
			t.Errorf("a poll tried the stuck page again: set aside %d times", n)
		}
	})
}

func TestStuckPageThatShrinksArrives(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, huge := w.withOneHugePage()
		w.runOnce(byHand, db)
		w.notion.Edit(huge, notiontest.Values{"Notes": "shorter"})
		if s := w.runOnce(bySchedule, db); s.Status != control.Succeeded || s.Published != 1 || s.Stuck != 0 {
			t.Errorf("after the edit: %+v", s)
		}
		w.checkTopic(db, tasksTopic)
		if got := ops(w.records(tasksTopic)); got[producer.OpCreate] != 1 || got[producer.OpUpdate] != 0 {
			t.Errorf("ops: %v; the topic never had the page, so it is a create", got)
		}
	})
}

func TestStuckPageIsTriedAgainByHandAndInScans(t *testing.T) {
	orders := map[string]producer.Order{"by hand": byHand, "scan": {Trigger: "schedule", Full: true}}
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db, _ := w.withOneHugePage()
				w.runOnce(byHand, db)
				w.pass(time.Hour) // out of the overlap: no poll sees the page again
				w.setMaxMessageBytes(tasksTopic, "100000")
				if s := w.runOnce(bySchedule, db); s.Stuck != 1 || s.Published != 0 {
					t.Errorf("poll: %+v", s)
				}
				if s := w.runOnce(order, db); s.Status != control.Succeeded || s.Published != 1 || s.Stuck != 0 {
					t.Errorf("%s: %+v", name, s)
				}
				w.checkTopic(db, tasksTopic)
			})
		})
	}
}

// Stuck pages are requested beside each other, like all pages that are requested by id:
// a slow answer delays no other.
func TestStuckPagesAreReadBesideEachOther(t *testing.T) {
	const slow = 10 * time.Second
	latency := func(r *http.Request) time.Duration {
		if strings.Contains(r.URL.Path, "/pages/") {
			return slow
		}
		return 0
	}
	inWorld(t, notiontest.Options{Latency: latency}, func(t *testing.T, w *world) {
		db, _ := w.withOneHugePage()
		const more = 23
		for range more {
			db.AddPage("huge", notiontest.Values{"Notes": strings.Repeat("x", 30_000)})
		}
		if s := w.runOnce(byHand, db); s.Stuck != more+1 {
			t.Fatalf("%+v", s)
		}
		w.pass(time.Hour) // out of the overlap: no poll sees the pages again
		w.setMaxMessageBytes(tasksTopic, "100000")
		began := time.Now()
		if s := w.runOnce(byHand, db); s.Status != control.Succeeded || s.Published != more+1 || s.Stuck != 0 {
			t.Errorf("%+v", s)
		}
		if took := time.Since(began); took > (more+1)/8*slow+slow {
			t.Errorf("%d pages took %v at %v each", more+1, took, slow)
		}
		w.checkTopic(db, tasksTopic)
	})
}
