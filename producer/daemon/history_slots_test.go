package daemon

import (
	"fmt"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// A source that is changed during a run leaves the run unfinished, and the next run
// closes it. After more such changes than the history has slots, the next run still gets
// one.
func TestRunsThatChangesInterruptFreeTheirPlaces(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		w.pass(time.Minute) // it has looked for runs to continue
		h := i.runner().history()
		for n := range control.HistorySize + 1 {
			run := control.Run{ID: fmt.Sprintf("run-%d", n), Source: "acme", Status: control.Running, Trigger: control.ByHand}
			if err := h.write(t.Context(), i.runner(), run, producer.Order{ID: run.ID}, nil); err != nil {
				t.Fatal(err)
			}
			i.awaits(func(m *control.Memory) bool { _, _, found := m.RunByID(run.ID); return found })
			if err := h.closeInterrupted(t.Context(), i.runner(), []string{run.ID}, "continued by another"); err != nil {
				t.Fatal(err)
			}
			if len(h.numbers) > 0 {
				t.Fatalf("after change %d the closed run still holds a place: %v", n+1, h.numbers)
			}
		}
	})
}

// When runs under way have every slot, the oldest gives up its slot.
func TestFullHistoryTakesTheOldestPlace(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		i := w.member("one", byHandOnly)
		defer i.stop()
		i.started()
		w.pass(time.Minute)
		h := i.runner().history()
		for n := range control.HistorySize {
			h.numbers[fmt.Sprint("run-", n)] = h.number(i.runner())
		}
		oldest := h.numbers["run-0"]
		if n := h.number(i.runner()); n != oldest+control.HistorySize {
			t.Errorf("number %d, want %d: the place of the oldest", n, oldest+control.HistorySize)
		}
	})
}
