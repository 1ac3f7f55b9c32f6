package daemon

import (
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// A run's report counts the records by their op, as the topic has them.
func TestReportCountsTheRecordsByOp(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		counted := func(order producer.Order) control.StreamRun {
			before := ops(w.records(tasksTopic))
			s := streamOf(w.mustRun(order), producer.DatabaseStream(db.ID()))
			after := ops(w.records(tasksTopic))
			wrote := func(op string) int { return after[op] - before[op] }
			if s.Snapshot != wrote("snapshot") || s.Created != wrote("create") || s.Updated != wrote("update") || s.Deleted != wrote("delete") {
				t.Errorf("the report says %+v, the topic had %v and has %v", s, before, after)
			}
			if s.Published != s.Snapshot+s.Created+s.Updated {
				t.Errorf("%d published, of which %d, %d and %d", s.Published, s.Snapshot, s.Created, s.Updated)
			}
			return s
		}
		if s := counted(byHand); s.Snapshot != 10 {
			t.Errorf("first read: %+v", s)
		}
		pages := db.Pages(notiontest.Live)
		for i, page := range pages[:3] {
			w.notion.Edit(page, notiontest.Values{"Points": 100 + i})
		}
		db.AddPage("new", nil)
		db.AddPage("newer", nil)
		w.notion.Trash(pages[9])
		w.pass(5 * time.Minute)
		if s := counted(producer.Order{Trigger: "manual", Full: true}); s.Created != 2 || s.Updated != 3 || s.Deleted != 1 || s.Snapshot != 0 {
			t.Errorf("changes: %+v", s)
		}
		if s := counted(producer.Order{Trigger: "manual", Full: true, Republish: true}); s.Snapshot != 11 || s.Created+s.Updated != 0 {
			t.Errorf("published again: %+v", s)
		}
	})
}
