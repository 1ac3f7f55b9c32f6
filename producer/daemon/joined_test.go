package daemon

import (
	"slices"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// daily is a trigger that leaves a source alone for the rest of a test.
func daily(src *producer.Source) { src.Trigger = schedule.Every{Interval: 24 * time.Hour} }

// A new source runs at once by itself. A person who triggers it right after gets that
// run and no second one.
func TestTriggerOfANewSourceIsItsFirstRun(t *testing.T) {
	for _, order := range []producer.Order{{}, {Full: true}} {
		inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
			db := w.addTasks(300)
			i := w.member("one", daily)
			defer i.stop()
			i.started()
			i.mustPut(`{"name":"beta"}`)
			run, err := i.Start(t.Context(), "beta", order)
			if err != nil {
				t.Fatal(err)
			}
			if done := i.finished(run.ID); done.Status != control.Succeeded || done.Trigger != control.BySchedule {
				t.Errorf("%+v", done)
			}
			w.pass(time.Hour)
			if runs, err := i.Runs("beta"); err != nil || len(runs) != 1 || runs[0].ID != run.ID {
				t.Errorf("%v, runs %+v", err, runs)
			}
			w.checkTopic(db, "notion.beta.tasks")
		})
	}
}

// An edit between the reading of a new source and a person's trigger is published soon,
// however rare the source's own trigger is.
func TestTriggerInTheMiddleOfTheFirstRun(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		small, large := w.addTasks(3), w.addTasks(5000)
		i := w.member("one", daily)
		defer i.stop()
		i.started()
		i.mustPut(`{"name":"beta"}`)
		i.awaits(func(m *control.Memory) bool {
			last, _ := m.LastRun("beta")
			return slices.ContainsFunc(last.Run.Streams, func(s control.StreamRun) bool { return s.Read == 3 && s.Status == control.Succeeded }) &&
				slices.ContainsFunc(last.Run.Streams, func(s control.StreamRun) bool { return s.Status == control.Running })
		})
		small.AddPage("after it was read", nil)
		run, err := i.Start(t.Context(), "beta", producer.Order{})
		if err != nil {
			t.Fatal(err)
		}
		if done := i.finished(run.ID); done.Status != control.Succeeded || done.Trigger != control.BySchedule {
			t.Errorf("%+v", done)
		}
		w.pass(time.Hour)
		w.checkTopic(small, "notion.beta.tasks")
		if runs, err := i.Runs("beta"); err != nil || len(runs) != 2 || runs[0].Trigger != control.BySchedule {
			t.Errorf("%v, runs %+v", err, runs)
		}
		if n := len(w.records("notion.beta.tasks_" + large.ID()[len(large.ID())-12:])); n != 5000 {
			t.Errorf("%d records of the large one", n)
		}
	})
}

// Only the plain first run takes the place of an order. An order that wants more than it
// does, or comes after its end, is a run of its own.
func TestTriggerBesideTheFirstRun(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		db := w.addTasks(3000)
		i := w.member("one", daily)
		defer i.stop()
		i.started()
		first := i.mustStart(producer.Order{})
		others := []control.Run{i.mustStart(producer.Order{Full: true, Republish: true}), i.mustStart(producer.Order{Streams: []string{producer.DatabaseStream(db.ID())}})}
		i.finished(first.ID)
		others = append(others, i.mustStart(producer.Order{}))
		for n, other := range others {
			if other.ID == first.ID {
				t.Errorf("run %d is the first", n)
			}
			i.finished(other.ID)
		}
	})
}

// A run that has read everything takes the place of no order any more, although the
// history does not show its end yet.
func TestTriggerAtTheEndOfTheFirstRun(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		w.addTasks(3)
		var i *member
		ids := make(chan string, 2)
		i = w.memberWith("one", func(one *member) {
			one.opts.Progress = func(run control.Run) {
				if run.Trigger != control.ByHand && run.Status.Ended() && len(ids) == 0 {
					ids <- run.ID
					ids <- i.mustStart(producer.Order{}).ID
				}
			}
		}, daily)
		defer i.stop()
		i.started()
		if first, second := <-ids, <-ids; first == second {
			t.Error("who triggered the source got a run that was over")
		}
	})
}
