package daemon

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// The tests below are random scenarios that once failed, shortened.

// A data source goes to the trash. Its database no longer lists it, and the
// polls of the others do not ask for it any more.
func TestTrashedDataSourceFailsNoPoll(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, second := w.twoSources()
		w.mustRun(byHand, with(producer.Settings{}))
		second.Trash()
		w.pass(time.Hour)
		page := db.AddPage("new", nil)
		if s := w.runWith(byHand, db, with(producer.Settings{})); s.Status != control.Succeeded || s.Published != 1 {
			t.Errorf("%+v", s)
		}
		second.Restore()
		w.notion.Edit(second.AddPage("back", nil), notiontest.Values{"Points": 1})
		w.notion.Edit(page, notiontest.Values{"Points": 2})
		if s := w.runWith(byHand, db, with(producer.Settings{})); s.Status != control.Succeeded || s.Published != 2 {
			t.Errorf("after it came back: %+v", s)
		}
		w.checkTopic(db, tasksTopic)
	})
}

// A process is stopped while the answer with a database is on its way.
func TestStopWhileADatabaseArrives(t *testing.T) {
	var stop func()
	options := notiontest.Options{Hook: func(r *http.Request) *notiontest.Fault {
		if strings.Contains(r.URL.Path, "/v1/data_sources/") && r.Method == http.MethodGet {
			stop()
		}
		return nil
	}}
	inWorld(t, options, func(t *testing.T, w *world) {
		w.addTasks(10)
		ctx, cancel := context.WithCancel(t.Context())
		stop = cancel
		p := w.start()
		defer p.cluster.Close()
		if report, _ := p.run(ctx, byHand); report.Status != control.Cancelled {
			t.Errorf("%+v", report)
		}
		stop = func() {}
		w.mustRun(byHand)
	})
}

// Confirming deletes is not a scan: a stream that is to be published again is not complete
// after it.
func TestConfirmedDeletesAreNoScan(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		w.mustRun(byHand, with(producer.Settings{}))
		if err := w.reset(producer.DatabaseStream(db.ID()), true); err != nil {
			t.Fatal(err)
		}
		w.mustRun(producer.Order{Trigger: "manual", Confirm: true, Streams: []string{producer.DatabaseStream(db.ID())}}, with(producer.Settings{}))
		w.mustRun(byHand, with(producer.Settings{}))
		if got := ops(w.records(tasksTopic)); got[producer.OpSnapshot] != 20 || got[producer.OpCreate] != 0 {
			t.Errorf("ops %v, want 20 snapshots", got)
		}
	})
}

// The topic no longer takes a page that it already holds. When the page is gone, it is
// deleted from the topic.
func TestPageThatIsTooLargeToPublishAgainIsDeletedWhenItGoes(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.notion.AddDatabase("Tasks", notiontest.Prop{Name: "Notes", Kind: notiontest.KindRichText})
		page := db.AddPage("huge", notiontest.Values{"Notes": strings.Repeat("x", 30_000)})
		w.mustRun(byHand, with(producer.Settings{}))
		w.setMaxMessageBytes(tasksTopic, "20000")
		if s := w.runWith(producer.Order{Trigger: "manual", Full: true, Republish: true}, db, with(producer.Settings{})); s.Stuck != 1 {
			t.Fatalf("the page is not stuck: %+v", s)
		}
		w.notion.Trash(page)
		w.mustRun(fullScan, with(producer.Settings{}))
		if got := deletes(w.records(tasksTopic)); got[page] != producer.ReasonTrashed {
			t.Errorf("deletes %v", got)
		}
	})
}

// A person orders a full scan while a scan of a new data source alone is under way. The
// full scan reads all data sources.
func TestFullScanBesideTheFirstReadOfANewDataSource(t *testing.T) {
	broken := ""
	options := notiontest.Options{Hook: func(r *http.Request) *notiontest.Fault {
		if broken != "" && strings.Contains(r.URL.Path, broken) && strings.HasSuffix(r.URL.Path, "/query") {
			refusal := notiontest.Restricted()
			return &refusal
		}
		return nil
	}}
	inWorld(t, options, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		w.mustRun(byHand, with(producer.Settings{}))
		second := db.AddDataSource("More", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		second.AddPages(120, time.Now().Add(-9*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
		third := db.AddDataSource("Even more", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		broken = third.ID()
		if s := w.runWith(byHand, db, with(producer.Settings{})); s.Status != control.Failed || s.Published != 120 {
			t.Fatalf("the first read of the new ones: %+v", s)
		}
		broken = ""
		page := db.Pages(notiontest.Live)[0]
		w.notion.Trash(page)
		w.mustRun(fullScan, with(producer.Settings{}))
		if got := deletes(w.records(tasksTopic)); got[page] != producer.ReasonTrashed {
			t.Errorf("deletes %v", got)
		}
	})
}

// A page moves to a data source of its database that search does not show yet.
// It is still in its database.
func TestPageInAnUnknownDataSourceOfItsDatabaseIsNotDeleted(t *testing.T) {
	inWorld(t, notiontest.Options{IndexLag: 10 * time.Minute}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		w.pass(10 * time.Minute)
		w.mustRun(byHand, with(producer.Settings{}))
		second := db.AddDataSource("More", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Points", Kind: notiontest.KindNumber})
		w.notion.Move(db.Pages(notiontest.Live)[0], second)
		w.mustRun(fullScan, with(producer.Settings{}))
		if got := deletes(w.records(tasksTopic)); len(got) > 0 {
			t.Errorf("deleted %v", got)
		}
		w.pass(10 * time.Minute)
		w.mustRun(bySchedule, with(producer.Settings{}))
		w.checkTopic(db, tasksTopic)
	})
}

// A process is stopped while one of its transactions is being ended. The windows that its
// scan has not read by then are read later.
func TestScanThatIsStoppedBetweenTwoCommitsIsNotOver(t *testing.T) {
	for n := range 9 {
		t.Run(fmt.Sprint("commit ", n), func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				db, _ := w.twoSources()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				p := w.start(with(producer.Settings{}))
				defer p.cluster.Close()
				left := n
				w.broker.ControlKey(kmsg.EndTxn.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
					if left--; left < 0 {
						cancel()
					}
					return nil, nil, false
				})
				report, _ := p.run(ctx, producer.Order{Trigger: "schedule", Streams: []string{producer.DatabaseStream(db.ID())}})
				if s := streamOf(report, producer.DatabaseStream(db.ID())); s.Status == control.Succeeded && s.Published != 20 {
					t.Errorf("%+v", s)
				}
				w.mustRun(bySchedule, with(producer.Settings{}))
				if got := ops(w.records(tasksTopic)); got[producer.OpSnapshot] != 20 {
					t.Errorf("ops %v, want 20 snapshots", got)
				}
				w.checkTopic(db, tasksTopic)
			})
		})
	}
}
