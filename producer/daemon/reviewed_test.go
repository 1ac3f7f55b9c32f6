package daemon

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// A source whose first run finds nothing shared is pinned to its workspace by the next.
func TestWorkspaceIsPinnedAfterARunThatFailed(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		db.Unshare()
		p, s, done := w.claimed()
		defer done()
		if report := p.on(s).run(t.Context(), bySchedule); report.Status != control.Failed {
			t.Fatalf("nothing is shared: %+v", report)
		}
		db.Share()
		w.pass(5 * time.Minute)
		if report := p.on(s).run(t.Context(), bySchedule); report.Status != control.Succeeded {
			t.Fatalf("%+v", report)
		}
		if s.Source("acme").Bot == "" {
			t.Error("the source is pinned to no workspace")
		}
	})
}

// What is no sweep puts none off: looking at held pages, and the scan of a data source
// that is new.
func TestWhatIsNoSweepPutsNoneOff(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		p, s, done := w.claimed(with(producer.Settings{Sweep: schedule.Every{Interval: 24 * time.Hour}}))
		defer done()
		k, stream := p.on(s), producer.DatabaseStream(db.ID())
		k.run(t.Context(), bySchedule)
		last := func() time.Time { return k.task.LastStarted(stream, producer.SweepJob) }
		before := last()
		w.pass(time.Hour)
		k.run(t.Context(), producer.Order{Trigger: "manual", Confirm: true, Streams: []string{stream}})
		if now := last(); !now.Equal(before) {
			t.Errorf("confirming deletes counts as a sweep at %v", now)
		}
		db.AddDataSource("Another", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		w.pass(2 * time.Hour)
		if report := k.run(t.Context(), byHand); report.Status != control.Succeeded || len(report.Streams) < 2 {
			t.Fatalf("%+v", report)
		}
		if now := last(); !now.Equal(before) {
			t.Errorf("the scan of a new data source counts as a sweep of all at %v", now)
		}
		w.pass(2 * time.Hour)
		k.run(t.Context(), fullScan)
		if now := last(); now.Equal(before) {
			t.Error("a scan of everything does not count as a sweep")
		}
	})
}

// A run by hand of a stream that is being read for the first time waits for that.
func TestRunByHandWaitsForTheFirstScan(t *testing.T) {
	latency := func(*http.Request) time.Duration { return 3 * time.Second }
	inWorld(t, notiontest.Options{Latency: latency}, func(t *testing.T, w *world) {
		db := w.addTasks(0)
		db.DataSource().AddPages(5_000, time.Now().Add(-90*24*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
		i := w.member("one")
		defer i.stop()
		i.started()
		w.pass(20 * time.Second)
		done := i.finished(i.mustStart(producer.Order{Streams: []string{producer.DatabaseStream(db.ID())}}).ID)
		if done.Status != control.Succeeded || len(done.Streams) != 1 {
			t.Errorf("%+v", done)
		}
		if n := len(w.latest(tasksTopic)); n != 5_000 {
			t.Errorf("it ended with %d of 5000 pages in the topic", n)
		}
	})
}

// An order that names two databases, one of which does not answer at once: what becomes
// of that one does not end the other, and its title is understood.
func TestLateDatabaseOfAnOrderEndsNoOtherStream(t *testing.T) {
	for name, trashed := range map[string]bool{"in the trash": true, "there": false} {
		t.Run(name, func(t *testing.T) {
			var late string
			failures := 0
			hook := func(r *http.Request) *notiontest.Fault {
				if late == "" || !strings.HasSuffix(r.URL.Path, "databases/"+late) || failures > 0 {
					return nil
				}
				failures++
				failure := notiontest.InternalError()
				return &failure
			}
			latency := func(r *http.Request) time.Duration {
				if strings.HasSuffix(r.URL.Path, "/query") {
					return 5 * time.Second
				}
				return 0
			}
			inWorld(t, notiontest.Options{Hook: hook, Latency: latency}, func(t *testing.T, w *world) {
				db := w.addTasks(3)
				other := w.notion.AddDatabase("Late", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
				other.AddPage("one", nil)
				p, s, done := w.claimed()
				defer done()
				order := producer.Order{Trigger: "manual", Streams: []string{producer.DatabaseStream(db.ID()), "Late"}}
				if trashed {
					p.on(s).run(t.Context(), bySchedule)
					other.Trash()
					order.Streams[1] = producer.DatabaseStream(other.ID())
				}
				for n := range 3_000 {
					db.AddPage(fmt.Sprint(n), nil)
				}
				w.pass(5 * time.Minute)
				late = other.ID()
				report := p.on(s).run(t.Context(), order)
				if one := streamOf(report, producer.DatabaseStream(db.ID())); one.Status != control.Succeeded || one.Published < 3_000 {
					t.Errorf("the database that answered: %+v", one)
				}
				if want := map[bool]control.Status{true: control.Failed, false: control.Succeeded}[trashed]; report.Status != want {
					t.Errorf("the run is %s, want %s: %s", report.Status, want, report.Error)
				}
			})
		})
	}
}

// The databases stream is free again after a run whose plan could not be committed.
func TestPlanThatIsRefusedLeavesNoJobBehind(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		p, s, done := w.claimed()
		defer done()
		k := p.on(s)
		k.run(t.Context(), bySchedule)
		w.notion.AddDatabase("New", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		w.pass(5 * time.Minute)
		grow := w.shrink("state")
		if report := k.run(t.Context(), bySchedule); report.Status != control.Failed {
			t.Fatalf("%+v", report)
		}
		grow()
		if report := k.run(t.Context(), bySchedule); streamOf(report, producer.DatabasesStream).Published != 1 {
			t.Errorf("%+v", report)
		}
	})
}
