package daemon

import (
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// The state and control topics are topics too, and a prefix may lead to their names.
func TestNamesKeepClearOfInternalTopics(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		title := notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}
		ids := map[string]string{}
		for _, name := range []string{"State", "Control", "Tasks"} {
			db := w.notion.AddDatabase(name, title)
			db.AddPage("One", nil)
			ids[name] = db.ID()
		}
		w.pass(5 * time.Minute)
		w.mustRun(byHand, func(src *producer.Source) { src.TopicPrefix = "" })
		end := func(name string) string { return strings.ReplaceAll(ids[name], "-", "")[20:] }
		for topic, want := range map[string]int{"state_" + end("State"): 1, "control_" + end("Control"): 1, "tasks": 1, "control": 0} {
			if got := len(w.records(topic)); got != want {
				t.Errorf("topic %s holds %d records, want %d", topic, got, want)
			}
		}
	})
}

// The youngest databases beyond max_streams wait and need attention. They are read when
// the limit is raised, and a database with a stream keeps it when the limit is lowered.
func TestDatabasesBeyondMaxStreamsWait(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		var streams []string
		for _, title := range []string{"First", "Second", "Third"} {
			db := w.notion.AddDatabase(title, notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
			db.AddPage("one", nil)
			streams = append(streams, producer.DatabaseStream(db.ID()))
			w.pass(time.Hour)
		}
		limit := func(n int) func(*producer.Source) { return func(src *producer.Source) { src.MaxStreams = n } }
		statuses := func(report producer.Report) (all []control.Status) {
			for _, name := range streams {
				all = append(all, streamOf(report, name).Status)
			}
			return all
		}
		report := w.runReport(byHand, limit(2))
		if want := []control.Status{control.Succeeded, control.Succeeded, control.NeedsAttention}; !slices.Equal(statuses(report), want) || report.Status != control.NeedsAttention {
			t.Errorf("%v, the run %s", statuses(report), report.Status)
		}
		if why := streamOf(report, streams[2]).Error; !strings.Contains(why, `database "Third" waits: source acme has 2 streams, and its max_streams is 2: `) {
			t.Error(why)
		}
		for _, n := range []int{3, 1} {
			if report := w.runReport(byHand, limit(n)); report.Status != control.Succeeded {
				t.Errorf("of %d: %v, the run %s", n, statuses(report), report.Status)
			}
		}
		last := w.notion.AddDatabase("Fourth", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		w.pass(time.Hour)
		report = w.runReport(byHand, limit(1))
		if why := streamOf(report, producer.DatabaseStream(last.ID())).Error; !strings.Contains(why, `source acme has 3 streams, and its max_streams is 1: `) {
			t.Error(why)
		}
	})
}
