package daemon

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

const databasesTopic = "notion.acme.databases"

// lastOp is the last record of a key: its op and reason.
func (w *world) lastOp(topic, key string) string {
	w.t.Helper()
	op := "nothing"
	for _, r := range w.records(topic) {
		if string(r.Key) == key {
			op = r.Header("notion-kafka.op")
			if reason := r.Header("notion-kafka.reason"); reason != "" {
				op += " " + reason
			}
		}
	}
	return op
}

// A database goes and comes back: the databases stream shows that, and the database's
// own topic is left as it is.
func TestDatabaseThatGoesIsATombstoneInDatabases(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.notion.AddDatabase("Stays", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		db := w.addTasks(30)
		w.pass(time.Hour)
		w.mustRun(byHand)
		expect := func(when, op string) {
			t.Helper()
			if got := w.lastOp(databasesTopic, db.ID()); got != op {
				t.Errorf("%s: %s, want %s", when, got, op)
			}
		}
		expect("at first", "snapshot")

		db.Trash()
		w.pass(2 * time.Hour)
		w.runOnce(bySchedule, db)
		expect("in the trash", "delete trashed")
		db.Restore()
		w.pass(2 * time.Hour)
		w.mustRun(bySchedule)
		expect("restored", "create")

		db.Unshare()
		w.pass(2 * time.Hour)
		if s := w.runOnce(bySchedule, db); s.Status != control.Failed {
			t.Errorf("unshared: %+v", s)
		}
		expect("not found once", "create")
		w.runOnce(byHand, db)
		expect("not found twice, within discovery_every", "create")
		w.pass(time.Hour)
		if s := w.runOnce(bySchedule, db); s.Status != control.Failed {
			t.Errorf("unshared for long: %+v", s)
		}
		expect("not found an hour later", "delete gone")
		w.pass(2 * time.Hour)
		w.runOnce(bySchedule, db)
		db.Share()
		w.pass(2 * time.Hour)
		w.mustRun(bySchedule)
		expect("shared again", "create")
		if n := len(deletes(w.records(tasksTopic))); n != 0 {
			t.Errorf("%d of its pages were deleted", n)
		}
		w.checkTopic(db, tasksTopic)
	})
}

// Pages of a data source that its database no longer lists are held for a person,
// however few they are.
func TestPagesOfARemovedDataSourceAreHeld(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, second := w.twoSources()
		w.pass(time.Hour)
		w.mustRun(byHand, with(producer.Settings{}))
		second.Trash()
		w.pass(2 * time.Hour)
		for range 2 {
			if s := w.runWith(fullScan, db, with(producer.Settings{})); s.Status != control.NeedsAttention || s.Held != 10 || s.Deleted != 0 {
				t.Errorf("scan: %+v", s)
			}
		}
		confirm := producer.Order{Trigger: "manual", Confirm: true, Streams: []string{producer.DatabaseStream(db.ID())}}
		if s := w.runWith(confirm, db, with(producer.Settings{})); s.Deleted != 10 || s.Held != 0 {
			t.Errorf("confirmed: %+v", s)
		}
		if s := w.runWith(fullScan, db, with(producer.Settings{})); s.Status != control.Succeeded || s.Deleted != 0 {
			t.Errorf("after that: %+v", s)
		}
		second.Restore()
		w.pass(2 * time.Hour)
		w.mustRun(fullScan, with(producer.Settings{}))
		w.checkDeletes(db, tasksTopic)
	})
}

// A database was renamed, and search does not show the change. A trigger's runs find it
// after discovery_every, a run by hand at once.
func TestRunByHandReadsKnownDatabasesAgain(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.mustRun(byHand)
		expect := func(when, title string, arrived bool) {
			t.Helper()
			says := func(r kafka.Stored) bool { return bytes.Contains(r.Value, []byte(title)) }
			if slices.ContainsFunc(w.records(databasesTopic), says) != arrived {
				t.Errorf("%s: %q has arrived: %v, want %v", when, title, !arrived, arrived)
			}
		}
		db.Rename("Errands")
		w.pass(10 * time.Minute)
		w.mustRun(bySchedule, blindly)
		expect("after a run of the trigger", "Errands", false)
		w.mustRun(byHand, blindly)
		expect("after a run by hand", "Errands", true)
		db.Rename("Chores")
		w.pass(50 * time.Minute)
		w.mustRun(bySchedule, blindly)
		expect("within discovery_every of it", "Chores", false)
		w.pass(10 * time.Minute)
		w.mustRun(bySchedule, blindly)
		expect("after discovery_every", "Chores", true)
	})
}
