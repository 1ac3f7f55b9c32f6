package catalog

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"notion-kafka/avro"
	"notion-kafka/producer/control"
)

// consumersGuide is the guide for whoever reads the topics.
var consumersGuide = filepath.Join("..", "..", "..", "deploy", "docs", "consumers.md")

// printedBlock is a block of a guide that shows what the program prints, by the snippet's name.
var printedBlock = regexp.MustCompile("(?s)<!-- printed: (\\w+) -->\n```(\\w+)\n(.*?)```\n")

// The guide for consumers shows the statements and programs that the catalog prints.
// GUIDE=write go test -run TestConsumersGuideIsPrinted writes them anew.
func TestConsumersGuideIsPrinted(t *testing.T) {
	properties := []control.Property{
		{ID: "title", Name: "Project", Type: "title"}, {ID: "s", Name: "Status", Type: "status"},
		{ID: "r", Name: "Customer", Type: "relation", RelatedTopic: "notion.acme.customers"}, {ID: "d", Name: "Due", Type: "date"},
	}
	schema, _ := typedSchema(t, "notion.acme.projects", properties...)
	snippets, err := anAccess.Snippets(control.TableDetail{
		Table: control.Table{Topic: "notion.acme.projects", Schema: json.RawMessage(avro.PageSchema)}, Properties: properties,
		Versions: []control.SchemaVersion{{Version: 1, Schema: schema}},
	})
	if err != nil {
		t.Fatal(err)
	}
	guide := readGuide(t)
	var shown []string
	want := printedBlock.ReplaceAllStringFunc(guide, func(block string) string {
		name := printedBlock.FindStringSubmatch(block)[1]
		shown = append(shown, name)
		i := slices.IndexFunc(snippets, func(s control.Snippet) bool { return s.Name == name })
		if i < 0 {
			t.Fatalf("nothing is printed for %q", name)
		}
		return "<!-- printed: " + name + " -->\n```" + snippets[i].Language + "\n" + snippets[i].Text + "```\n"
	})
	if wanted := []string{"flink", "ksqldb", "python", "go"}; !slices.Equal(shown, wanted) {
		t.Errorf("the guide shows %q, want %q", shown, wanted)
	}
	if os.Getenv("GUIDE") == "write" {
		if err := os.WriteFile(consumersGuide, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if guide != want {
		t.Errorf("%s does not show what the program prints. Run: GUIDE=write go test ./cmd/notion-kafka/catalog -run %s", consumersGuide, t.Name())
	}
}

// The guide for consumers names every field of our schemas and every type of property, and its
// example of each kind of record has the fields of the schema.
func TestConsumersGuideIsComplete(t *testing.T) {
	guide := readGuide(t)
	for part, wants := range map[string][]string{
		"### Fields\n":                fieldNames(t, avro.PageSchema),
		"## A database\n":             fieldNames(t, avro.DatabaseSchema),
		"## Properties and columns\n": propertyKinds[:len(propertyKinds)-1], // the last stands for what is not known yet
	} {
		_, section, found := strings.Cut(guide, "\n"+part)
		section, _, _ = strings.Cut(section, "\n## ")
		rows := ""
		for line := range strings.Lines(section) {
			if strings.HasPrefix(line, "| ") {
				first, _, _ := strings.Cut(line[2:], "|")
				rows += first
			}
		}
		for _, want := range wants {
			if !strings.Contains(rows, "`"+want+"`") {
				t.Errorf("%q (found: %t) has no row with `%s`", part, found, want)
			}
		}
	}
	kinds := map[string]int{}
	for _, block := range regexp.MustCompile("(?s)```json\n(\\{\n  \"topic\".*?)```").FindAllStringSubmatch(guide, -1) {
		var record struct {
			Topic     string            `json:"topic"`
			Partition int32             `json:"partition"`
			Offset    int64             `json:"offset"`
			Timestamp string            `json:"timestamp"`
			Key       string            `json:"key"`
			Headers   map[string]string `json:"headers"`
			Value     map[string]any    `json:"value"`
		}
		decoder := json.NewDecoder(strings.NewReader(block[1]))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&record); err != nil {
			t.Errorf("%v\n%s", err, block[1])
			continue
		}
		object, _ := record.Value["object"].(string)
		kinds[record.Headers["notion-kafka.op"]+" "+object]++
		schema := map[string]string{"page": avro.PageSchema, "database": avro.DatabaseSchema}[object]
		if record.Value == nil {
			continue
		}
		for _, field := range fieldNames(t, schema) {
			if _, has := record.Value[field]; !has {
				t.Errorf("the example of a %s has no %s", object, field)
			}
		}
		if record.Value["id"] != record.Key {
			t.Errorf("the example of a %s has another id than its key", object)
		}
	}
	if kinds["update page"] != 1 || kinds["delete "] != 1 || kinds["snapshot database"] != 1 || len(kinds) != 3 {
		t.Errorf("the examples are %v, want a page, a tombstone and a database", kinds)
	}
}

func readGuide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(consumersGuide)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func fieldNames(t *testing.T, schema string) (names []string) {
	t.Helper()
	var record struct {
		Fields []struct {
			Name string `json:"name"`
		} `json:"fields"`
	}
	if err := json.Unmarshal([]byte(schema), &record); err != nil || len(record.Fields) == 0 {
		t.Fatalf("no schema of a record: %v\n%s", err, schema)
	}
	for _, field := range record.Fields {
		names = append(names, field.Name)
	}
	return names
}
