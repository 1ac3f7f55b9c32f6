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

// secretsIn are the records of a topic that show any of these texts.
func (w *world) secretsIn(topic string, texts ...string) (values []string) {
	w.t.Helper()
	for _, r := range w.records(topic) {
		value := ""
		if r.Value != nil {
			value = readable(w.t, r.Value)
		}
		if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(value, text) }) {
			values = append(values, value)
		}
	}
	return values
}

// toldUnmatched are the warnings about names that exclude nothing.
func (w *world) toldUnmatched() (lines []string) {
	for line := range strings.Lines(w.logs.String()) {
		if strings.Contains(line, "exclude_properties: no property is named") {
			lines = append(lines, line)
		}
	}
	return lines
}

// A name in exclude_properties means the property that had the name at first, whatever
// the property is called later.
func TestExcludedPropertyThatIsRenamedStaysExcluded(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, project, _ := w.projects(3)
		excluding := with(producer.Settings{Exclude: []string{"Salary"}, Deletes: producer.DeleteSoft})
		w.mustRun(byHand, excluding)
		w.pass(time.Hour)
		db.DataSource().RenameProperty("Salary", "Pay")
		if s := w.runWith(bySchedule, db, excluding); s.Kind != control.Incremental || s.Published != 0 {
			t.Errorf("after the rename: %+v", s)
		}
		w.pass(time.Hour)
		w.notion.Edit(project, notiontest.Values{"Pay": 815, "Name": "edited"})
		w.mustRun(bySchedule, excluding)
		w.mustRun(producer.Order{Trigger: "manual", Full: true, Republish: true}, excluding)
		for _, forget := range []bool{false, true} {
			if err := w.reset(producer.DatabaseStream(db.ID()), forget); err != nil {
				t.Fatal(err)
			}
			w.pass(2 * time.Hour)
			w.mustRun(bySchedule, excluding)
		}
		w.notion.Trash(project)
		w.mustRun(fullScan, excluding)
		if !strings.Contains(w.lastValue(projectsTopic, project), `"in_trash":true`) {
			t.Fatal("the soft record did not arrive")
		}
		w.mustRun(bySchedule, excluding, func(src *producer.Source) { src.TopicPrefix = "moved." })
		if len(w.records("moved.projects")) == 0 {
			t.Fatal("nothing arrived in the other topic")
		}
		shown := append(w.secretsIn(projectsTopic, "4711", "815", "Pay", "Salary"), w.secretsIn("moved.projects", "4711", "815", "Pay", "Salary")...)
		if len(shown) > 0 {
			t.Errorf("%d records show what is excluded, such as %s", len(shown), shown[0])
		}
		for _, r := range w.notion.Requests() {
			if r.Endpoint == notiontest.EndpointQuery && strings.Contains(r.URI, db.DataSource().ID()) && !strings.Contains(r.URI, "filter_properties") {
				t.Errorf("Notion was asked for everything: %s", r.URI)
			}
		}
		for _, line := range w.toldUnmatched() {
			if strings.Contains(line, db.ID()) {
				t.Errorf("warned of a property that is excluded: %s", line)
			}
		}
	})
}

// Another property gets the name of an excluded one: both are excluded until the name is
// removed from the configuration.
func TestNameOfAnExcludedPropertyIsGivenToAnother(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, project, _ := w.projects(3)
		w.mustRun(byHand) // as one of before names were pinned has left it
		w.pass(time.Hour)
		excluding := with(producer.Settings{Exclude: []string{"Salary"}})
		w.mustRun(bySchedule, excluding)
		db.DataSource().RenameProperty("Salary", "Pay")
		w.pass(2 * time.Hour)
		w.mustRun(bySchedule, excluding)
		db.DataSource().AddProperty(notiontest.Prop{Name: "Salary", Kind: notiontest.KindRichText})
		w.notion.Edit(project, notiontest.Values{"Pay": 815, "Salary": "bananas"})
		w.pass(2 * time.Hour)
		w.mustRun(bySchedule, excluding)
		db.DataSource().RenameProperty("Salary", "Fruit")
		w.pass(2 * time.Hour)
		w.mustRun(fullScan, excluding)
		if shown := w.secretsIn(projectsTopic, "815", "Pay", "bananas", "Fruit"); len(shown) > 0 {
			t.Errorf("%d records show what is excluded, such as %s", len(shown), shown[0])
		}
		w.mustRun(bySchedule, with(producer.Settings{}))
		if last := w.lastValue(projectsTopic, project); !strings.Contains(last, "815") || !strings.Contains(last, "bananas") {
			t.Errorf("excluded no longer: %s", last)
		}
		w.pass(2 * time.Hour)
		w.mustRun(bySchedule, excluding)
		if last := w.lastValue(projectsTopic, project); !strings.Contains(last, "815") || !strings.Contains(last, "bananas") {
			t.Errorf("the name is of no property any more: %s", last)
		}
	})
}

