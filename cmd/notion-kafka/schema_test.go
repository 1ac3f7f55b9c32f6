package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"notion-kafka/avro"
	"notion-kafka/config"
	"notion-kafka/notion/notiontest"
)

// register gives a topic a schema with one more column, and returns its text.
func (tt *terminal) register(topic, column string) string {
	tt.t.Helper()
	text := strings.TrimSuffix(avro.PageSchema, "]}") + `,{"name":"` + column + `","type":["null","double"],"default":null}]}`
	if _, err := tt.app.Registry.Ensure(tt.t.Context(), avro.Subject(topic), text); err != nil {
		tt.t.Fatal(err)
	}
	return text
}

// The schema of a stream with typed columns is the newest of the registry, as Avro and as
// the statements of tables. Before its first records it is not known, and none is printed.
func TestSchemaOfTypedColumns(t *testing.T) {
	tt := serving(t)
	db := tt.addTasks(2)
	tt.write("sources: [{name: notion, token: \"${NOTION_TOKEN}\", properties: typed}]")
	for _, stream := range []string{"Engineering Tasks", "database_" + db.ID()} {
		for _, as := range []string{asAvro, asFlink, asKsqlDB} {
			if out, talk := tt.must(1, "schema", stream, "--as", as); out != "" || !strings.Contains(talk, "known with its first records") || !strings.Contains(talk, "notion-kafka once") {
				t.Errorf("schema %s --as %s before the first run:\n%s%s", stream, as, out, talk)
			}
		}
	}
	tt.must(0, "once")
	want := tt.register(tasksTopic, "size")
	for _, stream := range []string{"Engineering Tasks", "database_" + db.ID(), strings.ReplaceAll(db.ID(), "-", "")} {
		if out, _ := tt.must(0, "schema", stream); strings.TrimSpace(out) != want {
			t.Errorf("schema %s:\n%s\nwant\n%s", stream, out, want)
		}
	}
	flink, _ := tt.must(0, "schema", "Engineering Tasks", "--as", "flink")
	for _, part := range []string{"CREATE TABLE notion_notion_engineering_tasks (", "`size` DOUBLE", "'" + tt.app.brokers() + "'", "'" + tt.app.Registry.Address() + "'"} {
		if !strings.Contains(flink, part) {
			t.Errorf("the statement for Flink has no %s:\n%s", part, flink)
		}
	}
	if ksql, _ := tt.must(0, "schema", "Engineering Tasks", "--as", "ksqldb"); !strings.Contains(ksql, "`SIZE` DOUBLE") || !strings.Contains(ksql, "SET 'processing.guarantee'") || !strings.Contains(ksql, "\nCREATE SOURCE TABLE") {
		t.Errorf("the statement for ksqlDB is\n%s", ksql)
	}
}

// Without the right to register schemas, check says that those of typed columns show with the
// rows, and then which version there is.
func TestCheckOfTypedColumnsWithoutTheRightToRegister(t *testing.T) {
	tt := serving(t)
	db := tt.addTasks(2)
	tt.write("sources: [{name: notion, token: \"${NOTION_TOKEN}\", properties: typed, streams: [{match: \"title:Engineering*\"}]}]")
	flags := []string{"--set", "schema_registry.auto_register=false"}
	subject := "registry: subject " + avro.Subject(tasksTopic)
	tt.mustCheck(0, flags, "! "+subject+" has no schema yet")
	tt.must(0, "once")
	tt.mustCheck(0, flags, "✓ "+subject+", version 1")
	if got := tt.states(); len(got) != 1 || got["database_"+db.ID()].Form != "typed" {
		t.Errorf("state show says %+v", got)
	}
}

// A source that was made through the API says too whether its streams have typed columns,
// before its first run and after it.
func TestSchemaOfTypedColumnsOfASourceOfTheAPI(t *testing.T) {
	tt := serving(t)
	db := tt.addTasks(1)
	token := tt.workspace.Token()
	tt.withoutToken()
	d := tt.daemon("--set", "defaults.trigger.manual=true")
	d.must(201, "POST", "/api/v1/sources", `{"name": "crm", "token": "`+token+`", "properties": "typed"}`)
	d.stop()
	if _, talk := tt.must(1, "schema", "database_"+db.ID()); !strings.Contains(talk, "of source crm") || !strings.Contains(talk, "known with its first records") {
		t.Errorf("before the first run:\n%s", talk)
	}
	if out, _ := tt.must(0, "schema", "databases"); strings.TrimSpace(out) != avro.DatabaseSchema {
		t.Errorf("the schema of databases is\n%s", out)
	}
}

// Streams without typed columns are tables before they were read too, with the topic that
// they get. The list of databases has no columns, whatever its source says.
func TestSchemaAsATableOfWhatWasNeverPublished(t *testing.T) {
	tt := serving(t)
	tt.addTasks(0)
	tt.write("sources: [{name: notion, token: \"${NOTION_TOKEN}\", properties: typed, streams: [{match: databases}, {match: database_*, properties: json}]}]")
	for _, published := range []bool{false, true} {
		if published {
			tt.must(0, "once")
		}
		for stream, topic := range map[string]string{"Engineering Tasks": tasksTopic, "databases": "notion.notion.databases"} {
			for as, part := range map[string]string{"flink": "  'topic' = '" + topic + "',", "ksqldb": "KAFKA_TOPIC = '" + topic + "'"} {
				if out, _ := tt.must(0, "schema", stream, "--as", as); !strings.Contains(out, part) || strings.HasSuffix(out, "\n\n") {
					t.Errorf("schema %s --as %s (published: %t) has no %s:\n%s", stream, as, published, part, out)
				}
			}
		}
	}
}

