package daemon

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// projects is a database in which one page is related to n tasks.
func (w *world) projects(n int) (db *notiontest.Database, project string, tasks []string) {
	w.t.Helper()
	other := w.addTasks(0)
	tasks = other.DataSource().AddPages(400, time.Now().Add(-90*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
	db = w.notion.AddDatabase("Projects", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle},
		notiontest.Prop{Name: "Tasks", Kind: notiontest.KindRelation}, notiontest.Prop{Name: "Salary", Kind: notiontest.KindNumber})
	project = db.AddPage("Rocket", notiontest.Values{"Tasks": tasks[:n], "Salary": 4711})
	db.AddPage("Plain", notiontest.Values{"Tasks": tasks[:3]})
	w.pass(time.Hour)
	return db, project, tasks
}

const projectsTopic = "notion.acme.projects"

// lastValue is the last value of a page in a topic, as text; "" for none.
func (w *world) lastValue(topic, page string) (value string) {
	w.t.Helper()
	for _, r := range w.records(topic) {
		if string(r.Key) == page {
			value = readable(w.t, r.Value)
		}
	}
	return value
}

// tasksOf are the related tasks of a project in its topic.
func (w *world) tasksOf(project string) (ids []string) {
	w.t.Helper()
	var value struct{ Properties string }
	var properties struct {
		Tasks struct {
			Relation []struct{ ID string }
			HasMore  bool `json:"has_more"`
		}
	}
	text := w.lastValue(projectsTopic, project)
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		w.t.Fatalf("%v in %s", err, text)
	}
	if err := json.Unmarshal([]byte(value.Properties), &properties); err != nil {
		w.t.Fatal(err)
	}
	if properties.Tasks.HasMore {
		w.t.Error("the record says that the relation has more")
	}
	for _, one := range properties.Tasks.Relation {
		ids = append(ids, one.ID)
	}
	return ids
}

func (w *world) mustRelate(project string, tasks []string) {
	w.t.Helper()
	if got := w.tasksOf(project); !slices.Equal(got, tasks) {
		w.t.Errorf("the topic has %d related tasks, Notion has %d", len(got), len(tasks))
	}
}

func (w *world) completions() int { return w.notion.Counts()[notiontest.EndpointRetrieveProperty] }

func TestLongRelationArrivesWhole(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		_, project, tasks := w.projects(260)
		w.mustRun(byHand)
		w.mustRelate(project, tasks[:260])
		w.notion.Edit(project, notiontest.Values{"Tasks": tasks[:30]})
		w.mustRun(bySchedule)
		w.mustRelate(project, tasks[:30])
		w.pass(time.Hour)
		w.mustRun(bySchedule) // still in the overlap of the read before, and closed now
		w.pass(time.Hour)
		before := w.completions()
		if before == 0 {
			t.Fatal("nothing was completed")
		}
		for range 5 {
			w.mustRun(bySchedule)
		}
		if n := w.completions() - before; n != 0 {
			t.Errorf("quiet polls asked %d times for what they knew", n)
		}
	})
}

// The 26th entry changes within the minute of an edit that was read already. Everything
// that Notion lists stays the same, the edit time too.
func TestChangeBehindTheCutInAnOpenMinuteArrives(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		_, project, tasks := w.projects(40)
		w.mustRun(byHand)
		w.pass(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute + time.Second)))
		w.notion.Edit(project, notiontest.Values{"Tasks": tasks[:41]})
		w.mustRun(bySchedule)
		w.mustRelate(project, tasks[:41])
		w.notion.Edit(project, notiontest.Values{"Tasks": tasks[:42]})
		w.mustRun(bySchedule)
		w.mustRelate(project, tasks[:42])
		w.notion.Edit(project, notiontest.Values{"Tasks": tasks[:43]})
		w.pass(5 * time.Minute) // the minute is over when it is read
		w.mustRun(bySchedule)
		w.mustRelate(project, tasks[:43])
	})
}

func TestSilentChangeBehindTheCutArrivesWithTheNextScan(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		_, project, tasks := w.projects(40)
		w.mustRun(byHand)
		w.pass(time.Hour)
		w.notion.EditSilently(project, notiontest.Values{"Tasks": tasks[:50]})
		w.mustRun(bySchedule)
		w.mustRelate(project, tasks[:40])
		w.mustRun(producer.Order{Trigger: "schedule", Full: true})
		w.mustRelate(project, tasks[:50])
	})
}

