package catalog

import (
	"encoding/json"
	"fmt"
	"go/format"
	"regexp"
	"slices"
	"strings"
	"testing"

	"notion-kafka/avro"
	"notion-kafka/notion"
	pinned "notion-kafka/notion/columns"
	"notion-kafka/producer/control"
)

// propertyKinds are all types of properties that Notion has.
var propertyKinds = []string{
	"title", "rich_text", "url", "email", "phone_number", "select", "status", "unique_id", "number", "checkbox", "date", "created_time",
	"last_edited_time", "created_by", "last_edited_by", "people", "relation", "multi_select", "files", "formula", "rollup", "button",
	"verification", "place", "some_new_type",
}

// typedSchema is the schema of the topic of a database with these properties, as the
// producer makes it.
func typedSchema(t *testing.T, topic string, properties ...control.Property) (json.RawMessage, []pinned.Column) {
	t.Helper()
	var given []notion.Property
	object := map[string]any{}
	for _, p := range properties {
		given = append(given, notion.Property{ID: p.ID, Name: p.Name, Kind: p.Type})
		switch p.Type {
		case "formula":
			object[p.Name] = map[string]any{"id": p.ID, "type": p.Type, p.Type: map[string]any{"type": "number", "number": 1}}
		case "rollup":
			object[p.Name] = map[string]any{"id": p.ID, "type": p.Type, p.Type: map[string]any{"type": "array", "array": []any{}}}
		}
	}
	set := pinned.NewSet(nil)
	set.Follow(given, true)
	row, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	set.Row(nil, row)
	return json.RawMessage(avro.RowSchema(topic, set.Columns())), set.Columns()
}

// everyProperty are properties of every type, and with every name that is hard for SQL.
func everyProperty() (all []control.Property) {
	names := slices.Concat(propertyKinds, hostileNames, strings.Fields(strings.ToLower(strings.Join(ksqlReserved, " "))),
		[]string{"ID", "Id", "id", "Title", "RowTime", "ROWPARTITION", "rowoffset", "WindowStart", "windowend", "Due", "due", "DUE", "Due end", "2nd", "Größe", "group by", "Order"})
	for i, name := range names {
		all = append(all, control.Property{ID: fmt.Sprintf("%%3A%03d", i), Name: name, Type: propertyKinds[i%len(propertyKinds)]})
	}
	return all
}

// A table of a topic with typed columns has each of them, by the rules of ksqlDB: no name is a
// word of its grammar without quotes or one of its own columns, none is there twice whatever its
// case, and arrays and timestamps have their types. Notion's names get into no statement.
func TestTablesOfTypedColumnsByRule(t *testing.T) {
	schema, list := typedSchema(t, "notion.acme.all", everyProperty()...)
	ksql, err := KsqlDBTable("notion.acme.all", schema)
	if err != nil {
		t.Fatal(err)
	}
	flink, err := anAccess.FlinkTable("notion.acme.all", schema)
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile("^  (?:([a-z_][a-z0-9_]*)|`([A-Z_][A-Z0-9_]*)`) (VARCHAR|BOOLEAN|BIGINT|DOUBLE|TIMESTAMP|ARRAY<VARCHAR>)( PRIMARY KEY)?,?$")
	body, _, _ := strings.Cut(strings.TrimPrefix(ksql, ksqlSettings), "\n) WITH (")
	types, quoted := map[string]string{}, 0
	for _, text := range strings.Split(body, "\n")[1:] {
		found := line.FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("the line %q is no column", text)
		}
		name := strings.ToUpper(found[1] + found[2])
		reserved := slices.Contains(ksqlReserved, name)
		if reserved != (found[2] != "") {
			t.Errorf("%s: in quotes: %t, a reserved word: %t", text, found[2] != "", reserved)
		}
		if found[2] != "" {
			quoted++
		}
		if slices.Contains([]string{"ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND"}, name) || types[name] != "" {
			t.Errorf("%s is a column of ksqlDB's own, or there twice", name)
		}
		types[name] = found[3]
	}
	if quoted < 50 {
		t.Errorf("only %d names are in quotes", quoted)
	}
	envelope, err := columns(json.RawMessage(avro.PageSchema))
	if err != nil || len(types) != len(list)+len(envelope) {
		t.Errorf("%d columns, want %d and %d (%v)", len(types), len(envelope), len(list), err)
	}
	for _, c := range list {
		want := map[notion.FlatType][2]string{
			notion.FlatText: {"VARCHAR", "STRING"}, notion.FlatNumber: {"DOUBLE", "DOUBLE"}, notion.FlatTruth: {"BOOLEAN", "BOOLEAN"},
			notion.FlatMoment: {"TIMESTAMP", "TIMESTAMP(3)"}, notion.FlatList: {"ARRAY<VARCHAR>", "ARRAY<STRING>"},
		}[c.Type]
		if got := types[strings.ToUpper(c.Name)]; got != want[0] {
			t.Errorf("ksqlDB: %s is %s, want %s", c.Name, got, want[0])
		}
		if !strings.Contains(flink, "\n  `"+c.Name+"` "+want[1]+",\n") {
			t.Errorf("Flink: there is no %s %s", c.Name, want[1])
		}
	}
	for _, name := range hostileNames {
		if name = strings.TrimSpace(name); name != "" && name != "{}" && strings.Contains(ksql+flink, name) {
			t.Errorf("the name %q is in the statements", name)
		}
	}
}

