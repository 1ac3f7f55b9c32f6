package daemon

import (
	"slices"
	"strings"
	"testing"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// The log of the last failed run is kept beside that of the last run.
func TestLogOfTheLastFailedRunIsKept(t *testing.T) {
	var refused ending
	inWorld(t, refusing(&refused), func(t *testing.T, w *world) {
		w.addTasks(3)
		i := w.member("one", byHandOnly)
		i.started()
		run := func(refuse string, want control.Status) string {
			t.Helper()
			refused.Store(&refuse)
			done := i.finished(i.mustStart(producer.Order{Full: true, Republish: true}).ID)
			if done.Status != want {
				t.Fatalf("%+v", done)
			}
			return done.ID
		}
		const nothing = "nothing ends so"
		kept := func(when string, i *member, id string, texts ...string) {
			t.Helper()
			if err := i.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			log := i.Log(id)
			if (log != nil) != (len(texts) > 0) {
				t.Errorf("%s: kept %+v, want one that says %q", when, log, texts)
				return
			}
			for _, text := range texts {
				if !slices.ContainsFunc(log.Lines, func(l string) bool { return strings.Contains(l, text) }) {
					t.Errorf("%s: nothing in %q says %q", when, log.Lines, text)
				}
			}
		}
		first := run("/query", control.Failed)
		kept("at once", i, first, "reading all rows")
		good := run(nothing, control.Succeeded)
		better := run(nothing, control.Succeeded)
		kept("after two good runs", i, first, "reading all rows")
		kept("after another one", i, good)
		kept("at once", i, better, "run done")
		second := run("/v1/search", control.Failed)
		kept("after another failure", i, first)
		last := run(nothing, control.Succeeded)
		i.stop()
		heir := w.member("two", byHandOnly)
		defer heir.stop()
		heir.started()
		kept("on another instance", heir, second, "listing what is shared")
		kept("on another instance", heir, last, "run done")
	})
}

// A run in which columns changed has an entry of its own, although it published nothing.
func TestARunThatChangedColumnsIsNotQuiet(t *testing.T) {
	for _, test := range []struct {
		stream control.StreamRun
		quiet  bool
	}{
		{control.StreamRun{Read: 4, Unchanged: 4}, true},
		{control.StreamRun{Published: 1}, false},
		{control.StreamRun{Deleted: 1}, false},
		{control.StreamRun{Columns: []string{"column sprint stays and is null"}}, false},
	} {
		run := control.Run{Status: control.Succeeded, Trigger: control.BySchedule, Streams: []control.StreamRun{{}, test.stream}}
		if got := quiet(run); got != test.quiet {
			t.Errorf("%+v: quiet is %t", test.stream, got)
		}
	}
}
