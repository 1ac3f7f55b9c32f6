//go:build real

package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/state"
)

// newTypedStage is newStage with typed columns in all streams of pages.
func newTypedStage(t *testing.T, options notiontest.Options) *stage {
	t.Helper()
	s := emptyStage(t, sharedParts(t), longestTest)
	s.simulate(options, ", properties: typed", func(workspace http.Handler) http.Handler { return workspace })
	return s
}

// A column is a field of a value schema that is made for a Notion property.
type column struct {
	Name  string          `json:"name"`
	Type  json.RawMessage `json:"type"`
	ID    string          `json:"notion.id"`
	Kind  string          `json:"notion.type"`
	Label string          `json:"notion.name"`
}

// columnsOf returns the columns of a value schema, which come behind the fields of a page.
func columnsOf(t *testing.T, schema string) (columns []column) {
	t.Helper()
	var record struct{ Fields []column }
	if err := json.Unmarshal([]byte(schema), &record); err != nil {
		t.Fatalf("%v\n%s", err, schema)
	}
	for _, field := range record.Fields {
		if field.ID != "" {
			columns = append(columns, field)
		} else if columns != nil {
			t.Errorf("field %s is no column, and comes behind columns", field.Name)
		}
	}
	return columns
}

// String is the column as a line of a table, without its null.
func (c column) String() string {
	return fmt.Sprintf("%-26s %-28s %s %q", c.Name, c.simpleType(), c.Kind, c.Label)
}

// simpleType is the column's type without its null, and without quotes.
func (c column) simpleType() string {
	inner := strings.TrimSuffix(strings.TrimPrefix(string(c.Type), `["null",`), "]")
	return strings.ReplaceAll(inner, `"`, "")
}

func namesOf(columns []column) (names []string) {
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return names
}

// pinnedIn returns a stream's columns in records of the state topic.
func pinnedIn(t *testing.T, records []*kgo.Record, stream string) (columns []state.Column) {
	t.Helper()
	for _, r := range records {
		if string(r.Key) == state.ColumnsKey("acme", stream) {
			columns = strictly[state.Columns](t, r.Value).Columns
		}
	}
	return columns
}

func names(columns []state.Column) (names []string) {
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return names
}

// avroTypes are the types of columns in the schema, by those in the state.
var avroTypes = map[string]string{
	"string": "string", "double": "double", "boolean": "boolean",
	"timestamp": "{type:long,logicalType:timestamp-millis}", "strings": "{type:array,items:string}",
}

// wantPinned checks that the state and the newest schema of a topic have the same columns.
func (s *stage) wantPinned(stream, topic string) []column {
	s.t.Helper()
	newest := columnsOf(s.t, s.newestSchema(topic+"-value"))
	shown, want := []string{}, []string{}
	for _, c := range newest {
		shown = append(shown, fmt.Sprintf("%s %s of %s %s", c.Name, c.simpleType(), c.Kind, c.ID))
	}
	for _, c := range pinnedIn(s.t, s.history(s.name+".state"), stream) {
		want = append(want, fmt.Sprintf("%s %s of %s %s", c.Name, avroTypes[c.Type], c.Kind, c.ID))
	}
	if diff := cmp.Diff(want, shown); diff != "" || len(newest) == 0 {
		s.t.Errorf("the state and the newest schema of %s have other columns (-state +schema):\n%s", topic, diff)
	}
	return newest
}

// demand sets the rule of a subject, as the owner of the registry would.
func (s *stage) demand(subject, level string) {
	s.t.Helper()
	s.ask(http.MethodPut, "/config/"+subject, []byte(`{"compatibility":"`+level+`"}`))
}

// versions returns the columns of every version of a subject.
func (s *stage) versions(subject string) (versions [][]column) {
	s.t.Helper()
	var numbers []int
	if err := json.Unmarshal(s.ask(http.MethodGet, "/subjects/"+subject+"/versions", nil), &numbers); err != nil {
		s.t.Fatal(err)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		var version struct {
			Schema string `json:"schema"`
		}
		if err := json.Unmarshal(s.ask(http.MethodGet, fmt.Sprintf("/subjects/%s/versions/%d", subject, n), nil), &version); err != nil {
			s.t.Fatal(err)
		}
		versions = append(versions, columnsOf(s.t, version.Schema))
	}
	return versions
}

// cells returns some fields of a record, as JSON text without quotes.
func (r record) cells(t *testing.T, names ...string) (cells []string) {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(r.Value, &fields); err != nil {
		t.Fatalf("%v\n%s", err, r.Value)
	}
	for _, name := range names {
		cell, known := fields[name]
		if !known {
			cell = json.RawMessage("no such field")
		}
		cells = append(cells, strings.Trim(string(cell), `"`))
	}
	return cells
}