// Notion refuses to complete a page. Other pages go on, the cursor waits for two runs,
// and from the third run on the page is stuck until it can be completed.
func TestPageThatCannotBeCompleted(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, project, tasks := w.projects(40)
		w.mustRun(byHand)
		w.pass(time.Hour)
		w.notion.Edit(project, notiontest.Values{"Tasks": tasks[:60]})
		plain := db.AddPage("New", nil)
		refusing := func() { w.notion.FailNext(notiontest.EndpointRetrieveProperty, notiontest.Restricted()) }

		refusing()
		first := w.runOnce(bySchedule, db)
		if first.Status != control.Failed || !strings.Contains(first.Error, project) || first.Published != 1 {
			t.Errorf("first run: %+v", first)
		}
		if w.lastValue(projectsTopic, plain) == "" {
			t.Error("the other page did not arrive")
		}
		refusing()
		if second := w.runOnce(bySchedule, db); second.Status != control.Failed || !second.Cursor.Equal(first.Cursor) {
			t.Errorf("second run: %+v, cursor was %v", second, first.Cursor)
		}
		refusing()
		third := w.runOnce(bySchedule, db)
		if third.Status != control.NeedsAttention || third.Stuck != 1 || !third.Cursor.After(first.Cursor) {
			t.Errorf("third run: %+v", third)
		}
		w.mustRelate(project, tasks[:40]) // the version it had
		w.pass(time.Hour)
		if s := w.runOnce(bySchedule, db); s.Status != control.NeedsAttention || s.Stuck != 1 {
			t.Errorf("a poll: %+v", s)
		}
		if s := w.runOnce(byHand, db); s.Status != control.Succeeded || s.Stuck != 0 {
			t.Errorf("by hand, when Notion refuses no more: %+v", s)
		}
		w.mustRelate(project, tasks[:60])
	})
}

// An excluded property is in no record and no answer of Notion's. It comes back when it
// is no longer excluded; so does a new property.
func TestExcludedPropertiesNeverLeaveNotion(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, project, _ := w.projects(40)
		without := func(names ...string) func(*producer.Source) {
			return func(src *producer.Source) {
				src.Select = func(string, string, string) (producer.Settings, bool) {
					return producer.Settings{Overlap: 2 * time.Minute, Exclude: names}, true
				}
			}
		}
		has := func(what string) bool { return strings.Contains(w.lastValue(projectsTopic, project), what) }

		w.mustRun(byHand, without("Salary"))
		if has("Salary") || has("4711") || !has("Tasks") {
			t.Errorf("excluded by name: %s", w.lastValue(projectsTopic, project))
		}
		for _, r := range w.notion.Requests() {
			if r.Endpoint == notiontest.EndpointQuery && strings.Contains(r.URI, db.DataSource().ID()) && !strings.Contains(r.URI, "filter_properties") {
				t.Errorf("Notion was asked for everything: %s", r.URI)
			}
		}
		w.pass(time.Hour)
		w.notion.EditSilently(project, notiontest.Values{"Salary": 815})
		db.DataSource().AddProperty(notiontest.Prop{Name: "Colour", Kind: notiontest.KindRichText})
		w.notion.EditSilently(project, notiontest.Values{"Colour": "purple"})
		w.pass(2 * time.Hour)
		w.mustRun(bySchedule, without("Salary"))
		if has("815") || !has("purple") {
			t.Errorf("after a property came: %s", w.lastValue(projectsTopic, project))
		}
		w.pass(time.Hour)
		w.mustRun(bySchedule, without("Salary", "Name"))
		if has("Rocket") || has("815") {
			t.Errorf("without the title: %s", w.lastValue(projectsTopic, project))
		}
		w.pass(time.Hour)
		w.mustRun(bySchedule)
		if !has("815") || !has("Rocket") {
			t.Errorf("with everything again: %s", w.lastValue(projectsTopic, project))
		}
		versions := map[string]bool{}
		for _, r := range w.records(projectsTopic) {
			version := fmt.Sprintf("%s %x", r.Key, r.Value)
			if versions[version] {
				t.Errorf("page %s was published twice with the same content", r.Key)
			}
			versions[version] = true
		}
	})
}

// A soft record shows a page that Notion cuts as completely as any other record.
func TestSoftDeletesAreComplete(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		_, project, tasks := w.projects(60)
		soft := with(producer.Settings{Deletes: producer.DeleteSoft})
		w.mustRun(byHand, soft)
		w.notion.Trash(project)
		w.mustRun(fullScan, soft)
		if last := w.lastValue(projectsTopic, project); !strings.Contains(last, `"in_trash":true`) {
			t.Fatalf("the trashed page was published as %s", last)
		}
		if got := w.tasksOf(project); !slices.Equal(got, tasks[:60]) {
			t.Errorf("the soft record has %d related tasks, want the 60 that there are", len(got))
		}
	})
}
