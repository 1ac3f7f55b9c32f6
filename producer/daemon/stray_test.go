package daemon

import (
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// Queries go on listing pages that are in the trash or in another database, and
// show them as they are. Those in the trash are not published as pages of this
// one; the others are rows until their data source lists them no more.
func TestPagesThatAreListedWhereTheyAreNoLonger(t *testing.T) {
	for name, order := range map[string]producer.Order{"scan": fullScan, "poll": bySchedule} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{QueryLag: 2 * time.Minute, FreshRows: true}, func(t *testing.T, w *world) {
				db := w.addTasks(10)
				other := w.notion.AddDatabase("Archive", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
				w.pass(time.Hour)
				w.mustRun(byHand, with(producer.Settings{}))
				pages := db.Pages(notiontest.Live)
				for _, id := range pages[:4] {
					w.notion.Edit(id, notiontest.Values{"Points": -1})
				}
				w.pass(3 * time.Minute) // their edit is listed
				w.notion.Trash(pages[0])
				w.notion.Move(pages[1], other.DataSource())
				w.notion.Purge(pages[2])
				if s := w.runWith(order, db, with(producer.Settings{})); s.Status != control.Succeeded {
					t.Errorf("%+v", s)
				}
				want := map[string]string{pages[0]: "delete trashed", pages[1]: "update", pages[2]: "snapshot", pages[3]: "update"}
				if order.Full {
					want[pages[2]] = "delete gone"
				}
				for id, op := range want {
					if got := w.lastOp(tasksTopic, id); got != op {
						t.Errorf("page %s: %s, want %s", id, got, op)
					}
				}
				w.pass(time.Hour)
				w.mustRun(fullScan, with(producer.Settings{}))
				if got := w.lastOp(tasksTopic, pages[1]); got != "delete moved" {
					t.Errorf("page %s, which is listed no more: %s", pages[1], got)
				}
				w.checkPagesOf(db)
				w.checkDeletes(other, "notion.acme.archive")
			})
		})
	}
}

// Many trashed pages that are still listed are not deleted by a poll: the next scan
// hasDataSourceOf them, as it does when they are no longer listed.
func TestVeryManyPagesThatAreListedInTheTrash(t *testing.T) {
	inWorld(t, notiontest.Options{QueryLag: 2 * time.Minute, FreshRows: true, RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		db := w.addTasks(60)
		w.pass(time.Hour)
		w.mustRun(byHand, with(producer.Settings{}))
		pages := db.Pages(notiontest.Live)
		for _, id := range pages[:40] {
			w.notion.EditBody(id)
		}
		w.pass(3 * time.Minute)
		for _, id := range pages[:40] {
			w.notion.Trash(id)
		}
		if s := w.runWith(bySchedule, db, with(producer.Settings{})); s.Deleted != 0 || s.Status != control.Succeeded {
			t.Errorf("poll: %+v", s)
		}
		if s := w.runWith(fullScan, db, with(producer.Settings{})); s.Deleted != 0 || s.Held != 40 {
			t.Errorf("scan: %+v", s)
		}
		if s := w.runWith(confirmOf(db), db, with(producer.Settings{})); s.Deleted != 40 {
			t.Errorf("confirmed: %+v", s)
		}
		w.checkDeletes(db, tasksTopic)
	})
}
