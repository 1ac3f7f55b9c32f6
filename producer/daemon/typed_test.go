package daemon

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// expect is what a test of typed columns sees after a step.
type expect struct {
	columns string   // of the newest schema
	told    []string // by the run
}

// after runs a step and compares what the run told, and the columns of the subject and of
// the state.
func (w *world) after(what string, s *subject, db *notiontest.Database, order producer.Order, want expect, change ...func(*producer.Source)) control.StreamRun {
	w.t.Helper()
	if len(change) == 0 {
		change = []func(*producer.Source){typed()}
	}
	w.pass(time.Hour)
	stream := producer.DatabaseStream(db.ID())
	report := w.mustRun(order, change...)
	var told []string
	for _, one := range report.Streams {
		if one.Stream == stream {
			told = append(told, one.Columns...)
		}
	}
	if !slices.Equal(told, want.told) {
		w.t.Errorf("%s: the run tells %q, want %q", what, told, want.told)
	}
	if got := s.newest(); got != want.columns {
		w.t.Errorf("%s: the subject has the columns %q, want %q", what, got, want.columns)
	}
	if got := w.pinnedColumns(db); got != want.columns {
		w.t.Errorf("%s: the state has the columns %q, want %q", what, got, want.columns)
	}
	return streamOf(report, stream)
}

// A page that is published with the first records has all columns, and the envelope.
func TestTypedRecords(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		db, page := w.addGoods(notiontest.Prop{Name: "Title", Kind: notiontest.KindRichText}, notiontest.Prop{Name: "size", Kind: notiontest.KindCheckbox})
		w.notion.Edit(page, notiontest.Values{"Title": "a ball", "size": true, "Due": notiontest.Date{Start: "2026-01-02", End: "2026-01-05"}})
		w.after("first run", s, db, byHand, expect{columns: "name size due due_end due_time_zone title_2 size_2"})
		got := last(w.typedRecords(goodsTopic, s), page)
		if cells := got.cells("id", "title", "name", "size", "due", "due_end", "due_time_zone", "title_2", "size_2"); cells !=
			fmt.Sprintf(`%q "Ball" "Ball" 7 "2026-01-02T00:00:00.000Z" "2026-01-05T00:00:00.000Z" null "a ball" true`, page) {
			t.Errorf("the record has %s", cells)
		}
		if text, _ := got.value["properties"].(string); !strings.Contains(text, `"number":7`) {
			t.Errorf("the JSON text is %s", text)
		}
		if got.op != producer.OpSnapshot {
			t.Errorf("op %s", got.op)
		}
	})
}

// No poll publishes a page for a change of the schema alone. A page gets the value of a
// new column with its own next change, or with the sweep that sees its JSON text change.
func TestAColumnIsAdded(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		db, page := w.addGoods()
		other := db.AddPage("Bat", nil)
		w.after("first run", s, db, byHand, expect{columns: "name size due due_end due_time_zone"})
		db.DataSource().AddProperty(notiontest.Prop{Name: "Color", Kind: notiontest.KindSelect})
		if run := w.after("added", s, db, bySchedule, expect{columns: "name size due due_end due_time_zone"}); run.Published > 0 {
			t.Errorf("a poll published %d pages for the schema alone", run.Published)
		}
		w.notion.Edit(page, notiontest.Values{"Color": "red"})
		w.after("edited", s, db, bySchedule, expect{columns: "name size due due_end due_time_zone color", told: []string{`column color begins, for property "Color"`}})
		if got := last(w.typedRecords(goodsTopic, s), page); got.cells("name", "size", "color") != `"Ball" 7 "red"` {
			t.Errorf("the page that was edited has %s", got.cells("name", "size", "color"))
		}
		if got := last(w.typedRecords(goodsTopic, s), other); got.version != 1 {
			t.Errorf("a page that was not edited has version %d", got.version)
		}
		if run := w.after("sweep", s, db, fullScan, expect{columns: "name size due due_end due_time_zone color"}); run.Published != 1 {
			t.Errorf("the sweep published %d pages, want the one whose JSON text changed", run.Published)
		}
		if got := last(w.typedRecords(goodsTopic, s), other); got.version != 2 || got.cells("name", "color") != `"Bat" null` {
			t.Errorf("the other page has version %d and %s", got.version, got.cells("name", "color"))
		}
		if len(s.versions) != 2 {
			t.Errorf("%d versions, want 2", len(s.versions))
		}
	})
}