// Queries and programs read the columns of a topic that has them: a relation by its list of
// ids, the first simple properties by their columns, and one thing that no column has.
func TestUsageOfTypedColumns(t *testing.T) {
	properties := []control.Property{
		{ID: "title", Name: "Project", Type: "title"}, {ID: "a", Name: "Tags", Type: "multi_select"}, {ID: "%3Ad", Name: "Due", Type: "date"},
		{ID: "s", Name: `Status's "x"`, Type: "status"}, {ID: "r", Name: "Customer", Type: "relation", RelatedTopic: "notion.acme.customers"},
		{ID: "g", Name: "Group", Type: "select"}, {ID: "n", Name: "Hours", Type: "number"},
	}
	schema, _ := typedSchema(t, "notion.acme.projects", properties...)
	for name, given := range map[string][]control.Property{"known": properties, "not known": nil} {
		snippets, err := anAccess.Snippets(control.TableDetail{
			Table: control.Table{Topic: "notion.acme.projects", Schema: json.RawMessage(avro.PageSchema)}, Properties: given, Versions: []control.SchemaVersion{{Version: 1, Schema: schema}},
		})
		if err != nil {
			t.Fatal(err)
		}
		text := map[string]string{}
		for _, s := range snippets {
			text[s.Name] = s.Text + strings.Join(s.Notes, "\n")
		}
		for dialect, wants := range map[string][]string{
			"flink": {
				"SELECT `id`, `title`, `last_edited_time`, `due`, `status_s_x`, `group`,\n  JSON_VALUE(`properties`, '$[''Status\\''s \"x\"''].status.color') AS `status_s_x_color`\nFROM",
				"`due_end` TIMESTAMP(3),", "`customer` ARRAY<STRING>,", "A column keeps its name",
			},
			"ksqldb": {"SELECT id, title, last_edited_time, due, status_s_x, `GROUP`,\n  EXTRACTJSONFIELD(`PROPERTIES`, ", "customer ARRAY<VARCHAR>,"},
			"go":     {"\tColumn *string `avro:\"status_s_x\"`", "text(found.Title), text(found.Column))", "the column status_s_x"},
			"python": {`page["title"], page["status_s_x"], sep`, "the column status_s_x"},
		} {
			for _, want := range wants {
				if !strings.Contains(text[dialect], want) {
					t.Errorf("properties %s: %s has no %s:\n%s", name, dialect, want, text[dialect])
				}
			}
		}
		for dialect, join := range map[string]string{
			"flink":  "CROSS JOIN UNNEST(p.`customer`) AS link (`id`)\nJOIN notion_acme_customers ",
			"ksqldb": "JOIN notion_acme_customers r ON p.customer[1] = r.id",
		} {
			if strings.Contains(text[dialect], join) != (given != nil) { // a schema does not say where a relation leads
				t.Errorf("properties %s: %s has the join: %t\n%s", name, dialect, given == nil, text[dialect])
			}
		}
		program := snippets[4].Text
		if formatted, err := format.Source([]byte(program)); err != nil || string(formatted) != program {
			t.Errorf("the Go program is not as gofmt has it: %v\n%s", err, program)
		}
	}
}

