package avro

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion"
	"notion-kafka/notion/columns"
)

// everyColumn has a column of every type that values have, and of every part.
func everyColumn() []columns.Column {
	return []columns.Column{
		{Name: "notes", Type: notion.FlatText, ID: "a%3Ab", Kind: "rich_text", Label: "Notes"},
		{Name: "price", Type: notion.FlatNumber, ID: "p", Kind: "number", Label: "Price"},
		{Name: "done", Type: notion.FlatTruth, ID: "d", Kind: "checkbox", Label: "Done"},
		{Name: "due", Type: notion.FlatMoment, ID: "u", Kind: "date", Label: "Due"},
		{Name: "due_end", Type: notion.FlatMoment, Part: columns.End, ID: "u", Kind: "date", Label: "Due"},
		{Name: "due_time_zone", Type: notion.FlatText, Part: columns.TimeZone, ID: "u", Kind: "date", Label: "Due"},
		{Name: "who", Type: notion.FlatList, ID: "w", Kind: "people", Label: "Who"},
		{Name: "who_names", Type: notion.FlatList, Part: columns.Names, ID: "w", Kind: "people", Label: "Who"},
		{Name: "sum", Type: notion.FlatNumber, ID: "s", Kind: "formula", Result: "number", Label: "Sum"},
	}
}

// The contract's table: names, types and attributes. Changing a line here breaks
// consumers.
func TestRowSchemaKeepsTheContract(t *testing.T) {
	_, fields, _ := strings.Cut(PageSchema, `"fields":[`)
	envelope := strings.TrimSuffix(fields, "]}")
	want := `{"type":"record","name":"Page","namespace":"notion.acme.tasks",` +
		`"doc":"A page of a Notion database, as its last read saw it, with a column for each property.","fields":[` + envelope +
		`,{"name":"notes","type":["null","string"],"default":null,"doc":"Plain text; its formatting is in properties.","notion.id":"a%3Ab","notion.type":"rich_text","notion.name":"Notes"}` +
		`,{"name":"price","type":["null","double"],"default":null,"doc":"A number. Digits that a double cannot hold are in properties.","notion.id":"p","notion.type":"number","notion.name":"Price"}` +
		`,{"name":"done","type":["null","boolean"],"default":null,"doc":"Whether the box is checked.","notion.id":"d","notion.type":"checkbox","notion.name":"Done"}` +
		`,{"name":"due","type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null,"doc":"When the date begins, UTC. A day without a time is its midnight.","notion.id":"u","notion.type":"date","notion.name":"Due"}` +
		`,{"name":"due_end","type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null,"doc":"When the date ends, UTC; null where it has no end. A day without a time is its midnight.","notion.id":"u","notion.type":"date","notion.name":"Due"}` +
		`,{"name":"due_time_zone","type":["null","string"],"default":null,"doc":"The date's time zone or offset as Notion says it; null for a day without a time.","notion.id":"u","notion.type":"date","notion.name":"Due"}` +
		`,{"name":"who","type":["null",{"type":"array","items":"string"}],"default":null,"doc":"Ids of the people, in Notion's order.","notion.id":"w","notion.type":"people","notion.name":"Who"}` +
		`,{"name":"who_names","type":["null",{"type":"array","items":"string"}],"default":null,"doc":"Names of the people, one for each id; empty where Notion shows none.","notion.id":"w","notion.type":"people","notion.name":"Who"}` +
		`,{"name":"sum","type":["null","double"],"default":null,"doc":"The formula's result: a number.","notion.id":"s","notion.type":"formula","notion.name":"Sum"}` +
		`]}`
	got := RowSchema("notion.acme.tasks", everyColumn())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
	if _, err := parse(got); err != nil {
		t.Error(err)
	}
}

// A topic without columns yet has the fields of every page.
func TestRowSchemaWithoutColumns(t *testing.T) {
	got := RowSchema("t", nil)
	_, fields, _ := strings.Cut(PageSchema, `"fields":`)
	if !strings.HasSuffix(got, fields) {
		t.Errorf("the schema does not end with the fields of a page: %s", got)
	}
	if _, err := parse(got); err != nil {
		t.Error(err)
	}
}