// A title of several streams is answered where all have the same, and refused with their
// names where they differ.
func TestSchemaOfOneOfSeveral(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	for range 2 {
		tt.workspace.AddDatabase("Notes", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	}
	tt.write("sources:\n- {name: acme, token: \"${NOTION_TOKEN}\"}\n- {name: typed, token: \"${NOTION_TOKEN}\", properties: typed, streams: [{match: databases}, {match: \"title:Engineering*\"}]}")
	tt.must(0, "once")
	if out, _ := tt.must(0, "schema", "Notes"); strings.TrimSpace(out) != avro.PageSchema {
		t.Errorf("two json streams of one title have the schema\n%s", out)
	}
	if _, talk := tt.must(2, "schema", "Notes", "--as", "flink"); strings.Count(talk, "(Notes) of source acme") != 2 {
		t.Errorf("the tables of two databases of one title:\n%s", talk)
	}
	want := tt.register("notion.typed.engineering_tasks", "size")
	_, talk := tt.must(2, "schema", "Engineering Tasks")
	for _, part := range []string{"source acme, topic notion.acme.engineering_tasks", "source typed, topic notion.typed.engineering_tasks", "--source NAME"} {
		if !strings.Contains(talk, part) {
			t.Errorf("it does not name %s:\n%s", part, talk)
		}
	}
	if out, _ := tt.must(0, "schema", "Engineering Tasks", "--source", "typed"); strings.TrimSpace(out) != want {
		t.Errorf("that of source typed is\n%s", out)
	}
	if out, _ := tt.must(0, "schema", "Engineering Tasks", "--source", "acme"); strings.TrimSpace(out) != avro.PageSchema {
		t.Errorf("that of source acme is\n%s", out)
	}
	for _, line := range [][]string{{"Engineering Tasks", "--source", "acne"}, {"Engineering Tasks", "--as", "parquet"}, {"Nobody", "--as", "flink"}, {"database_x", "--as", "flink"}} {
		if _, talk := tt.must(2, append([]string{"schema"}, line...)...); !strings.Contains(talk, `"`) {
			t.Errorf("schema %s:\n%s", line, talk)
		}
	}
}

// discover says which streams have typed columns, or would get them: a topic keeps its form,
// another one follows the configuration.
func TestDiscoverMarksTypedColumns(t *testing.T) {
	tt := serving(t)
	source := "sources: [{name: notion, token: \"${NOTION_TOKEN}\", streams: [{match: databases}, {match: database_" + tt.addTasks(1).ID() + "%s}, {match: database_*}]%s}]"
	tt.workspace.AddDatabase("Notes", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}).AddPage("One", notiontest.Values{})
	const typed = ", properties: typed"
	forms := func(code int, what, tasks, notes string) {
		t.Helper()
		out, talk := tt.must(code, "discover")
		for _, line := range []string{`notion\.databases +full_table +json`, tasksTopic + `\S* +incremental +` + tasks, `notion\.notes +incremental +` + notes} {
			if !regexp.MustCompile(line + ` `).MatchString(out) {
				t.Errorf("%s: discover has no line like %s:\n%s%s", what, line, out, talk)
			}
		}
	}
	tt.write(fmt.Sprintf(source, typed, ""))
	forms(0, "before a run", "typed", "json")
	tt.must(0, "once")
	forms(0, "after a run", "typed", "json")
	tt.write(fmt.Sprintf(source, "", typed))
	forms(1, "the configuration says typed", "typed", "json")
	tt.write(fmt.Sprintf(source, ", properties: json, topic: "+tasksTopic+"_2", typed))
	forms(1, "in another topic", "json", "json")
}

// Typed columns are of pages: the stream databases has none.
func TestTypedColumnsAreOfPages(t *testing.T) {
	src, err := config.ParseSource([]byte(`{"name": "acme", "token": "t", "properties": "typed", "streams": [
		{"match": "databases", "properties": "typed"}, {"match": "title:Raw", "properties": "json"}, {"match": "title:Off", "enabled": false}, {"match": "database_*"}
	]}`), &config.Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		stream, title string
		typed         bool
	}{{"databases", "", false}, {"database_1", "Raw", false}, {"database_1", "Off", false}, {"database_1", "Tasks", true}} {
		settings, _ := selection(src, nil)(test.stream, "1", test.title)
		if got := typedBy(src, test.stream, "1", test.title); got != test.typed || settings.Typed != test.typed {
			t.Errorf("%s %s is typed: %t, and so the producer is told: %t", test.stream, test.title, got, settings.Typed)
		}
	}
}

// Whoever registers schemas themselves finds that of typed columns in the log.
func TestASchemaOfColumnsThatIsNotRegisteredIsLogged(t *testing.T) {
	tt := serving(t)
	tt.addTasks(2)
	tt.write("sources: [{name: notion, token: \"${NOTION_TOKEN}\", properties: typed}]")
	_, talk := tt.must(1, "once", "--set", "schema_registry.auto_register=false")
	if !strings.Contains(talk, "the registry lacks this schema") || !strings.Contains(talk, `notion.id`) || !strings.Contains(talk, avro.Subject(tasksTopic)) {
		t.Errorf("once wrote\n%s", talk)
	}
}
