package notiontest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// TestRetypeProperty: the id and the edit time stay, and the value becomes what its text
// means in the new kind.
func TestRetypeProperty(t *testing.T) {
	tests := []struct {
		from  notiontest.Kind
		value any
		to    notiontest.Kind
		want  string
	}{
		{notiontest.KindNumber, 12.5, notiontest.KindRichText, `["12.5"]`},
		{notiontest.KindRichText, "12.5", notiontest.KindNumber, `12.5`},
		{notiontest.KindRichText, "twelve", notiontest.KindNumber, `null`},
		{notiontest.KindRichText, "NaN", notiontest.KindNumber, `null`},
		{notiontest.KindNumber, 3, notiontest.KindSelect, `"3"`},
		{notiontest.KindSelect, "One", notiontest.KindMultiSelect, `["One"]`},
		{notiontest.KindMultiSelect, []string{"a", "b"}, notiontest.KindRichText, `["a, b"]`},
		{notiontest.KindRichText, "a, b", notiontest.KindMultiSelect, `["a","b"]`},
		{notiontest.KindCheckbox, true, notiontest.KindRichText, `["Yes"]`},
		{notiontest.KindRichText, "yes", notiontest.KindCheckbox, `true`},
		{notiontest.KindDate, "2026-09-15", notiontest.KindRichText, `["2026-09-15"]`},
		{notiontest.KindRichText, "2026-09-15", notiontest.KindDate, `{"end":null,"start":"2026-09-15","time_zone":null}`},
		{notiontest.KindRichText, "soon", notiontest.KindDate, `null`},
		{notiontest.KindURL, "https://x.example", notiontest.KindEmail, `"https://x.example"`},
		{notiontest.KindRichText, nil, notiontest.KindNumber, `null`},
		{notiontest.KindRelation, []string{"dd45a1b2-0000-4000-8000-000000000001"}, notiontest.KindRichText, `[]`},
		{notiontest.KindFormula, 3, notiontest.KindNumber, `null`},
		{notiontest.KindNumber, 3, notiontest.KindFormula, `{"number":null,"type":"number"}`},
		{notiontest.KindNumber, 3, notiontest.KindUniqueID, `{"number":1,"prefix":null}`},
		{notiontest.KindNumber, 3, notiontest.KindNew, `null`},
		{notiontest.KindNumber, 3, notiontest.KindRelation, `[]`},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %v to %s", test.from, test.value, test.to), func(t *testing.T) {
			c, clock := world(t, notiontest.Options{RequestsPerMinute: -1})
			db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "P", Kind: test.from})
			page := db.AddPage("x", notiontest.Values{"P": test.value})
			before := c.schemaOf(db.DataSource())["P"].(map[string]any)["id"]
			clock.advance(time.Hour)
			db.DataSource().RetypeProperty("P", test.to)
			shown := c.propertiesOf(db.DataSource(), page)["P"]
			if shown["id"] != before || shown["type"] != string(test.to) {
				t.Errorf("its id was %v, and it is %v now", before, shown)
			}
			if got := simple(t, shown[string(test.to)]); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if schema := c.schemaOf(db.DataSource())["P"].(map[string]any); schema["id"] != before || schema["type"] != string(test.to) {
				t.Errorf("the schema: %v", schema)
			}
			if object, _ := c.w.Page(page); !strings.Contains(string(object), `"last_edited_time":"2026-09-04T14:30:00.000Z"`) {
				t.Errorf("the edit time moved: %s", object)
			}
		})
	}
}

// simple is a value as JSON text: of rich text and options only their texts.
func simple(t *testing.T, value any) string {
	t.Helper()
	brief := func(item any) any {
		for _, key := range []string{"plain_text", "name"} {
			if object, _ := item.(map[string]any); object[key] != nil {
				return object[key]
			}
		}
		return item
	}
	value = brief(value)
	if items, ok := value.([]any); ok {
		for i, item := range items {
			items[i] = brief(item)
		}
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRetypeForthAndBack: number to text to number has the values again, of bulk pages too,
// and also where queries show changes late.
func TestRetypeForthAndBack(t *testing.T) {
	c, clock := world(t, notiontest.Options{RequestsPerMinute: -1, QueryLag: time.Minute})
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "P", Kind: notiontest.KindNumber})
	d := db.DataSource()
	pages := d.AddPages(3, clock.at.Add(-time.Hour), time.Second, func(i int) notiontest.Values { return notiontest.Values{"P": i} })
	c.w.Edit(pages[1], notiontest.Values{"P": 7})
	c.w.Purge(pages[2])
	for _, step := range []struct {
		kind  notiontest.Kind
		later time.Duration
		want  []any
	}{
		{notiontest.KindRichText, 0, []any{"0", "1", "2"}},
		{notiontest.KindRichText, time.Hour, []any{"0", "7", nil}}, // the edit and the purge are seen
		{notiontest.KindNumber, 0, []any{0.0, 7.0, nil}},
	} {
		d.RetypeProperty("P", step.kind)
		clock.advance(step.later)
		for i, page := range pages {
			if step.want[i] == nil {
				continue
			}
			got := c.propertiesOf(d, page)["P"][string(step.kind)]
			if items, ok := got.([]any); ok && len(items) > 0 {
				got = items[0].(map[string]any)["plain_text"]
			}
			if got != step.want[i] {
				t.Errorf("%s of page %d: %v, want %v", step.kind, i, got, step.want[i])
			}
		}
	}
}
