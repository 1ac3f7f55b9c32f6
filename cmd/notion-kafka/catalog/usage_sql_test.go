package catalog

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"notion-kafka/avro"
	"notion-kafka/producer/control"
)

// hostileNames are names that Notion lets people give to a property.
var hostileNames = []string{
	`it's`, `say "hi"`, "back`tick", `$HOME ${x} $.a`, "two\nlines", "a;b", "-- no", "/* no */ no", `back\slash`, `[0].x`, `{}`, `日本語 🚀`, `'); DROP TABLE x; --`, "\t", ``,
}

// sqlToken is a token of SQL: a literal, a quoted name, a comment, or one other character.
var sqlToken = regexp.MustCompile("(?s)'(?:[^']|'')*'|`(?:[^`]|``)*`|--[^\n]*|/\\*.*?\\*/|.")

// A property's name is within one literal, whatever is in it: the rest of the statements is
// that of another name.
func TestHostileNamesInSQL(t *testing.T) {
	parts := func(dialect, name string) (rest string, literals []string) {
		text := usages(t, anAccess, control.Property{Name: name, Type: "status"}, control.Property{Name: name, Type: "relation", RelatedTopic: "notion.acme.customers"})[dialect].Text
		for _, token := range sqlToken.FindAllString(text, -1) {
			if token[0] == '\'' && strings.Contains(token, "$") {
				literals, token = append(literals, strings.ReplaceAll(token[1:len(token)-1], "''", "'")), "PATH"
			}
			rest += token
		}
		return rest, literals
	}
	alias := regexp.MustCompile(`AS \S+\nFROM`)
	for dialect, steps := range map[string]func(t *testing.T, path string) string{"flink": flinkProperty, "ksqldb": ksqlProperty} {
		want, _ := parts(dialect, "a name")
		for _, name := range hostileNames {
			rest, literals := parts(dialect, name)
			if alias.ReplaceAllString(rest, "") != alias.ReplaceAllString(want, "") {
				t.Errorf("%s: the name %q leaves its literal:\n%s", dialect, name, rest)
			}
			if len(literals) != 2 {
				t.Fatalf("%s: %q: %q", dialect, name, literals)
			}
			for _, path := range literals {
				if got := steps(t, path); got != name {
					t.Errorf("%s: the path %s leads to %q, want %q", dialect, path, got, name)
				}
			}
		}
	}
}

// flinkProperty returns the first step of a path as Flink's JsonPath reads it: in quotes a
// backslash escapes, as in JSON.
func flinkProperty(t *testing.T, path string) string {
	t.Helper()
	quoted, _, ok := strings.Cut(strings.TrimPrefix(path, "$['"), "'].")
	if !ok || !strings.HasPrefix(path, "$['") {
		t.Fatalf("no step in quotes: %s", path)
	}
	var name string
	if err := json.Unmarshal([]byte(`"`+strings.NewReplacer(`\\`, `\\`, `\'`, `'`, `"`, `\"`).Replace(quoted)+`"`), &name); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return name
}

// ksqlProperty returns the first step of a path as ksqlDB reads it: in quotes only a quote
// and a backslash are escaped.
func ksqlProperty(t *testing.T, path string) string {
	t.Helper()
	rest, ok := strings.CutPrefix(path, `$["`)
	if !ok {
		t.Fatalf("no step in quotes: %s", path)
	}
	var name strings.Builder
	for i := 0; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && (rest[i+1] == '"' || rest[i+1] == '\\'):
			i++
			name.WriteByte(rest[i])
		case rest[i] == '\\':
			t.Fatalf("ksqlDB refuses the escape in %s", path)
		case rest[i] == '"':
			return name.String()
		default:
			name.WriteByte(rest[i])
		}
	}
	t.Fatalf("no end of the quotes in %s", path)
	return ""
}

// typed is the schema of a topic with typed columns, one of each type.
const typed = `{"type":"record","name":"X","fields":[{"name":"id","type":"string"},
	{"name":"date","type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null},{"name":"size","type":["null","double"],"default":null},
	{"name":"tags","type":["null",{"type":"array","items":"string"}],"default":null},{"name":"done","type":["null","boolean"],"default":null},
	{"name":"count","type":["null","long"]},{"name":"odd","type":["null","string","long"]},{"name":"nested","type":{"type":"record","name":"N","fields":[]}}]}`

