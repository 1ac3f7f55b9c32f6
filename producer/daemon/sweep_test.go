package daemon

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// A scan is killed several times. The pages that it found missing are in the state, and
// the last scan finds everything that is gone, and nothing else.
func TestKilledScanForgetsNoMissingPage(t *testing.T) {
	var die func()
	var requests, last atomic.Int64
	options := notiontest.Options{
		RequestsPerMinute: -1,
		Latency:           func(*http.Request) time.Duration { return time.Second },
		Hook: func(r *http.Request) *notiontest.Fault {
			asked := strings.HasSuffix(r.URL.Path, "/query") || strings.Contains(r.URL.Path, "/pages/")
			if asked && requests.Add(1) == last.Load() {
				die()
			}
			return nil
		},
	}
	inWorld(t, options, func(t *testing.T, w *world) {
		db := w.addTasks(0)
		ids := db.DataSource().AddPages(3000, time.Now().Add(-1000*time.Hour), 10*time.Minute, func(int) notiontest.Values { return nil })
		last.Store(-1)
		w.mustRun(byHand, with(producer.Settings{}))
		for i := 0; i < len(ids); i += 20 {
			w.notion.Trash(ids[i])
		}
		w.notion.Archive(ids[1])
		killed := 0
		for n := int64(5); ; n += 7 {
			requests.Store(0)
			last.Store(n)
			victim := w.start(with(producer.Settings{}))
			ctx, cancel := context.WithCancel(t.Context())
			die = func() { _ = victim.cable.cut(); cancel() }
			report, err := victim.run(ctx, fullScan)
			victim.cluster.Close()
			cancel()
			if err == nil {
				if report.Status != control.Succeeded {
					t.Fatalf("%+v", report)
				}
				break
			}
			killed++
		}
		if killed < 4 {
			t.Errorf("killed %d times, which proves little", killed)
		}
		if n := len(deletes(w.records(tasksTopic))); n != 150 {
			t.Errorf("%d deletes, want 150", n)
		}
		w.checkPagesOf(db)
	})
}

// checkPagesOf proves that the tasks topic holds a database's pages and that none
// was published again as it was.
func (w *world) checkPagesOf(db *notiontest.Database) {
	w.t.Helper()
	w.checkDeletes(db, tasksTopic)
	w.noVersionTwice(tasksTopic)
}

// Polls go on while a sweep takes long. No older answer of the one is committed
// after a newer one of the other, and no poll waits for the sweep.
func TestSweepAndPollsOfOneStream(t *testing.T) {
	options := notiontest.Options{LivePages: true, RequestsPerMinute: -1, Latency: func(r *http.Request) time.Duration {
		if strings.HasSuffix(r.URL.Path, "/query") {
			return 7 * time.Second
		}
		return 100 * time.Millisecond
	}}
	inWorld(t, options, func(t *testing.T, w *world) {
		db := w.addTasks(0)
		ids := db.DataSource().AddPages(6000, time.Now().Add(-1000*time.Hour), 10*time.Minute, func(int) notiontest.Values { return nil })
		sweeping := with(producer.Settings{Sweep: schedule.Every{Interval: time.Hour}})
		w.mustRun(byHand, sweeping)
		p := w.start(sweeping)
		p.source.Trigger = schedule.Every{Interval: 10 * time.Second}
		reports, stop := w.daemon(p)
		w.pass(55 * time.Minute)
		for i := range 200 {
			w.pass(3 * time.Second)
			w.notion.Edit(ids[(i*37)%len(ids)], notiontest.Values{"Points": i})
			if i%10 == 0 {
				w.notion.Trash(ids[(i*41+5)%len(ids)])
			}
		}
		w.pass(10 * time.Minute)
		stop()
		sweeps, polls := 0, 0
		var longest time.Duration
		for len(reports) > 0 {
			report := <-reports
			for _, s := range report.Streams {
				switch {
				case s.Stream != producer.DatabaseStream(db.ID()):
				case s.Kind == control.Sweep:
					sweeps++
				case len(report.Streams) == 2: // databases, and this one
					polls++
					longest = max(longest, report.FinishedAt.Sub(report.StartedAt))
				}
			}
		}
		if sweeps == 0 || polls < 100 || longest > 20*time.Second { // virtual time; a poll is a search and a query
			t.Errorf("%d sweeps, %d polls of at most %v", sweeps, polls, longest)
		}
		w.mustRun(fullScan, sweeping)
		w.checkPagesOf(db)
	})
}

func TestFullTableStreamPublishesEverythingWhereAsked(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(10)
		all := with(producer.Settings{FullTable: true, PublishAll: true})
		w.mustRun(byHand, all)
		w.notion.Edit(db.Pages(notiontest.Live)[0], notiontest.Values{"Points": -1})
		w.notion.Trash(db.Pages(notiontest.Live)[1])
		s := streamOf(w.mustRun(bySchedule, all), producer.DatabaseStream(db.ID()))
		if s.Published != 9 || s.Deleted != 1 || s.Kind != control.FullScan {
			t.Errorf("%+v", s)
		}
		if got := ops(w.records(tasksTopic)); got[producer.OpSnapshot] != 10+8 || got[producer.OpUpdate] != 1 || got[producer.OpDelete] != 1 {
			t.Errorf("ops %v", got)
		}
	})
}