// The title property has the same id in every data source, and need not be excluded in
// all of them.
func TestWhatIsExcludedIsPinnedForEachDataSource(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, second := w.twoSources()
		second.RenameProperty("Name", "Label")
		second.AddProperty(notiontest.Prop{Name: "title", Kind: notiontest.KindRichText})
		id := second.AddPages(1, time.Now(), 0, func(int) notiontest.Values {
			return notiontest.Values{"Label": "a label", "title": "by the name of an id"}
		})[0]
		first := db.AddPage("a name", nil)
		w.pass(time.Hour)
		w.mustRun(byHand, with(producer.Settings{Exclude: []string{"Name"}}))
		db.DataSource().AddProperty(notiontest.Prop{Name: "title", Kind: notiontest.KindRichText})
		db.DataSource().RenameProperty("Name", "Who")
		w.notion.Edit(first, notiontest.Values{"Who": "another name", "title": "by the name of the title's id"})
		w.pass(2 * time.Hour)
		w.mustRun(bySchedule, with(producer.Settings{Exclude: []string{"Name"}}))
		if last := w.lastValue(tasksTopic, id); !strings.Contains(last, "a label") || !strings.Contains(last, "by the name of an id") {
			t.Errorf("what is excluded of one data source is gone from the other: %s", last)
		}
		if last := w.lastValue(tasksTopic, first); strings.Contains(last, "another name") || !strings.Contains(last, "by the name of the title's id") {
			t.Errorf("the renamed title is published, or another property is not: %s", last)
		}
	})
}

// A name that excludes nothing is logged once a run, and by the daemon once.
func TestExcludedNameThatNothingHasIsWarnedOf(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, second := w.twoSources()
		second.AddProperty(notiontest.Prop{Name: "Size", Kind: notiontest.KindNumber})
		w.notion.AddDatabase("Plain", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}).AddPage("a page", nil)
		w.pass(time.Hour)
		w.mustRun(byHand) // before it is published a stream would wait
		excluding := with(producer.Settings{Exclude: []string{"Points", "Size", "Salary", "title"}})
		w.mustRun(producer.Order{Trigger: "manual", Streams: []string{producer.DatabaseStream(db.ID())}}, excluding)
		lines := w.toldUnmatched()
		if len(lines) != 1 || !strings.Contains(lines[0], "Salary") || !strings.Contains(lines[0], db.ID()) {
			t.Fatalf("told %q", lines)
		}
		for _, known := range []string{"Points", "Size", "title"} {
			if strings.Contains(lines[0], known) {
				t.Errorf("%s is a property: %s", known, lines[0])
			}
		}
		w.mustRun(bySchedule, excluding)
		// What is meant for all databases need not be in each of them.
		if lines = w.toldUnmatched(); len(lines) != 2 || !strings.Contains(lines[1], "and one other") || strings.Contains(lines[1], "Points") {
			t.Errorf("told of all streams: %q", lines)
		}
		w.mustRun(bySchedule, excluding, blindly)
		if lines = w.toldUnmatched(); len(lines) != 2 {
			t.Errorf("told of what is not known: %q", lines)
		}
		_, stop := w.daemon(w.start(excluding))
		w.pass(3 * time.Hour)
		stop()
		if lines = w.toldUnmatched(); len(lines) != 3 {
			t.Errorf("%d warnings, want one more of the daemon: %q", len(lines), lines)
		}
	})
}