func TestAColumnOutlivesItsProperty(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		all := "name size due due_end due_time_zone"
		db, page := w.addGoods()
		w.after("first run", s, db, byHand, expect{columns: all})
		db.DataSource().RemoveProperty("Size")
		w.notion.Edit(page, notiontest.Values{"Name": "Cube"})
		w.after("removed", s, db, bySchedule, expect{columns: all, told: []string{`property "Size" is not read any more: column size stays and is null`}})
		if got := last(w.typedRecords(goodsTopic, s), page); got.cells("name", "size") != `"Cube" null` {
			t.Errorf("the record has %s", got.cells("name", "size"))
		}
		db.DataSource().AddProperty(notiontest.Prop{Name: "Size", Kind: notiontest.KindNumber})
		w.notion.Edit(page, notiontest.Values{"Size": 9})
		w.after("another of the name", s, db, bySchedule, expect{columns: all + " size_2", told: []string{`column size_2 begins, for property "Size"`}})
		if got := last(w.typedRecords(goodsTopic, s), page); got.cells("size", "size_2") != `null 9` {
			t.Errorf("the record has %s", got.cells("size", "size_2"))
		}
	})
}

// A property that is renamed keeps its column, and the field says its new name. The
// sweep publishes every page, because the JSON text of every page has the new name.
func TestAPropertyIsRenamed(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		all := "name size due due_end due_time_zone"
		db, page := w.addGoods(notiontest.Prop{Name: "Color", Kind: notiontest.KindSelect})
		w.notion.Edit(page, notiontest.Values{"Color": "red"})
		all += " color"
		w.after("first run", s, db, byHand, expect{columns: all})
		db.DataSource().RenameProperty("Size", "Weight")
		db.DataSource().RenameOption("Color", "red", "crimson")
		if run := w.after("sweep", s, db, fullScan, expect{columns: all, told: []string{`property "Size" is called "Weight" now: column size keeps its name`}}); run.Published != 1 {
			t.Errorf("the sweep published %d pages", run.Published)
		}
		if got := last(w.typedRecords(goodsTopic, s), page); got.cells("size", "color") != `7 "crimson"` {
			t.Errorf("the record has %s", got.cells("size", "color"))
		}
		if newest := s.versions[len(s.versions)-1]; !strings.Contains(newest, `"notion.name":"Weight"`) {
			t.Errorf("the schema does not say the new name: %s", newest)
		}
	})
}

// Number, text and number again: three runs, and each value is in the column of its type.
func TestAPropertyChangesItsType(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		all := "name size due due_end due_time_zone"
		db, page := w.addGoods()
		w.after("first run", s, db, byHand, expect{columns: all})
		check := func(what, want string) {
			t.Helper()
			if got := last(w.typedRecords(goodsTopic, s), page); got.cells("size", "size_rich_text") != want {
				t.Errorf("%s: the record has %s, want %s", what, got.cells("size", "size_rich_text"), want)
			}
		}
		check("a number", `7 "no such column"`)
		db.DataSource().RetypeProperty("Size", notiontest.KindRichText)
		w.notion.Edit(page, notiontest.Values{"Size": "large"})
		w.after("text", s, db, bySchedule, expect{columns: all + " size_rich_text", told: []string{`property "Size" has the type rich_text now: column size_rich_text begins, and size stays and is null`}})
		check("a text", `null "large"`)
		db.DataSource().RetypeProperty("Size", notiontest.KindNumber)
		w.notion.Edit(page, notiontest.Values{"Size": 8})
		w.after("number again", s, db, bySchedule, expect{columns: all + " size_rich_text", told: []string{`property "Size" is back as number: column size goes on`}})
		check("a number again", `8 null`)
		if len(s.versions) != 2 {
			t.Errorf("%d versions of the schema, want 2", len(s.versions))
		}
	})
}

