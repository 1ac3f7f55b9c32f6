package catalog

import (
	"encoding/json"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"notion-kafka/avro"
	"notion-kafka/producer/control"
)

// anAccess is how the brokers and the registry of these tests are reached.
var anAccess = Access{Brokers: []string{"kafka-1:9092", "kafka-2:9092"}, Registry: "http://registry:8081"}

// usages returns the snippets of a topic of pages with these properties, by name.
func usages(t *testing.T, a Access, properties ...control.Property) map[string]control.Snippet {
	t.Helper()
	snippets, err := a.Snippets(control.TableDetail{
		Table: control.Table{Topic: "notion.acme.projects", Schema: json.RawMessage(avro.PageSchema)}, Properties: properties,
	})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]control.Snippet{}
	for _, s := range snippets {
		named[s.Name] = s
	}
	return named
}

// Every way to read a topic is filled in with the topic, the brokers and the registry, and
// reads committed records only.
func TestUsage(t *testing.T) {
	snippets, err := anAccess.Snippets(control.TableDetail{Table: control.Table{Topic: "notion.acme.projects", Schema: json.RawMessage(avro.PageSchema)}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range snippets {
		names = append(names, s.Name+" "+s.Language)
		wants := []string{"notion.acme.projects"}
		switch s.Name {
		case "tail":
			wants = append(wants, "kafka.brokers=kafka-1:9092,kafka-2:9092", "schema_registry.url=http://registry:8081")
		case "kcat":
			wants = append(wants, "kafka-1:9092,kafka-2:9092", "isolation.level=read_committed")
		case "flink":
			wants = append(wants, "'kafka-1:9092,kafka-2:9092'", "'http://registry:8081'", "'properties.isolation.level' = 'read_committed'")
		case "ksqldb":
			wants = append(wants, "'exactly_once_v2'")
		case "go":
			wants = append(wants, `"kafka-1:9092", "kafka-2:9092"`, `"http://registry:8081"`, "kgo.ReadCommitted()")
		case "python":
			wants = append(wants, `"kafka-1:9092,kafka-2:9092"`, `"http://registry:8081"`, `"isolation.level": "read_committed"`)
		}
		for _, want := range wants {
			if !strings.Contains(s.Text, want) {
				t.Errorf("%s has no %s:\n%s", s.Name, want, s.Text)
			}
		}
		for _, no := range []string{"${", kafkaUser, kafkaPassword, registryUser, registryToken, "ssl", "sasl", "tls"} {
			if strings.Contains(s.Text, no) {
				t.Errorf("%s has %s, and neither the brokers nor the registry want anything:\n%s", s.Name, no, s.Text)
			}
		}
	}
	if want := []string{"tail sh", "kcat sh", "flink sql", "ksqldb sql", "go go", "python python"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

// A topic of the catalog is read with the fields of its newest schema, if that is one of ours,
// and joined with the topics that its relations lead to.
func TestUsageOfATopicOfTheCatalog(t *testing.T) {
	for _, test := range []struct{ registered, column string }{
		{strings.Replace(avro.PageSchema, `"name":"title"`, `"name":"headline"`, 1), "`headline` STRING"},
		{strings.Replace(avro.PageSchema, `"name":"id"`, `"name":"no_id"`, 1), "`last_edited_by` STRING"},
	} {
		w := onMachine(t)
		w.source(control.Source{Name: "acme"}, control.Stream{Stream: "databases", Topic: "notion.acme.databases"},
			control.Stream{Stream: "database_" + tasksID, Topic: "notion.acme.tasks"}, control.Stream{Stream: "database_" + peopleID, Topic: "notion.acme.people"})
		w.topic("notion.acme.databases", w.database(tasksID, tasksSchema), w.database(peopleID, `{}`))
		if _, err := w.registry.Ensure(t.Context(), "notion.acme.tasks-value", test.registered); err != nil {
			t.Fatal(err)
		}
		table, err := w.Table(t.Context(), "notion.acme.tasks")
		if err != nil {
			t.Fatal(err)
		}
		snippets, err := w.Usage(table)
		if err != nil || len(snippets) != 6 {
			t.Fatalf("got %d snippets, %v", len(snippets), err)
		}
		flink := snippets[2].Text
		for _, want := range []string{"CREATE TABLE notion_acme_tasks (", "CREATE TABLE notion_acme_people (", "'$.Owner.relation[*].id'", "'kafka:9092'", test.column} {
			if !strings.Contains(flink, want) {
				t.Errorf("there is no %s:\n%s", want, flink)
			}
		}
		if strings.Contains(flink, "Lost") {
			t.Errorf("there is a relation that leads to no topic:\n%s", flink)
		}
		if _, err := w.Table(t.Context(), "nothing"); err == nil {
			t.Error("there is a usage of an unknown topic")
		}
	}
}

// accesses are all ways to reach brokers and a registry.
func accesses() (all []Access) {
	for _, mechanism := range []string{"", "plain", "scram-sha-256", "scram-sha-512", "oauthbearer"} {
		for files := range 8 {
			for registry := range 6 {
				a := anAccess
				a.Mechanism = mechanism
				a.TLS, a.BrokerCA, a.Certificate = files > 0, files&2 != 0, files&4 != 0
				a.RegistryUser, a.RegistryToken, a.RegistryCA = registry%3 == 1, registry%3 == 2, registry >= 3
				if mechanism == "oauthbearer" {
					a.TokenURL, a.Scopes = "https://login/token", []string{"kafka", "read"}
				}
				all = append(all, a)
			}
		}
	}
	return all
}

// However the brokers and the registry are reached, the Go program is formatted, and imports
// what it uses and nothing else, which the compiler wants.
func TestGoProgramImportsWhatItUses(t *testing.T) {
	for _, a := range accesses() {
		text := usages(t, a)["go"].Text
		if formatted, err := format.Source([]byte(text)); err != nil || string(formatted) != text {
			t.Fatalf("%+v: not as gofmt has it: %v\n%s", a, err, text)
		}
		file, err := parser.ParseFile(token.NewFileSet(), "main.go", text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		var imported, used []string
		for _, spec := range file.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			imported = append(imported, path.Base(strings.TrimSuffix(name, "/v2")))
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if id, ok := s.X.(*ast.Ident); ok && !slices.Contains([]string{"client", "fetches", "r", "h", "registry", "found", "schema", "pool", "tokens", "token"}, id.Name) {
					used = append(used, id.Name)
				}
			}
			return true
		})
		slices.Sort(imported)
		slices.Sort(used)
		if used = slices.Compact(used); !slices.Equal(imported, used) {
			t.Errorf("%+v: imports %v, uses %v", a, imported, used)
		}
	}
}

// What the brokers and the registry want of a client is in every snippet that needs it, and
// in its notes.
func TestUsageOfSecuredBrokersAndRegistry(t *testing.T) {
	for _, a := range accesses() {
		for name, s := range usages(t, a) {
			if name == "ksqldb" { // the brokers and the registry are those of its own configuration
				continue
			}
			user, secret := a.userAndSecret()
			for _, needed := range []struct {
				what string
				is   bool
			}{
				{user, a.Mechanism != ""}, {secret, a.Mechanism != ""}, {brokerCA, a.BrokerCA}, {clientPEM, a.Certificate},
				{registryUser, a.RegistryUser && name != "kcat"}, {registryPassword, a.RegistryUser && name != "kcat"},
				{registryToken, a.RegistryToken && name != "kcat"}, {registryCA[:len(registryCA)-len(".pem")], a.RegistryCA && name != "kcat"},
			} {
				if strings.Contains(s.Text, needed.what) != needed.is {
					t.Errorf("%s with %+v: has %s: %t\n%s", name, a, needed.what, !needed.is, s.Text)
				}
				if strings.Contains(strings.Join(s.Notes, "\n"), needed.what) != needed.is {
					t.Errorf("the notes of %s with %+v: have %s: %t\n%s", name, a, needed.what, !needed.is, s.Notes)
				}
			}
		}
	}
}

// A topic whose schema is no record's has no usage.
func TestUsageOfAnUnknownSchema(t *testing.T) {
	if s, err := anAccess.Snippets(control.TableDetail{Table: control.Table{Topic: "t", Schema: json.RawMessage(`"string"`)}}); err == nil {
		t.Errorf("got %v", s)
	}
}