// A registry gives a new version to every new text, so a text is only new where a reader
// can tell.
func TestRowSchemaIsTheSameForTheSameColumns(t *testing.T) {
	want := RowSchema("t", everyColumn())
	gone := everyColumn()
	for i := range gone {
		gone[i].Gone = true
	}
	if got := RowSchema("t", gone); got != want {
		t.Errorf("columns that are gone have another schema (-want +got):\n%s", cmp.Diff(want, got))
	}
}

// People name properties as they like, and the schema stays JSON that says their names.
func TestRowSchemaTakesAnyText(t *testing.T) {
	for given, want := range map[string]string{
		`"quoted" \ slash /`: "", "line\nend\x00\x1f\x7f\t": "", "🚀 Größe 中文": "", "<a href='#'>&amp;\u2028": "",
		"": "", "null": "", strings.Repeat("long ", 2000): "",
		"broken \xff\xc3(": "broken \uFFFD(", "\xed\xa0\x80": "\uFFFD",
	} {
		if want == "" {
			want = given
		}
		text := RowSchema("t", []columns.Column{{Name: "c", Type: notion.FlatText, ID: given, Kind: given, Label: given}})
		if _, err := parse(text); err != nil {
			t.Errorf("with %.40q: %v", given, err)
		}
		var schema struct {
			Fields []map[string]any `json:"fields"`
		}
		if err := json.Unmarshal([]byte(text), &schema); err != nil {
			t.Fatalf("with %.40q: %v", given, err)
		}
		field := schema.Fields[len(schema.Fields)-1]
		for _, name := range []string{"notion.id", "notion.type", "notion.name"} {
			if field[name] != want {
				t.Errorf("%s of %.40q is %.40q", name, given, field[name])
			}
		}
	}
}

// Kafka allows names of topics that Avro does not.
func TestRowSchemaIsNamedAfterItsTopic(t *testing.T) {
	for topic, want := range map[string]string{
		"notion.acme.tasks":  "notion.acme.tasks",
		"Tasks_2":            "Tasks_2",
		"a-b.c":              "a_b.c",
		"a_b.c":              "a_b.c", // two topics, two subjects, one name
		"2026-plans.1.x":     "_2026_plans._1.x",
		"-":                  "_",
		"a..b":               "a._.b",
		".a.":                "_.a._",
		"bücher":             "b_cher",
		"database_0-1.2-3_4": "database_0_1._2_3_4",
	} {
		schema, err := parse(RowSchema(topic, nil))
		if err != nil {
			t.Errorf("topic %s: %v", topic, err)
			continue
		}
		if got := schemaName(schema); got != want+".Page" {
			t.Errorf("topic %s has the record %s, want %s.Page", topic, got, want)
		}
	}
}

// Every type of property that Notion has says what its column holds; a type that is not
// known yet has the JSON text of its values.
func TestEveryColumnSaysWhatItHolds(t *testing.T) {
	for kind, want := range map[string]string{
		"title": "title", "rich_text": "Plain text", "url": "web", "email": "e-mail", "phone_number": "phone", "select": "option",
		"status": "status", "unique_id": "PRJ-12", "number": "number", "checkbox": "checked", "date": "UTC", "created_time": "created",
		"last_edited_time": "edited", "created_by": "created", "last_edited_by": "edited", "people": "people", "relation": "keys of these pages",
		"multi_select": "options", "files": "files", "formula": "formula", "rollup": "rollup",
		"verification": "JSON", "place": "JSON", "invented_later": "JSON",
	} {
		kindType, _ := notion.FlatTypeOf(kind)
		if got := columnDoc(&columns.Column{Kind: kind, Type: kindType}); !strings.Contains(got, want) || !strings.HasSuffix(got, ".") {
			t.Errorf("%s: %s", kind, got)
		}
	}
	for kind, want := range map[notion.FlatType]string{
		notion.FlatText: "text", notion.FlatNumber: "number", notion.FlatTruth: "true or false", notion.FlatMoment: "UTC", notion.FlatList: "list",
	} {
		for _, computed := range []string{"formula", "rollup"} {
			if got := columnDoc(&columns.Column{Kind: computed, Type: kind}); !strings.Contains(got, computed) || !strings.Contains(got, want) {
				t.Errorf("%s with a result %s: %s", computed, kind, got)
			}
		}
	}
}
