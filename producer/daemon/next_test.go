package daemon

import (
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/schedule"
)

// A sweep before the next run is shown apart from it and does not hide a stream's own
// next run, not even while the source needs attention.
func TestNextRunAndNextSweep(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(50)
		i := w.member("one", daily, with(producer.Settings{Sweep: schedule.Every{Interval: 2 * time.Hour}, MaxDeleteRatio: 0.1}))
		defer i.stop()
		i.started()
		w.pass(time.Minute)
		began := time.Now()
		look := func(what string) {
			if s := i.Sources()[0]; !s.NextRunSweeps || s.NextRun.Sub(began) > 7*time.Hour {
				t.Errorf("%s: the source's next run %v, a sweep: %v", what, s.NextRun, s.NextRunSweeps)
			}
			streams, err := i.Streams(t.Context(), "acme")
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range streams {
				if in := s.NextRun.Sub(began); in < 23*time.Hour || in > 25*time.Hour {
					t.Errorf("%s: the next run of %s is %v", what, s.Stream, s.NextRun)
				}
			}
		}
		look("at first")
		for _, id := range db.Pages(notiontest.Live)[:40] {
			w.notion.Trash(id)
		}
		w.pass(5 * time.Hour)
		if s := i.Sources()[0]; s.Status != "needs_attention" {
			t.Errorf("the source is %s", s.Status)
		}
		look("while it needs attention")
		if err := i.Pause(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		if streams, err := i.Streams(t.Context(), "acme"); err != nil || !streams[0].NextRun.IsZero() {
			t.Errorf("paused: %v, %v", streams, err)
		}
	})
}
