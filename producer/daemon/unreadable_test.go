package daemon

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// A row comes in a form that cannot be read: it is stuck with the reason, its database
// goes on, and it arrives as soon as it can be read.
func TestARowThatCannotBeReadIsStuckAndHoldsUpNoOther(t *testing.T) {
	for _, how := range []notiontest.Garbling{notiontest.NameTwice, notiontest.DeepNesting, notiontest.NullCreated, notiontest.WrongType} {
		t.Run(string(how), func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db := w.addTasks(3)
				row := db.AddPage("Garbled", notiontest.Values{"Points": 7})
				w.pass(5 * time.Minute)
				w.notion.Garble(row, how)
				must := func(when string, order producer.Order, published int) {
					t.Helper()
					s := w.runOnce(order, db)
					if s.Status != control.NeedsAttention || s.Published != published || s.Stuck != 1 || s.Deleted != 0 || !strings.Contains(s.Error, row) || !strings.Contains(s.Error, "cannot be read") {
						t.Errorf("%s: %+v", when, s)
					}
				}
				must("first read", byHand, 3)
				w.notion.Edit(row, notiontest.Values{"Points": 8})
				db.AddPage("Another", nil)
				w.pass(time.Minute)
				must("a poll", bySchedule, 1)
				must("a run by hand", byHand, 0)
				must("a scan", producer.Order{Trigger: "manual", Full: true}, 0)
				if n := w.logged("set aside as stuck"); n != 1 {
					t.Errorf("it was set aside %d times", n)
				}
				w.notion.Garble(row, notiontest.OrdinaryForm)
				if s := w.runOnce(byHand, db); s.Status != control.Succeeded || s.Published != 1 || s.Stuck != 0 {
					t.Errorf("once it can be read: %+v", s)
				}
				w.checkTopic(db, tasksTopic)
			})
		})
	}
}

// A page that the topic has comes garbled later: the topic keeps its version.
func TestAPublishedRowThatCannotBeReadAnyMoreStays(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		row := db.Pages(notiontest.Live)[0]
		w.runOnce(byHand, db)
		w.notion.Garble(row, notiontest.NullCreated)
		w.pass(time.Hour)
		if s := w.runOnce(producer.Order{Trigger: "manual", Full: true}, db); s.Status != control.NeedsAttention || s.Published+s.Deleted != 0 || s.Stuck != 1 {
			t.Errorf("a scan: %+v", s)
		}
		w.notion.Garble(row, notiontest.OrdinaryForm)
		if s := w.runOnce(producer.Order{Trigger: "manual", Full: true}, db); s.Status != control.Succeeded || s.Published+s.Deleted != 0 || s.Stuck != 0 {
			t.Errorf("once it can be read: %+v", s)
		}
	})
}

// A page that was never read and is no longer listed leaves nothing. A run by hand finds
// that out where the page's created time is known.
func TestAStuckPageThatIsGoneIsForgottenByHand(t *testing.T) {
	for how, status := range map[notiontest.Garbling]control.Status{
		notiontest.DeepNesting: control.Succeeded,
		notiontest.NullCreated: control.NeedsAttention, // nobody knows where to look for it but a scan
	} {
		t.Run(string(how), func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db := w.addTasks(3)
				row := db.AddPage("Garbled", nil)
				w.notion.Garble(row, how)
				if s := w.runOnce(byHand, db); s.Status != control.NeedsAttention || s.Stuck != 1 {
					t.Errorf("first read: %+v", s)
				}
				if s := w.runOnce(byHand, db); s.Status != control.NeedsAttention || s.Stuck != 1 {
					t.Errorf("while it is listed: %+v", s)
				}
				w.notion.UnsharePage(row)
				if s := w.runOnce(byHand, db); s.Status != status {
					t.Errorf("by hand: %+v", s)
				}
				if s := w.runOnce(producer.Order{Trigger: "manual", Full: true}, db); s.Status != control.Succeeded || s.Published+s.Deleted != 0 {
					t.Errorf("a scan: %+v", s)
				}
			})
		})
	}
}

