package producer

import (
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/schedule"
)

// A stream with a trigger of its own runs by that, the others by their source's.
func TestStreamsRunByTheirOwnTriggers(t *testing.T) {
	inWorld(t, notiontest.Options{RequestsPerMinute: -1}, func(t *testing.T, w *world) {
		often, seldom := w.addTasks(3), w.notion.AddDatabase("Seldom", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		seldom.AddPage("one", nil)
		p := w.start()
		p.source.Trigger = schedule.Every{Interval: 10 * time.Minute}
		p.source.Select = func(stream, _, _ string) (Settings, bool) {
			settings := Settings{Overlap: 2 * time.Minute}
			if stream == DatabaseStream(seldom.ID()) {
				settings.Trigger = schedule.Every{Interval: time.Hour}
			}
			return settings, true
		}
		reports, stop := w.daemon(p)
		w.pass(6*time.Hour + time.Minute)
		stop()
		runs := map[string]int{}
		for len(reports) > 0 {
			r := <-reports
			for _, s := range r.Streams {
				runs[s.Stream]++
			}
		}
		if n := runs[DatabaseStream(often.ID())]; n != 37 {
			t.Errorf("the source's streams ran %d times in six hours, want 37", n)
		}
		if n := runs[DatabaseStream(seldom.ID())]; n != 7 {
			t.Errorf("the other stream ran %d times in six hours, want 7", n)
		}
	})
}

// While a stream is read for hours, its triggers fall due in vain: each makes
// at most one run, not a run after the other.
func TestTriggersOfABusyStreamDoNotSpin(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(0)
		db.DataSource().AddPages(10_000, time.Now().Add(-90*24*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
		p := w.start(with(Settings{Sweep: schedule.Every{Interval: time.Minute}, Trigger: schedule.Every{Interval: time.Minute}}))
		reports, stop := w.daemon(p)
		w.pass(5 * time.Minute)
		stop()
		runs := len(reports)
		if runs > 20 {
			t.Errorf("%d runs in five minutes with triggers of a minute", runs)
		}
		if requests := len(w.notion.Requests()); requests > 6*190 {
			t.Errorf("%d requests", requests)
		}
	})
}