// A table has a column for every field of its schema that a table can have, of the type in
// which Flink and ksqlDB read it, in quotes where its name is a word of the language.
func TestTablesOfASchema(t *testing.T) {
	flink, err := anAccess.FlinkTable("notion.acme.2-x", json.RawMessage(typed))
	if err != nil {
		t.Fatal(err)
	}
	want := "CREATE TABLE notion_acme_2_x (\n  `id` STRING,\n  `date` TIMESTAMP(3),\n  `size` DOUBLE,\n  `tags` ARRAY<STRING>,\n  `done` BOOLEAN,\n  `count` BIGINT,\n  PRIMARY KEY (`id`) NOT ENFORCED\n) WITH ("
	if !strings.HasPrefix(flink, want) {
		t.Errorf("Flink: got\n%s\nwant\n%s", flink, want)
	}
	ksql, err := KsqlDBTable("2.x", json.RawMessage(typed))
	if err != nil {
		t.Fatal(err)
	}
	want = ksqlSettings + "CREATE SOURCE TABLE _2_x (\n  id VARCHAR PRIMARY KEY,\n  date TIMESTAMP,\n  `SIZE` DOUBLE,\n  tags ARRAY<VARCHAR>,\n  done BOOLEAN,\n  count BIGINT\n) WITH ("
	if !strings.HasPrefix(ksql, want) {
		t.Errorf("ksqlDB: got\n%s\nwant\n%s", ksql, want)
	}
	for _, schema := range []string{`"string"`, `[`, `{}`} {
		if text, err := anAccess.FlinkTable("t", json.RawMessage(schema)); err == nil {
			t.Errorf("a table of %s: %s", schema, text)
		}
		if text, err := KsqlDBTable("t", json.RawMessage(schema)); err == nil {
			t.Errorf("a table of %s: %s", schema, text)
		}
	}
}

// No ksqlDB can be had here: its statements are checked by its rules. The key is plain text and
// the primary key, the value is Avro, and no name is a word of its grammar, has the name
// of a column of its own, or differs from another in case only.
func TestKsqlDBStatementsByRule(t *testing.T) {
	for _, schema := range []string{avro.PageSchema, avro.DatabaseSchema} {
		text, err := KsqlDBTable("notion.acme.projects", json.RawMessage(schema))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"CREATE SOURCE TABLE notion_acme_projects (", "  id VARCHAR PRIMARY KEY,", "KAFKA_TOPIC = 'notion.acme.projects'", "KEY_FORMAT = 'KAFKA'", "VALUE_FORMAT = 'AVRO'"} {
			if !strings.Contains(text, want) {
				t.Errorf("there is no %q:\n%s", want, text)
			}
		}
		var seen []string
		for _, column := range regexp.MustCompile(`(?m)^  (\S+) (VARCHAR|BOOLEAN|BIGINT|DOUBLE|TIMESTAMP|ARRAY<VARCHAR>)( PRIMARY KEY)?,?$`).FindAllStringSubmatch(text, -1) {
			name := strings.ToUpper(column[1])
			if slices.Contains(ksqlReserved, name) || slices.Contains([]string{"ROWTIME", "ROWPARTITION", "ROWOFFSET"}, name) {
				t.Errorf("%s is a word of ksqlDB", name)
			}
			if name = strings.Trim(name, "`"); slices.Contains(seen, name) {
				t.Errorf("%s is there twice", name)
			}
			seen = append(seen, name)
		}
		if known, err := columns(json.RawMessage(schema)); err != nil || len(seen) != len(known) {
			t.Errorf("%d columns, want %d", len(seen), len(known))
		}
		if !slices.Contains(seen, "PROPERTIES") || !strings.Contains(text, "`PROPERTIES`") {
			t.Error("properties is a word of ksqlDB, and has to be in quotes")
		}
	}
}

// A relation to a topic of the catalog becomes a join; one that leads elsewhere does not.
func TestJoins(t *testing.T) {
	for _, test := range []struct {
		property control.Property
		tables   int
		joins    int
	}{
		{control.Property{Name: "Customer", Type: "relation", RelatedTopic: "notion.acme.customers"}, 2, 1},
		{control.Property{Name: "Parent", Type: "relation", RelatedTopic: "notion.acme.projects"}, 1, 1},
		{control.Property{Name: "Elsewhere", Type: "relation"}, 1, 0},
		{control.Property{Name: "Twin", Type: "relation", RelatedTopic: "notion_acme.projects"}, 1, 0}, // its table would have the same name
	} {
		for _, dialect := range []string{"flink", "ksqldb"} {
			text := usages(t, anAccess, test.property)[dialect].Text
			if tables, joins := strings.Count(text, "CREATE "), strings.Count(text, "\nJOIN "); tables != test.tables || joins != test.joins {
				t.Errorf("%s, %s: %d tables and %d joins, want %d and %d:\n%s", dialect, test.property.Name, tables, joins, test.tables, test.joins, text)
			}
		}
	}
}
