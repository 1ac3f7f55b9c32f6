package daemon

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// takes waits for a slot in a goroutine. started receives the source once it has one.
// The slot is given back when leave is closed.
func takes(ctx context.Context, s *slots, source string, byHand bool, started chan<- string, leave <-chan struct{}) {
	go func() {
		release := s.take(ctx, source, byHand)
		started <- source
		<-leave
		release()
		release()
	}()
	synctest.Wait()
}

func TestSlotsAreGivenInOrderAndByHandFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(2)
		started, leave := make(chan string, 10), make(chan struct{})
		takes(t.Context(), s, "a", false, started, leave)
		takes(t.Context(), s, "b", false, started, leave)
		given, cancel := context.WithCancel(t.Context())
		takes(given, s, "given up", true, started, leave)
		takes(t.Context(), s, "c", false, started, leave)
		takes(t.Context(), s, "d", false, started, leave)
		takes(t.Context(), s, "by hand", true, started, leave)
		takes(t.Context(), s, "e", false, started, leave)
		if len(started) != 2 {
			t.Errorf("%d have a slot, want 2", len(started))
		}
		cancel() // it ends without one, and takes nobody's
		synctest.Wait()
		s.hurry("e")
		var order []string
		for range 7 {
			order = append(order, <-started)
			leave <- struct{}{}
			synctest.Wait()
		}
		if diff := gocmp.Diff([]string{"a", "b", "given up", "by hand", "e", "c", "d"}, order); diff != "" {
			t.Error(diff)
		}
		if s.free != 2 {
			t.Errorf("%d are free in the end", s.free)
		}
	})
}

// A poll takes seconds, and does not wait for the end of a first read of hours.
func TestALongRunGivesItsSlotBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1)
		started, leave := make(chan string, 2), make(chan struct{})
		takes(t.Context(), s, "long", false, started, leave)
		takes(t.Context(), s, "short", false, started, leave)
		<-started
		begun := time.Now()
		<-started
		if waited := time.Since(begun); waited != longRun {
			t.Errorf("the other one waited %v", waited)
		}
		close(leave)
		<-time.After(2 * longRun)
		synctest.Wait()
		if s.free != 1 {
			t.Errorf("%d are free in the end", s.free)
		}
	})
}

// After an outage, every source that missed its trigger is due at once.
func TestRunsAtOnceAreBounded(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		w.shards = 8
		w.addTasks(7)
		names := []string{"acme", "beta", "gamma", "delta", "epsilon", "zeta"}
		var one *member
		one = w.memberWith("one", func(i *member) { i.slots = newSlots(2) }, func(src *producer.Source) { src.Trigger = schedule.Every{Interval: time.Hour} })
		defer func() { one.stop() }()
		one.started()
		for _, name := range names[1:] {
			spec := control.Definition{Spec: json.RawMessage(`{"name":"` + name + `"}`)}
			if _, err := one.PutSource(t.Context(), name, spec, true); err != nil {
				t.Fatal(err)
			}
		}
		w.pass(10 * time.Minute)
		one.stop()
		w.pass(3 * time.Hour)
		back := time.Now()
		one = w.memberWith("two", func(i *member) { i.slots = newSlots(2) }, func(src *producer.Source) { src.Trigger = schedule.Every{Interval: time.Hour} })
		w.pass(10 * time.Minute)

		type edge struct {
			at    time.Time
			delta int
		}
		var edges []edge
		for _, name := range names {
			runs, err := one.Runs(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(runs) == 0 || runs[0].StartedAt.Before(back) || !runs[0].Status.Ended() {
				t.Errorf("source %s did not run when the instance was back: %+v", name, runs)
				continue
			}
			edges = append(edges, edge{runs[0].StartedAt, 1}, edge{runs[0].FinishedAt, -1})
		}
		slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(a.at.Compare(b.at), a.delta-b.delta) })
		going, most := 0, 0
		for _, e := range edges {
			going += e.delta
			most = max(most, going)
		}
		if most != 2 {
			t.Errorf("%d runs went on at a time, want 2\n%s", most, strings.TrimSpace(w.logs.String()))
		}
	})
}