// A formula has no column before a page has a value of it. The result's type is that of
// the value.
func TestAFormulaChangesItsResult(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		all := "name size due due_end due_time_zone"
		db, page := w.addGoods(notiontest.Prop{Name: "Score", Kind: notiontest.KindFormula})
		w.after("without a value", s, db, byHand, expect{columns: all})
		w.notion.Edit(page, notiontest.Values{"Score": 1.5})
		w.after("a number", s, db, bySchedule, expect{columns: all + " score", told: []string{`column score begins, for property "Score"`}})
		w.notion.Edit(page, notiontest.Values{"Score": "high"})
		w.after("a text", s, db, bySchedule, expect{columns: all + " score score_string", told: []string{
			`property "Score" has a value of type string: column score_string begins, and is null where the value has another type`}})
		w.notion.Edit(page, notiontest.Values{"Score": 2})
		w.after("a number again", s, db, bySchedule, expect{columns: all + " score score_string"})
		var got []string
		for _, r := range w.typedRecords(goodsTopic, s) {
			if r.key == page {
				got = append(got, fmt.Sprintf("%d: %s", r.version, r.cells("score", "score_string")))
			}
		}
		want := []string{`1: "no such column" "no such column"`, `2: 1.5 "no such column"`, `3: null "high"`, `3: 2 null`}
		if !slices.Equal(got, want) {
			t.Errorf("the page's records are %q, want %q", got, want)
		}
	})
}

// The pages of one batch have one schema, also where a page in its middle is the first
// with a value of a formula.
func TestAValueInTheMiddleOfABatch(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		db, _ := w.addGoods(notiontest.Prop{Name: "Score", Kind: notiontest.KindFormula})
		db.DataSource().AddPages(120, time.Now().Add(-100*time.Hour), time.Minute, func(i int) notiontest.Values {
			if i < 50 {
				return nil
			}
			return notiontest.Values{"Score": i}
		})
		w.after("first run", s, db, byHand, expect{columns: "name size due due_end due_time_zone score"})
		if len(s.versions) != 1 {
			t.Errorf("%d versions of the schema, want one", len(s.versions))
		}
		w.checkKeys(db, goodsTopic, s)
	})
}

// A later batch of one scan may be the first with a value of a formula.
func TestAValueInALaterBatch(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		db, _ := w.addGoods(notiontest.Prop{Name: "Score", Kind: notiontest.KindFormula})
		ids := db.DataSource().AddPages(4000, time.Now().Add(-100*time.Hour), time.Minute, func(i int) notiontest.Values {
			if i != 3000 {
				return nil
			}
			return notiontest.Values{"Score": i}
		})
		w.after("first run", s, db, byHand, expect{columns: "name size due due_end due_time_zone score", told: []string{`column score begins, for property "Score"`}})
		if got := last(w.typedRecords(goodsTopic, s), ids[3000]); got.version != 2 || got.cells("score") != "3000" {
			t.Errorf("the page has version %d and %s", got.version, got.cells("score"))
		}
		w.checkKeys(db, goodsTopic, s)
	})
}

// checkKeys compares the last records of a topic with the database.
func (w *world) checkKeys(db *notiontest.Database, topic string, s *subject) {
	w.t.Helper()
	present := map[string]bool{}
	for _, r := range w.typedRecords(topic, s) {
		present[r.key] = r.value != nil
	}
	for _, id := range slices.Concat(db.Pages(notiontest.Live), db.Pages(notiontest.Archived)) {
		if !present[id] {
			w.t.Errorf("page %s is not in topic %s", id, topic)
		}
	}
}

