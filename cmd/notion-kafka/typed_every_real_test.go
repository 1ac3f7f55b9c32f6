//go:build real

package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

// A page with a property of every kind, and one where all are empty, as Confluent's client
// for Python reads their columns.
func TestEveryKindAsColumns(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 9, 4, 14, 30, 20, 0, time.UTC)
	s := newTypedStage(t, notiontest.Options{Now: func() time.Time { return created }})
	related := s.workspace.AddDatabase("Customers")
	acme, blue := related.AddPage("Acme", nil), related.AddPage("Blue", nil)
	db, full, empty := s.workspace.AddEveryKind("Every kind", related, blue, acme)
	topic, stream := s.topic("every_kind"), "database_"+db.ID()
	s.mustRun("once")
	people := everyPerson(t, s.workspace, full, empty)

	// The fields of a page have the names title, url, created_time and so on.
	minute := "2026-09-04T14:30:00.000Z"
	want := map[string][2]any{
		"title_2": {"Full", "Empty"}, "relation": {[]any{blue, acme}, []any{}}, "unique_id": {"PRJ-1", "PRJ-2"},
		"rich_text": {"Some text", ""}, "number": {12.5, nil}, "select": {"One", nil}, "status": {"Open", nil}, "multi_select": {[]any{"a", "b"}, []any{}},
		"date": {"2026-09-15T08:00:00.000Z", nil}, "date_end": {"2026-09-16T10:30:00.000Z", nil}, "date_time_zone": {"+02:00", nil},
		"people": {people.ids, []any{}}, "people_names": {people.names, []any{}}, "files": {[]any{"plan.pdf", "link"}, []any{}},
		"checkbox": {true, false}, "url_2": {"https://company.example", nil}, "email": {"a@company.example", nil}, "phone_number": {"+49 30 1", nil},
		"formula": {3.0, nil}, "formula_text": {"three", nil}, "formula_truth": {true, nil}, "formula_date": {"2026-09-15T00:00:00.000Z", nil},
		"rollup": {3.5, nil}, "rollup_date": {"2026-09-15T10:00:00.000Z", nil}, "rollup_array": {rollupTexts(), []any{}},
		"created_time_2": {minute, minute}, "last_edited_time_2": {minute, minute},
		"created_by_2": {people.creators[full], people.creators[empty]}, "last_edited_by_2": {people.creators[full], people.creators[empty]},
		"verification": {jsonText(everyJSON(t, s.workspace, full, "verification")), nil}, "place": {jsonText(everyJSON(t, s.workspace, full, "place")), nil},
		"holographic": {jsonText(everyJSON(t, s.workspace, full, "holographic")), nil},
	}

	columns := s.wantPinned(stream, topic)
	pages := byKey(t, s.consume(topic))
	var values [2]map[string]any
	for i, id := range []string{full, empty} {
		if err := json.Unmarshal(pages[id].Value, &values[i]); err != nil {
			t.Fatalf("%v\n%s", err, pages[id].Value)
		}
	}
	var table strings.Builder
	for _, c := range columns {
		expected, known := want[c.Name]
		if !known {
			t.Errorf("column %s of %s %q is not expected", c.Name, c.Kind, c.Label)
		}
		delete(want, c.Name)
		for i := range values {
			got := values[i][c.Name]
			if _, isJSON := expected[i].(jsonText); isJSON {
				text, _ := got.(string)
				got = jsonText(text)
			}
			if diff := cmp.Diff(expected[i], got, sameJSON()); diff != "" {
				t.Errorf("column %s of page %d (-want +got):\n%s", c.Name, i, diff)
			}
		}
		first, _ := json.Marshal(values[0][c.Name])
		second, _ := json.Marshal(values[1][c.Name])
		fmt.Fprintf(&table, "%s\n    %s\n    %s\n", c, first, second)
	}
	if len(want) > 0 {
		t.Errorf("there are no columns %v", sortedKeys(want))
	}
	t.Logf("column, type, Notion's type and name, the values of a full and an empty page:\n%s", &table)
}

// everyJSON is the value of a property in a page.
func everyJSON(t *testing.T, w *notiontest.Workspace, page, property string) string {
	t.Helper()
	object, _ := w.Page(page)
	var shown struct {
		Properties map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(object, &shown); err != nil {
		t.Fatal(err)
	}
	return string(shown.Properties[property][property])
}

// everyPeople are the people of the page with every kind of property.
type everyPeople struct {
	ids, names []any
	creators   map[string]string // by page
}

func everyPerson(t *testing.T, w *notiontest.Workspace, pages ...string) (found everyPeople) {
	t.Helper()
	var people []struct {
		ID   string
		Name *string
	}
	if err := json.Unmarshal([]byte(everyJSON(t, w, pages[0], "people")), &people); err != nil {
		t.Fatal(err)
	}
	for _, one := range people {
		name := ""
		if one.Name != nil {
			name = *one.Name
		}
		found.ids, found.names = append(found.ids, one.ID), append(found.names, name)
	}
	found.creators = map[string]string{}
	for _, page := range pages {
		var user struct{ ID string }
		if err := json.Unmarshal([]byte(everyJSON(t, w, page, "created_by")), &user); err != nil {
			t.Fatal(err)
		}
		found.creators[page] = user.ID
	}
	return found
}

// rollupTexts are the texts of notiontest.RollupItems.
func rollupTexts() []any {
	return []any{
		"Acme", "a x", "8.50", "Red", "Done", "x", "y", "2026-09-15/2026-09-17", "2026-09-15T10:00:00.000+02:00",
		"11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222", "plan.pdf", "false", "https://company.example",
		"a@company.example", "+49 30 1", "4", "four", "true", "2026-09-15", "dd45a1b2-0000-4000-8000-000000000001",
		"2026-09-04T14:30:00.000Z", "2026-09-04T14:30:00.000Z", "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222",
		"PRJ-7", "8", `{"state":"unverified","date":null,"verified_by":null}`, `{"depth":3}`,
	}
}
