//go:build figures

package daemon

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// Twenty thousand rows, some of which leave between two scans.
func TestFigureDeletes(t *testing.T) {
	inWorld(t, slowNotion(600, 1), func(t *testing.T, w *world) {
		db := w.addTasks(0)
		addOffice(db, 20_000)
		other := w.notion.AddDatabase("Other", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		w.pass(time.Hour)
		w.mustRun(byHand, with(producer.Settings{}))
		count := func(sign int, counts map[string]int) {
			for _, r := range w.records(tasksTopic) {
				counts[strings.TrimSpace(r.Header("notion-kafka.op")+" "+r.Header("notion-kafka.reason"))] += sign
			}
		}
		counts := map[string]int{}
		count(-1, counts)
		pages := db.Pages(notiontest.Live)
		for i, id := range pages[:19] {
			switch {
			case i < 7:
				w.notion.Trash(id)
			case i < 11:
				w.notion.Purge(id)
			case i < 14:
				w.notion.Move(id, other.DataSource())
			default:
				w.notion.Archive(id)
			}
		}
		w.pass(time.Hour)
		asked := w.asked()
		w.mustRun(fullScan, with(producer.Settings{}))
		after := w.asked()
		count(1, counts)
		fmt.Printf("FigureDeletes/20000rows 1 %d requests", after-asked)
		for _, what := range slices.Sorted(maps.Keys(counts)) {
			if counts[what] != 0 {
				fmt.Printf(" %d %s", counts[what], strings.ReplaceAll(what, " ", "-"))
			}
		}
		fmt.Println()
		w.checkPagesOf(db)
	})
}

// A scan is killed at its last query, before its deletes were published.
func TestFigureScanKilledAtItsEnd(t *testing.T) {
	var die func()
	var queries, last atomic.Int64
	options := slowNotion(600, 1)
	options.Hook = func(r *http.Request) *notiontest.Fault {
		if strings.HasSuffix(r.URL.Path, "/query") && queries.Add(1) == last.Load() {
			die()
		}
		return nil
	}
	inWorld(t, options, func(t *testing.T, w *world) {
		db := w.addTasks(0)
		addOffice(db, 5_000)
		w.mustRun(byHand, with(producer.Settings{}))
		w.pass(time.Hour)
		queries.Store(0)
		w.mustRun(fullScan, with(producer.Settings{}))
		last.Store(queries.Load() * 9 / 10)
		for _, id := range db.Pages(notiontest.Live)[:100] {
			w.notion.Trash(id)
		}
		w.pass(time.Hour)
		queries.Store(0)
		victim := w.start(with(producer.Settings{}))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		die = func() { _ = victim.cable.cut(); cancel() }
		_, err := victim.run(ctx, fullScan)
		victim.cluster.Close()
		out := len(deletes(w.records(tasksTopic)))
		w.mustRun(bySchedule, with(producer.Settings{}))
		fmt.Printf("FigureScanKilledAtItsEnd/killed=%t 1 %d deletes-out %d deletes-after-the-next-run\n", err != nil, out, len(deletes(w.records(tasksTopic))))
		w.checkPagesOf(db)
	})
}

// Sixty percent of a database's pages are in the trash.
func TestFigureGuard(t *testing.T) {
	inWorld(t, slowNotion(600, 1), func(t *testing.T, w *world) {
		db := w.addTasks(0)
		addOffice(db, 1_000)
		w.mustRun(byHand, with(producer.Settings{}))
		for _, id := range db.Pages(notiontest.Live)[:600] {
			w.notion.Trash(id)
		}
		s := w.runWith(fullScan, db, with(producer.Settings{}))
		confirmed := w.runWith(producer.Order{Trigger: "manual", Confirm: true, Streams: []string{producer.DatabaseStream(db.ID())}}, db, with(producer.Settings{}))
		fmt.Printf("FigureGuard/1000rows/%s 1 %d held %d deleted %d deleted-when-confirmed\n", s.Status, s.Held, s.Deleted, confirmed.Deleted)
		w.checkPagesOf(db)
	})
}

// A sweep of a large database goes on while the same stream is polled.
func TestFigureSweepBesidePolls(t *testing.T) {
	for _, plan := range []int{180, 600} {
		inWorld(t, slowNotion(plan, 1), func(t *testing.T, w *world) {
			db := w.addTasks(0)
			addOffice(db, 60_000)
			sweeping := with(producer.Settings{Sweep: schedule.Every{Interval: 24 * time.Hour}})
			p := w.start(sweeping)
			p.source.Trigger = schedule.Every{Interval: 5 * time.Minute}
			reports, stop := w.daemon(p)
			for len(w.records(tasksTopic)) < 60_000 {
				w.pass(time.Minute)
			}
			w.pass(time.Hour)
			stop()
			for len(reports) > 0 {
				<-reports
			}
			w.pass(24 * time.Hour)
			p = w.start(sweeping)
			p.source.Trigger = schedule.Every{Interval: 7 * time.Second}
			reports, stop = w.daemon(p)
			pages := db.Pages(notiontest.Live)
			published := len(w.records(tasksTopic))
			var waited []time.Duration
			swept := time.Duration(0)
			edits := 0
			for swept == 0 {
				if edits < 200 {
					w.notion.Edit(pages[edits*299], notiontest.Values{"Points": edits})
					edits++
				}
				report := <-reports
				took := report.FinishedAt.Sub(report.StartedAt)
				if slices.ContainsFunc(report.Streams, func(s control.StreamRun) bool { return s.Kind == control.Sweep }) {
					swept = took
				} else {
					waited = append(waited, took)
				}
			}
			w.pass(5 * time.Minute)
			stop()
			slices.Sort(waited)
			fmt.Printf("FigureSweepBesidePolls/60000rows/plan=%d 1 %.1f sweep-min %d polls %.1f median-s %.1f worst-s %d edits %d records\n", plan,
				swept.Minutes(), len(waited), waited[len(waited)/2].Seconds(), waited[len(waited)-1].Seconds(), edits, len(w.records(tasksTopic))-published)
			w.checkPagesOf(db)
		})
	}
}