// A second data source brings its own properties. The title is one property in all data
// sources.
func TestADataSourceWithOtherProperties(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		db, page := w.addGoods()
		w.after("first run", s, db, byHand, expect{columns: "name size due due_end due_time_zone"})
		second := db.AddDataSource("More goods", notiontest.Prop{Name: "Nom", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Size", Kind: notiontest.KindSelect})
		added := second.AddPage("Ballon", notiontest.Values{"Size": "grand"})
		w.after("a second one", s, db, byHand, expect{columns: "name size due due_end due_time_zone size_2", told: []string{`column size_2 begins, for property "Size"`}})
		all := w.typedRecords(goodsTopic, s)
		if got := last(all, added).cells("name", "size", "size_2"); got != `"Ballon" null "grand"` {
			t.Errorf("the page of the second has %s", got)
		}
		w.notion.Edit(page, notiontest.Values{"Size": 8})
		w.after("an edit in the first", s, db, bySchedule, expect{columns: "name size due due_end due_time_zone size_2"})
		if got := last(w.typedRecords(goodsTopic, s), page).cells("name", "size", "size_2"); got != `"Ball" 8 null` {
			t.Errorf("the page of the first has %s", got)
		}
	})
}

// A property that somebody adds while a scan is under way is in the rows that are read
// later, although the run knows the schema of its beginning.
func TestASchemaChangesWhileItIsScanned(t *testing.T) {
	var add func()
	var mu sync.Mutex // queries come side by side
	typedWorld(t, notiontest.Options{Hook: func(r *http.Request) *notiontest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if add != nil && strings.HasSuffix(r.URL.Path, "/query") {
			add()
		}
		return nil
	}}, func(t *testing.T, w *world, s *subject) {
		db, _ := w.addGoods()
		ids := db.DataSource().AddPages(450, time.Now().Add(-100*time.Hour), time.Minute, func(int) notiontest.Values { return notiontest.Values{"Size": 1} })
		queries := 0
		mu.Lock()
		add = func() {
			if queries++; queries == 3 {
				db.DataSource().AddProperty(notiontest.Prop{Name: "Color", Kind: notiontest.KindSelect})
				for _, id := range ids {
					w.notion.Edit(id, notiontest.Values{"Color": "red"})
				}
			}
		}
		mu.Unlock()
		w.pass(time.Hour)
		w.mustRun(byHand, typed())
		w.pass(time.Hour)
		w.mustRun(bySchedule, typed())
		if got, want := s.newest(), "name size due due_end due_time_zone color"; got != want {
			t.Errorf("columns %q, want %q", got, want)
		}
		all := w.typedRecords(goodsTopic, s)
		for _, id := range ids {
			if got := last(all, id).cells("size", "color"); got != `1 "red"` {
				t.Fatalf("page %s has %s", id, got)
			}
		}
	})
}

// Five hundred properties are five hundred columns, and more.
func TestFiveHundredProperties(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		var more []notiontest.Prop
		for i := range 500 {
			more = append(more, notiontest.Prop{Name: fmt.Sprintf("Property %d", i), Kind: []notiontest.Kind{notiontest.KindNumber, notiontest.KindDate, notiontest.KindPeople}[i%3]})
		}
		_, page := w.addGoods(more...)
		w.notion.Edit(page, notiontest.Values{"Property 498": 498})
		w.pass(time.Hour)
		w.mustRun(byHand, typed())
		if got := last(w.typedRecords(goodsTopic, s), page); got.cells("property_498", "property_499_time_zone") != `498 null` {
			t.Errorf("the record has %s", got.cells("property_498", "property_499_time_zone"))
		}
	})
}

