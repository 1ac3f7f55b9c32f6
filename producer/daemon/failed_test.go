package daemon

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// streamsOf are the names of the streams that a run read, sorted.
func streamsOf(run control.Run) (names []string) {
	for _, one := range run.Streams {
		names = append(names, one.Stream)
	}
	slices.SortFunc(names, producer.DatabasesFirst)
	return slices.Compact(names)
}

// runsFailed orders what failed to run again, and returns the streams that were read.
func (i *member) runsFailed() []string {
	i.world.t.Helper()
	return streamsOf(i.finished(i.mustStart(producer.Order{Failed: true}).ID))
}

// Only the streams whose last read failed are run again, also where their database could
// not be reached. Any instance takes the order.
func TestWhatFailedRunsAgain(t *testing.T) {
	inWorld(t, notiontest.Options{Latency: slowly}, func(t *testing.T, w *world) {
		owner := w.member("one", byHandOnly, with(producer.Settings{}))
		defer owner.stop()
		owner.started()
		fine := w.addTasks(3)
		broken := w.notion.AddDatabase("Broken", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		lost := w.notion.AddDatabase("Lost", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		w.pass(time.Hour)
		owner.finished(owner.mustStart(producer.Order{}).ID)
		_, err := owner.Start(t.Context(), "acme", producer.Order{Failed: true})
		mustBeKind(t, err, control.Conflict, "no stream of source acme failed")

		query := "data_sources/" + broken.DataSource().ID() + "/query"
		w.notion.FailAlways(query, notiontest.InternalError())
		lost.Unshare()
		owner.finished(owner.mustStart(producer.Order{}).ID)
		owner.finished(owner.mustStart(producer.Order{Streams: []string{producer.DatabaseStream(fine.ID())}}).ID)
		cancelled := owner.mustStart(producer.Order{Full: true, Streams: []string{producer.DatabaseStream(broken.ID())}})
		owner.awaits(func(m *control.Memory) bool { r, _ := m.LastRun("acme"); return len(r.Run.Streams) > 0 })
		if run, err := owner.Cancel(t.Context(), cancelled.ID); err != nil || run.Status != control.Cancelled || len(run.Streams) == 0 {
			t.Fatalf("%+v, %v", run, err)
		}
		other := w.member("two", byHandOnly, with(producer.Settings{}))
		defer other.stop()
		w.pass(time.Minute)
		want := []string{producer.DatabaseStream(broken.ID()), producer.DatabaseStream(lost.ID())}
		slices.Sort(want)
		if got := other.runsFailed(); !slices.Equal(got, want) {
			t.Errorf("run again: %v, want %v", got, want)
		}
		w.notion.StopFailing(query)
		if got := owner.runsFailed(); !slices.Equal(got, want) {
			t.Errorf("run again once more: %v, want %v", got, want)
		}
		if got := owner.runsFailed(); !slices.Equal(got, []string{producer.DatabaseStream(lost.ID())}) {
			t.Errorf("after one of them is read: %v", got)
		}
	})
}

// Where the databases could not be listed, no stream failed by itself: all are run again.
func TestARunThatFailedAsAWholeRunsAgain(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		owner := w.member("one", byHandOnly, with(producer.Settings{}))
		defer owner.stop()
		owner.started()
		db := w.addTasks(3)
		owner.finished(owner.mustStart(producer.Order{}).ID)
		w.notion.FailAlways("search", notiontest.InternalError())
		if failed := owner.finished(owner.mustStart(producer.Order{}).ID); failed.Status != control.Failed || len(failed.Streams) > 0 {
			t.Fatalf("without search: %+v", failed)
		}
		w.notion.StopFailing("search")
		if got, want := owner.runsFailed(), []string{producer.DatabasesStream, producer.DatabaseStream(db.ID())}; !slices.Equal(got, want) {
			t.Errorf("run again: %v, want %v", got, want)
		}
	})
}

// Held deletes wait for an answer. Reading their stream again is none.
func TestHeldDeletesAreNoFailure(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		owner := w.member("one", byHandOnly, with(producer.Settings{}))
		defer owner.stop()
		owner.started()
		owner.holds(60, 40)
		_, err := owner.Start(t.Context(), "acme", producer.Order{Failed: true})
		mustBeKind(t, err, control.Conflict, "no stream of source acme failed")
	})
}

// A stuck page needs attention, and another run may publish it.
func TestStuckPagesAreAFailure(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		owner := w.member("one", byHandOnly, with(producer.Settings{}))
		defer owner.stop()
		owner.started()
		db := w.addTasks(3)
		w.notion.Garble(db.Pages(notiontest.Live)[0], notiontest.WrongType)
		if run := owner.finished(owner.mustStart(producer.Order{}).ID); run.Status != control.NeedsAttention {
			t.Fatalf("%+v", run)
		}
		if got := owner.runsFailed(); !slices.Equal(got, []string{producer.DatabaseStream(db.ID())}) {
			t.Errorf("run again: %v", got)
		}
	})
}

// The order is kept with the streams by name: an owner that takes it over does not look
// for what failed anew.
func TestTheOrderOfWhatFailedNamesItsStreams(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		owner := w.member("one", byHandOnly, with(producer.Settings{}))
		defer owner.stop()
		owner.started()
		db := w.addTasks(3)
		owner.finished(owner.mustStart(producer.Order{}).ID)
		w.notion.FailAlways("data_sources/"+db.DataSource().ID()+"/query", notiontest.InternalError())
		owner.finished(owner.mustStart(producer.Order{}).ID)
		run := owner.mustStart(producer.Order{Failed: true})
		var kept producer.Order
		owner.opts.Control.View(func(m *control.Memory) {
			_, entry, _ := m.RunByID(run.ID)
			if err := json.Unmarshal(entry.Order, &kept); err != nil {
				t.Error(err)
			}
		})
		if want := []string{producer.DatabaseStream(db.ID())}; kept.Failed || !slices.Equal(kept.Streams, want) {
			t.Errorf("kept: %+v, want the streams %v", kept, want)
		}
		owner.finished(run.ID)
	})
}
