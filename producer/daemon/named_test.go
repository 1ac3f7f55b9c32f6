package daemon

import (
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// A database that the configuration names is read although search does not show it.
// While it cannot be read, no run is green.
func TestNamedDatabaseThatSearchLeavesOut(t *testing.T) {
	inWorld(t, notiontest.Options{IndexLag: 100 * time.Hour}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		named := func(src *producer.Source) { src.Named = []string{db.ID()} }
		w.mustRun(bySchedule, named)
		w.checkTopic(db, tasksTopic)
	})
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		other := w.addTasks(3)
		const id = "248104cd-477e-80fd-b757-e945d38000bd"
		report := w.runReport(bySchedule, func(src *producer.Source) { src.Named = []string{id} })
		if s := streamOf(report, producer.DatabaseStream(id)); s.Status != control.Failed || !strings.Contains(s.Error, id) || report.Status != control.Failed {
			t.Errorf("the database that is not there: %+v", s)
		}
		w.checkTopic(other, tasksTopic)
	})
}

// A title is cut where an error shows it: nothing else bounds it.
func TestLongTitlesAreCutInErrors(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.notion.AddDatabase("Long\n"+strings.Repeat("ä", 50_000), notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		must := func(what string, s control.StreamRun) {
			t.Helper()
			if s.Error == "" || len(s.Error)+len(s.Title) > 2000 || strings.Contains(s.Error, "\n") {
				t.Errorf("%s: an error of %d bytes", what, len(s.Error))
			}
		}
		must("a name that no property has", w.runWith(byHand, db, with(producer.Settings{Exclude: []string{"Salary"}, ExcludeOwn: []string{"Salary"}})))
		w.mustRun(byHand)
		w.notion.FailAlways("databases/"+db.ID(), notiontest.BadRequest())
		w.pass(2 * time.Hour)
		must("a database that cannot be retrieved", w.runOnce(byHand, db))
		w.notion.StopFailing("databases/" + db.ID())
		db.Trash()
		w.pass(2 * time.Hour)
		for _, s := range w.runReport(byHand).Streams {
			if len(s.Error)+len(s.Title) > 2000 {
				t.Errorf("in the trash: a title of %d bytes, an error of %d", len(s.Title), len(s.Error))
			}
		}
	})
}

// A stream is not published for the first time while exclude_properties has a name that
// none of its properties has.
func TestMistypedExclusionHoldsTheFirstReadBack(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db := w.addTasks(3)
		other := w.notion.AddDatabase("Staff", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Salary", Kind: notiontest.KindNumber})
		other.AddPage("Ada", nil)
		w.pass(5 * time.Minute)
		for name, settings := range map[string]producer.Settings{
			"of the stream":     {Exclude: []string{"Salary"}, ExcludeOwn: []string{"Salary"}},
			"of all, mistyped":  {Exclude: []string{"salary!"}},
			"of all, no letter": {Exclude: []string{"Point"}},
		} {
			if s := w.runWith(byHand, db, with(settings)); s.Status != control.NeedsAttention || s.Published != 0 || !strings.Contains(s.Error, settings.Exclude[0]) {
				t.Errorf("a name %s: %+v", name, s)
			}
		}
		if n := len(w.records(tasksTopic)); n != 0 {
			t.Errorf("%d records", n)
		}
		all := with(producer.Settings{Exclude: []string{"Salary"}})
		w.mustRun(byHand, all) // the other database has it
		w.notion.Edit(db.Pages(notiontest.Live)[0], nil)
		w.pass(time.Hour)
		if s := w.runWith(byHand, db, with(producer.Settings{Exclude: []string{"Wages"}})); s.Status != control.Succeeded {
			t.Errorf("a stream that was published before: %+v", s)
		}
	})
}
