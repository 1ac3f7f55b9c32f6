package notiontest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

// propertiesOf are the properties of a page as a query shows them.
func (c caller) propertiesOf(d *notiontest.DataSource, page string) map[string]map[string]any {
	c.t.Helper()
	got, err := c.send("POST /v1/data_sources/"+d.ID()+"/query", "{}")
	if err != nil {
		c.t.Fatal(err)
	}
	var list struct {
		Results []struct {
			ID         string
			Properties map[string]map[string]any
		}
	}
	if err := json.Unmarshal(got.body, &list); err != nil {
		c.t.Fatalf("%v\n%s", err, got.body)
	}
	for _, one := range list.Results {
		if one.ID == page {
			return one.Properties
		}
	}
	c.t.Fatalf("no page %s: %s", page, got.body)
	return nil
}

// schemaOf is a data source's schema.
func (c caller) schemaOf(d *notiontest.DataSource) map[string]any {
	c.t.Helper()
	schema, _ := c.object("GET /v1/data_sources/"+d.ID(), "")["properties"].(map[string]any)
	return schema
}

// TestRenameBulk: pages that were added in bulk keep their values when a property gets
// another name or is removed.
func TestRenameBulk(t *testing.T) {
	c, clock := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "P", Kind: notiontest.KindNumber}, notiontest.Prop{Name: "Q", Kind: notiontest.KindNumber})
	d := db.DataSource()
	page := d.AddPages(1, clock.at, time.Second, func(int) notiontest.Values { return notiontest.Values{"P": 5, "Q": 6} })[0]
	d.RenameProperty("P", "R")
	d.RemoveProperty("Q")
	got := c.propertiesOf(d, page)
	if got["R"]["number"] != 5.0 || got["Q"] != nil {
		t.Errorf("got %v", got)
	}
}

// TestRestoreProperty: a property that was removed comes back with its id and its values,
// the newest one of its name.
func TestRestoreProperty(t *testing.T) {
	c, _ := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "P", Kind: notiontest.KindNumber})
	d := db.DataSource()
	page := db.AddPage("x", notiontest.Values{"P": 5})
	first := c.propertiesOf(d, page)["P"]["id"]
	d.RemoveProperty("P")
	d.AddProperty(notiontest.Prop{Name: "P", Kind: notiontest.KindRichText})
	second := c.propertiesOf(d, page)["P"]["id"]
	d.RemoveProperty("P")
	for _, want := range []any{second, first} {
		d.RestoreProperty("P")
		if got := c.propertiesOf(d, page)["P"]; got["id"] != want || first == second {
			t.Errorf("got %v, want the property %v", got, want)
		}
		d.RenameProperty("P", fmt.Sprint("was ", want))
	}
	if got := c.propertiesOf(d, page)[fmt.Sprint("was ", first)]["number"]; got != 5.0 {
		t.Errorf("its value is %v, want 5", got)
	}
}

// TestRecompute: a formula's results change in all pages, also their type, and no edit time
// moves.
func TestRecompute(t *testing.T) {
	c, clock := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "F", Kind: notiontest.KindFormula}, notiontest.Prop{Name: "R", Kind: notiontest.KindRollup})
	d := db.DataSource()
	page := db.AddPage("x", notiontest.Values{"F": 5})
	clock.advance(time.Hour)
	d.Recompute("F", func(id string) any { return "of " + id })
	d.Recompute("R", func(string) any { return notiontest.Rollup{Function: "sum", Value: 2} })
	got := c.propertiesOf(d, page)
	if diff := cmp.Diff(map[string]any{"type": "string", "string": "of " + page}, got["F"]["formula"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"type": "number", "number": 2.0, "function": "sum"}, got["R"]["rollup"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if object, _ := c.w.Page(page); !strings.Contains(string(object), `"last_edited_time":"2026-09-04T14:30:00.000Z"`) {
		t.Errorf("the edit time moved: %s", object)
	}
}

// TestOddNames: a property may have no name, and names may differ only in case.
func TestOddNames(t *testing.T) {
	c, _ := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "", Kind: notiontest.KindNumber},
		notiontest.Prop{Name: "due", Kind: notiontest.KindNumber}, notiontest.Prop{Name: "Due", Kind: notiontest.KindNumber})
	page := db.AddPage("x", notiontest.Values{"": 1, "due": 2, "Due": 3})
	for name, want := range map[string]float64{"": 1, "due": 2, "Due": 3} {
		if got := c.propertiesOf(db.DataSource(), page)[name]["number"]; got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
	if schema := c.schemaOf(db.DataSource()); len(schema) != 4 || schema[""] == nil {
		t.Errorf("the schema: %v", schema)
	}
}