// A page that is listed, cannot be read and is not found by its id stays stuck.
func TestAStuckPageThatIsListedStays(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		row := db.AddPage("Garbled", nil)
		w.notion.Garble(row, notiontest.DeepNesting)
		w.runOnce(byHand, db)
		w.notion.FailAlways("pages/"+row, notiontest.NotFound())
		for range 2 {
			if s := w.runOnce(byHand, db); s.Status != control.NeedsAttention || s.Stuck != 1 || !strings.Contains(s.Error, "cannot be read") {
				t.Errorf("by hand: %+v", s)
			}
		}
	})
}

// Nothing can be remembered of a row without an id: the stream is not green, and
// the cursor waits for it.
func TestARowWithoutAnIDKeepsItsStreamFromGreen(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		w.runOnce(byHand, db)
		row := db.AddPage("Nobody", notiontest.Values{"Points": 7})
		w.notion.Garble(row, notiontest.NoIDEither)
		db.AddPage("Another", nil)
		for range 3 {
			w.pass(time.Hour)
			if s := w.runOnce(bySchedule, db); s.Status != control.Failed || !strings.Contains(s.Error, "without a readable id") {
				t.Errorf("while it has no id: %+v", s)
			}
		}
		w.notion.Garble(row, notiontest.OrdinaryForm)
		if s := w.runOnce(bySchedule, db); s.Status != control.Succeeded || s.Published != 1 {
			t.Errorf("once it has one: %+v", s)
		}
		w.checkTopic(db, tasksTopic)
	})
}

// An unusable search result is reported, and does not affect the others.
func TestASearchResultThatCannotBeUsedIsTold(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		other := w.notion.AddDatabase("Other")
		other.DataSource().Garble(notiontest.NameTwice)
		report := w.runReport(byHand)
		if s := streamOf(report, producer.DatabaseStream(db.ID())); s.Status != control.Succeeded || s.Published != 3 {
			t.Errorf("the other database: %+v", s)
		}
		if s := streamOf(report, producer.DatabasesStream); s.Status != control.Failed || !strings.Contains(s.Error, other.DataSource().ID()) {
			t.Errorf("the databases: %+v", s)
		}
	})
}

// After a reset with --forget the topic still has a page that cannot be read or
// completed. When the page is gone it is deleted from the topic; when it can be read
// again it is published again.
func TestAPageThatIsStuckAfterForgettingKeepsItsRecord(t *testing.T) {
	spoil := map[string]func(w *world, row string) (mend func()){
		"cannot be read": func(w *world, row string) func() {
			w.notion.Garble(row, notiontest.NullCreated)
			return func() { w.notion.Garble(row, notiontest.OrdinaryForm) }
		},
		"cannot be completed": func(w *world, row string) func() {
			w.notion.FailAlways("pages/"+row+"/properties", notiontest.BadRequest())
			return func() { w.notion.StopFailing("pages/" + row + "/properties") }
		},
	}
	for name, spoil := range spoil {
		for _, goes := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, goes %v", name, goes), func(t *testing.T) {
				inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
					db := w.notion.AddDatabase("Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Related", Kind: notiontest.KindRelation})
					for range 40 {
						db.AddPage("other", nil)
					}
					row := db.AddPage("row", notiontest.Values{"Related": db.Pages(notiontest.Live)[:30]})
					w.mustRun(byHand)
					mend := spoil(w, row)
					if err := w.reset(producer.DatabaseStream(db.ID()), true); err != nil {
						t.Fatal(err)
					}
					for range 3 { // as often as Notion may refuse a page before it is left alone
						w.pass(time.Hour)
						w.runOnce(fullScan, db)
					}
					if goes {
						w.notion.Trash(row)
					}
					mend()
					w.pass(time.Hour)
					w.mustRun(fullScan)
					var ops []string
					for _, r := range w.records(tasksTopic) {
						if string(r.Key) == row {
							ops = append(ops, r.Header("notion-kafka.op"))
						}
					}
					want := []string{producer.OpSnapshot, producer.OpCreate}
					if goes {
						want = []string{producer.OpSnapshot, producer.OpDelete}
					}
					if !slices.Equal(ops, want) {
						t.Errorf("the page's records are %q, want %q", ops, want)
					}
				})
			})
		}
	}
}