// What is excluded has no column. What is excluded later keeps its column, which is null
// from then on.
func TestExcludedPropertiesHaveNoColumn(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		db, page := w.addGoods(notiontest.Prop{Name: "Salary", Kind: notiontest.KindNumber})
		w.notion.Edit(page, notiontest.Values{"Salary": 4711})
		without := func(names ...string) func(*producer.Source) {
			return typed(func(s *producer.Settings) { s.Exclude = names })
		}
		all := "name size due due_end due_time_zone"
		w.after("first run", s, db, byHand, expect{columns: all}, without("Salary"))
		db.DataSource().RenameProperty("Salary", "Pay")
		w.notion.Edit(page, notiontest.Values{"Size": 1})
		w.after("renamed", s, db, byHand, expect{columns: all}, without("Salary"))
		w.notion.Edit(page, notiontest.Values{"Name": "Cube"})
		w.after("another", s, db, byHand, expect{columns: all, told: []string{`property "Size" is not read any more: column size stays and is null`}}, without("Salary", "Size"))
		if got := last(w.typedRecords(goodsTopic, s), page).cells("name", "size"); got != `"Cube" null` {
			t.Errorf("the record has %s", got)
		}
		if shown := s.versions; strings.Contains(strings.Join(shown, ""), "Salary") || strings.Contains(strings.Join(shown, ""), "Pay") {
			t.Errorf("a schema names what is excluded: %q", shown)
		}
	})
}

// A registry that refuses a schema stops the stream with its cursor unmoved. What it has
// missed arrives when the registry takes the schema.
func TestARegistryRefusesAColumn(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		db, page := w.addGoods()
		w.after("first run", s, db, byHand, expect{columns: "name size due due_end due_time_zone"})
		db.DataSource().AddProperty(notiontest.Prop{Name: "Color", Kind: notiontest.KindSelect})
		w.notion.Edit(page, notiontest.Values{"Color": "red"})
		w.pass(time.Hour)
		s.refuses = true
		before, p := w.cursors(db), w.start(typed())
		report, err := p.run(t.Context(), bySchedule)
		p.cluster.Close()
		if err != nil {
			t.Fatal(err)
		}
		run := streamOf(report, producer.DatabaseStream(db.ID()))
		if run.Status != control.Failed || !strings.Contains(run.Error, "closed for the weekend") || !strings.Contains(run.Error, goodsTopic) {
			t.Errorf("the stream: %+v", run)
		}
		if after := w.cursors(db); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("the cursor moved from %v to %v", before, after)
		}
		s.refuses = false
		if told := []string{`column color begins, for property "Color"`}; !slices.Equal(run.Columns, told) {
			t.Errorf("the run tells %q, want %q", run.Columns, told)
		}
		w.after("taken", s, db, bySchedule, expect{columns: "name size due due_end due_time_zone color"})
		if got := last(w.typedRecords(goodsTopic, s), page).cells("color"); got != `"red"` {
			t.Errorf("the record has %s", got)
		}
	})
}

// A schema that was registered without a record is of columns that the state has: a process
// died then, or did not hear the answer. So a property that has another type afterwards
// gets another column, as always, and the registry takes it.
func TestARegistryWhoseAnswerIsLost(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		db, page := w.addGoods()
		w.after("first run", s, db, byHand, expect{columns: "name size due due_end due_time_zone"})
		db.DataSource().AddProperty(notiontest.Prop{Name: "Color", Kind: notiontest.KindSelect})
		w.notion.Edit(page, notiontest.Values{"Color": "7"})
		w.pass(time.Hour)
		s.silent = true
		p := w.start(typed())
		report, err := p.run(t.Context(), bySchedule)
		p.cluster.Close()
		if err != nil {
			t.Fatal(err)
		}
		if run := streamOf(report, producer.DatabaseStream(db.ID())); run.Status != control.Failed || len(s.versions) != 2 {
			t.Errorf("%d versions, and the stream: %+v", len(s.versions), run)
		}
		s.silent = false
		db.DataSource().RetypeProperty("Color", notiontest.KindNumber)
		w.after("retyped", s, db, bySchedule, expect{
			columns: "name size due due_end due_time_zone color color_number",
			told:    []string{`property "Color" has the type number now: column color_number begins, and color stays and is null`},
		})
		if got := last(w.typedRecords(goodsTopic, s), page).cells("color", "color_number"); got != `null 7` {
			t.Errorf("the record has %s", got)
		}
	})
}