// TestManyProperties: a database has as many as 500 properties, and a request may name a
// hundred of them.
func TestManyProperties(t *testing.T) {
	c, _ := world(t, notiontest.Options{RequestsPerMinute: -1})
	var props []notiontest.Prop
	for i := range 500 {
		props = append(props, notiontest.Prop{Name: fmt.Sprint("P", i), Kind: notiontest.KindNumber})
	}
	db := c.w.AddDatabase("Wide", props...)
	db.AddPage("x", nil)
	if got := len(c.schemaOf(db.DataSource())); got != 501 {
		t.Errorf("the schema has %d properties", got)
	}
	path := "POST /v1/data_sources/" + db.DataSource().ID() + "/query?filter_properties=title"
	for i := range 99 {
		path += fmt.Sprint("&filter_properties=P", i)
	}
	got, err := c.send(path, "{}")
	if err != nil || got.status != 200 || strings.Count(string(got.body), `"type":"number"`) != 99 {
		t.Errorf("a hundred: %d %v", got.status, err)
	}
	got, err = c.send(path+"&filter_properties=P99", "{}")
	if err != nil || got.status != 400 || !strings.Contains(string(got.body), "filter_properties.length should be ≤ `100`, instead was `101`") {
		t.Errorf("one more: %d %s, %v", got.status, got.body, err)
	}
}

// TestHideUnshared: a relation to a database that the connection may not see is not in the
// schema, and empty in pages, and comes back when the database is shared.
func TestHideUnshared(t *testing.T) {
	c, _ := world(t, notiontest.Options{RequestsPerMinute: -1, HideUnshared: true})
	other := c.w.AddDatabase("Other")
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "R", Kind: notiontest.KindRelation, Target: other})
	page := db.AddPage("x", notiontest.Values{"R": []string{other.AddPage("y", nil)}})
	for _, shared := range []bool{true, false, true} {
		if other.Unshare(); shared {
			other.Share()
		}
		related := c.propertiesOf(db.DataSource(), page)["R"]["relation"].([]any)
		if _, shown := c.schemaOf(db.DataSource())["R"]; shown != shared || (len(related) == 1) != shared {
			t.Errorf("shared: %v; in the schema: %v; the page: %v", shared, shown, related)
		}
	}
}

// TestPeopleWithoutNames: people, and groups of them, may have no name, or none that this
// connection may see.
func TestPeopleWithoutNames(t *testing.T) {
	c, _ := world(t, notiontest.Options{RequestsPerMinute: -1})
	nameless, group := c.w.AddUser(""), c.w.AddGroup("Everybody")
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "P", Kind: notiontest.KindPeople})
	page := db.AddPage("x", notiontest.Values{"P": []string{c.w.People()[0], nameless, group}})
	names := func() (names []any) {
		for _, one := range c.propertiesOf(db.DataSource(), page)["P"]["people"].([]any) {
			names = append(names, one.(map[string]any)["name"])
		}
		return names
	}
	if got := names(); !slices.Equal(got, []any{"Ada Okafor", nil, "Everybody"}) {
		t.Errorf("names: %v", got)
	}
	c.w.SetCapabilities(notiontest.ReadContent)
	if got := names(); !slices.Equal(got, []any{nil, nil, nil}) {
		t.Errorf("names for a connection that may not read users: %v", got)
	}
}

// TestEveryKind: the database has properties of all kinds, one page has a value in each, and
// one in none that people fill.
func TestEveryKind(t *testing.T) {
	c, _ := world(t, notiontest.Options{RequestsPerMinute: -1})
	other := c.w.AddDatabase("Other")
	db, full, empty := c.w.AddEveryKind("Every kind", other, other.AddPage("y", nil))
	kinds := map[any]bool{}
	for _, p := range c.schemaOf(db.DataSource()) {
		kinds[p.(map[string]any)["type"]] = true
	}
	if len(kinds) != 25 {
		t.Errorf("%d kinds: %v", len(kinds), kinds)
	}
	for page, want := range map[string]bool{full: true, empty: false} {
		for name, p := range c.propertiesOf(db.DataSource(), page) {
			value := p[p["type"].(string)]
			list, isList := value.([]any)
			switch p["type"] {
			case "created_time", "created_by", "last_edited_time", "last_edited_by", "unique_id", "title", "button", "formula", "rollup":
				continue
			}
			if has := value != nil && value != false && (!isList || len(list) > 0); has != want {
				t.Errorf("%s: %v", name, p)
			}
		}
	}
}
