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

// moveAway is a database whose only data source, of n pages, has just moved to
// another database.
func (w *world) moveAway(n int) (from, to *notiontest.Database, pages []string) {
	w.t.Helper()
	from = w.addTasks(n)
	to = w.notion.AddDatabase("Archive", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	w.pass(time.Hour)
	w.mustRun(byHand, with(producer.Settings{}))
	pages = from.Pages(notiontest.Live)
	from.DataSource().MoveTo(to)
	w.pass(2 * time.Hour)
	return from, to, pages
}

// A database loses its only data source: its stream goes on. Pages that moved with the
// data source are deleted here and created there, and pages that Notion no longer shows
// are held for a person.
func TestLastDataSourceOfADatabaseMoves(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		from, to, pages := w.moveAway(5)
		w.notion.Purge(pages[0])
		if s := w.runWith(bySchedule, from, with(producer.Settings{})); s.Kind != control.Incremental || s.Status != control.Succeeded {
			t.Errorf("poll: %+v", s)
		}
		if s := w.runWith(fullScan, from, with(producer.Settings{})); s.Kind != control.FullScan || s.Deleted != 4 || s.Held != 1 || s.Status != control.NeedsAttention {
			t.Errorf("scan: %+v", s)
		}
		for _, id := range pages[1:] {
			if got := w.lastOp(tasksTopic, id); got != "delete moved" {
				t.Errorf("page %s, which moved: %s", id, got)
			}
		}
		if got := w.lastOp(tasksTopic, pages[0]); got != "snapshot" {
			t.Errorf("the page that is not found: %s", got)
		}
		w.checkDeletes(to, "notion.acme.archive")
		if s := w.runWith(bySchedule, from, with(producer.Settings{})); s.Held != 1 || s.Status != control.NeedsAttention {
			t.Errorf("poll after it: %+v", s)
		}
		if s := w.runWith(confirmOf(from), from, with(producer.Settings{})); s.Deleted != 1 || s.Status != control.Succeeded {
			t.Errorf("confirmed: %+v", s)
		}
		w.checkDeletes(from, tasksTopic)
	})
}

// Many pages that moved are held for a person, like many that are missing.
func TestLargeDataSourceMoves(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		from, _, _ := w.moveAway(30)
		if s := w.runWith(fullScan, from, with(producer.Settings{})); s.Deleted != 0 || s.Held != 30 || !strings.Contains(s.Error, "30 pages belong to data sources that the database no longer lists") {
			t.Errorf("scan: %+v", s)
		}
		if s := w.runWith(confirmOf(from), from, with(producer.Settings{})); s.Deleted != 30 || s.Held != 0 || s.Status != control.Succeeded {
			t.Errorf("confirmed: %+v", s)
		}
		for id, reason := range deletes(w.records(tasksTopic)) {
			if reason != producer.ReasonMoved {
				t.Errorf("page %s: %s", id, reason)
			}
		}
		w.checkDeletes(from, tasksTopic)
	})
}

// A data source leaves its database during a scan. The scan still ends, and does not
// hinder the next one.
func TestDataSourceMovesDuringItsScan(t *testing.T) {
	var hidden string
	options := notiontest.Options{Hook: func(r *http.Request) *notiontest.Fault {
		if hidden != "" && strings.Contains(r.URL.Path, hidden) {
			refusal := notiontest.Restricted()
			return &refusal
		}
		return nil
	}}
	inWorld(t, options, func(t *testing.T, w *world) {
		from, _, _ := w.moveAway(5)
		added := from.AddDataSource("New")
		w.pass(2 * time.Hour)
		hidden = "/" + added.ID() + "/query"
		if s := w.runWith(bySchedule, from, with(producer.Settings{})); s.Kind != control.FullScan || s.Status != control.Failed {
			t.Fatalf("the scan of the new data source: %+v", s)
		}
		added.Trash()
		w.pass(2 * time.Hour)
		if s := w.runWith(bySchedule, from, with(producer.Settings{})); s.Status != control.Succeeded || s.Deleted != 5 {
			t.Errorf("the run after it left: %+v", s)
		}
		w.checkDeletes(from, tasksTopic)
	})
}

// A database no longer lists a data source whose pages are unchanged. They are held,
// with the reason in the run, until a person answers.
func TestPagesInPlaceOfAnUnlistedDataSource(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, second := w.twoSources()
		w.pass(time.Hour)
		w.mustRun(byHand, with(producer.Settings{}))
		second.TrashAlone()
		w.pass(2 * time.Hour)
		if s := w.runWith(fullScan, db, with(producer.Settings{})); s.Status != control.NeedsAttention || s.Held != 10 || s.Deleted != 0 ||
			!strings.Contains(s.Error, "10 pages belong to data sources that the database no longer lists") || strings.Contains(s.Error, "missing") {
			t.Errorf("scan: %+v", s)
		}
		if n, err := w.dismiss(producer.DatabaseStream(db.ID())); n != 10 || err != nil {
			t.Fatalf("dismissed %d, err %v", n, err)
		}
		if s := w.runWith(bySchedule, db, with(producer.Settings{})); s.Status != control.Succeeded || s.Held != 0 {
			t.Errorf("poll after dismissing: %+v", s)
		}
		if s := w.runWith(fullScan, db, with(producer.Settings{})); s.Held != 10 || s.Deleted != 0 {
			t.Errorf("scan after dismissing: %+v", s)
		}
		if s := w.runWith(confirmOf(db), db, with(producer.Settings{})); s.Status != control.Succeeded || s.Held != 0 || s.Deleted != 10 {
			t.Errorf("confirmed: %+v", s)
		}
		reasons := deletes(w.records(tasksTopic))
		for _, reason := range reasons {
			if reason != producer.ReasonMoved {
				t.Errorf("deletes %v", reasons)
				break
			}
		}
		if s := w.runWith(fullScan, db, with(producer.Settings{})); s.Status != control.Succeeded || s.Held != 0 || s.Deleted != 0 {
			t.Errorf("scan after confirming: %+v", s)
		}
	})
}

// confirmOf is the order that confirms the held deletes of a database.
func confirmOf(db *notiontest.Database) producer.Order {
	return producer.Order{Trigger: "manual", Confirm: true, Streams: []string{producer.DatabaseStream(db.ID())}}
}