// A property that was retyped is read by the column of its present type, and one without a
// column out of the JSON text.
func TestUsageOfRetypedProperties(t *testing.T) {
	before := []control.Property{{ID: "e", Name: "Estimate", Type: "number"}, {ID: "p", Name: "Owner", Type: "people"}}
	now := []control.Property{{ID: "e", Name: "Estimate", Type: "select"}, {ID: "p", Name: "Owner", Type: "people"}, {ID: "new", Name: "New", Type: "relation", RelatedTopic: "notion.acme.customers"}}
	schema, _ := typedSchema(t, "notion.acme.projects", slices.Concat(before, now[:1])...)
	u := usage{topic: "notion.acme.projects", properties: now}
	u.columns, _ = columns(schema)
	if c, _ := u.columnOf(now[0]); c.name != "estimate_select" {
		t.Errorf("the retyped property is read by %q", c.name)
	}
	if c, _ := u.columnOf(now[1]); c.name != "owner" {
		t.Errorf("people are read by %q", c.name)
	}
	if text := u.flink().Text; !strings.Contains(text, "UNNEST(JSON_QUERY(p.`properties`, '$.New.relation[*].id'") {
		t.Errorf("a relation without a column is not read out of the JSON text:\n%s", text)
	}
}

// A topic with typed columns shows its own schema, reads its relations from columns, and says
// in the list of topics and to other tools that it has columns.
func TestTableWithTypedColumns(t *testing.T) {
	w := onMachine(t)
	tasks := control.Stream{Stream: "database_" + tasksID, Topic: "notion.acme.tasks", Form: "typed"}
	w.source(control.Source{Name: "acme"}, control.Stream{Stream: "databases", Topic: "notion.acme.databases"}, tasks, control.Stream{Stream: "database_" + peopleID, Topic: "notion.acme.people", Form: "json"})
	w.topic("notion.acme.databases", w.database(tasksID, tasksSchema))
	schema, _ := typedSchema(t, "notion.acme.tasks", control.Property{ID: "title", Name: "Name", Type: "title"}, control.Property{ID: "ab<", Name: "Old name", Type: "relation"})
	for _, registered := range []bool{false, true} {
		want := avro.PageSchema
		if registered {
			want = string(schema)
			if _, err := w.registry.Ensure(t.Context(), "notion.acme.tasks-value", want); err != nil {
				t.Fatal(err)
			}
		}
		table, err := w.Table(t.Context(), "notion.acme.tasks")
		if err != nil {
			t.Fatal(err)
		}
		if !table.Typed || string(table.Schema) != want {
			t.Errorf("registered: %t: typed is %t, and the schema\n%s", registered, table.Typed, table.Schema)
		}
		snippets, err := w.Usage(table)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(snippets[2].Text, "UNNEST(p.`old_name`)"); got != registered {
			t.Errorf("registered: %t: the relation is read from its column: %t\n%s", registered, got, snippets[2].Text)
		}
	}
	tables, err := w.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	document, err := w.AsyncAPI(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		says := strings.Contains(string(document), "subject "+table.Subject+" has their schema")
		if want := table.Topic == "notion.acme.tasks"; table.Typed != want || says != want {
			t.Errorf("%s: typed is %t, AsyncAPI says so: %t", table.Topic, table.Typed, says)
		}
	}
}