// A topic keeps the form that it began with. Another form needs another topic, in which
// the columns begin anew.
func TestATopicKeepsItsForm(t *testing.T) {
	typedWorld(t, notiontest.Options{}, func(t *testing.T, w *world, s *subject) {
		db, page := w.addGoods()
		stream := producer.DatabaseStream(db.ID())
		refused := func(says string, change func(*producer.Source)) {
			t.Helper()
			p := w.start(change)
			defer p.cluster.Close()
			report, err := p.run(t.Context(), byHand)
			if err != nil {
				t.Fatal(err)
			}
			if run := streamOf(report, stream); run.Status != control.NeedsAttention || !strings.Contains(run.Error, says) || run.Published > 0 {
				t.Errorf("the stream: %+v", run)
			}
		}
		w.after("typed", s, db, byHand, expect{columns: "name size due due_end due_time_zone"})
		db.DataSource().RenameProperty("Size", "Weight")
		db.DataSource().RemoveProperty("Due")
		w.notion.Edit(page, notiontest.Values{"Weight": 8})
		w.pass(time.Hour)
		refused("was begun with typed columns", with(producer.Settings{}))
		elsewhere := typed(func(s *producer.Settings) { s.Topic = "notion.acme.other" })
		w.after("another topic", w.schemas.(*subjects).topic("notion.acme.plain"), db, byHand, expect{}, with(producer.Settings{Topic: "notion.acme.plain"}))
		if len(w.records("notion.acme.plain")) == 0 {
			t.Error("nothing is in the topic without columns")
		}
		refused("was begun without typed columns", typed(func(s *producer.Settings) { s.Topic = "notion.acme.plain" }))
		w.after("typed again", w.schemas.(*subjects).topic("notion.acme.other"), db, byHand, expect{columns: "name weight"}, elsewhere)
	})
}

// A process that dies at any read or write of its Kafka connection leaves columns that
// agree with the records. The next one goes on with them.
func TestColumnsOfAProcessThatIsKilledAtAnyPoint(t *testing.T) {
	killed := 0
	for n := int64(1); !t.Failed(); n += 3 * everyPoint {
		reached := false
		typedWorld(t, notiontest.Options{Seed: uint64(n)}, func(t *testing.T, w *world, s *subject) {
			db, page := w.addGoods(notiontest.Prop{Name: "Score", Kind: notiontest.KindFormula})
			w.mustRun(byHand, typed())
			w.pass(time.Hour)
			db.DataSource().AddProperty(notiontest.Prop{Name: "Color", Kind: notiontest.KindSelect})
			w.notion.Edit(page, notiontest.Values{"Color": "red", "Score": 3})
			victim := w.start(typed())
			ctx, die := context.WithCancel(t.Context())
			defer die()
			dead, ended := make(chan struct{}), make(chan struct{})
			victim.cable.onCut = func() { reached = true; die(); close(dead) }
			victim.cable.cutRead.Store(n)
			go func() {
				defer close(ended)
				defer victim.cluster.Close()
				_, _ = victim.run(ctx, bySchedule)
			}()
			select {
			case <-dead:
			case <-ended:
			}
			// What the next process sees first differs from what the first one saw.
			db.DataSource().AddProperty(notiontest.Prop{Name: "Age", Kind: notiontest.KindNumber})
			w.notion.Edit(page, notiontest.Values{"Age": 4})
			w.mustRun(bySchedule, typed())
			<-ended
			all := w.typedRecords(goodsTopic, s)
			if got := last(all, page).cells("size", "color", "age", "score"); got != `7 "red" 4 3` {
				t.Errorf("killed at %d: the record has %s", n, got)
			}
			if got, want := w.pinnedColumns(db), strings.Join(columnsOf(t, s.versions[last(all, page).version-1]), " "); got != want {
				t.Errorf("killed at %d: the state has the columns %q, the newest record %q", n, got, want)
			}
		})
		if !reached {
			break
		}
		killed++
	}
	if killed < 10/everyPoint {
		t.Errorf("only %d points to die at: the test no longer reaches the commits", killed)
	}
	t.Logf("died at %d points", killed)
}
