package embedded

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"

	"notion-kafka/avro"
	"notion-kafka/notion"
	"notion-kafka/notion/columns"
)

// The largest database of Notion has 500 properties, and each may be a date, which has
// three columns. The registry takes the schema of its topic, and those after it.
func TestRegistryTakesTheColumnsOfTheLargestDatabase(t *testing.T) {
	client := registryClient(t, serveRegistry(t, filepath.Join(t.TempDir(), "registry.json")))
	if got := client.SetCompatibility(t.Context(), sr.SetCompatibility{Level: sr.CompatFullTransitive}, "s")[0]; got.Err != nil {
		t.Fatal(got.Err)
	}
	var list []columns.Column
	for i := range 500 {
		label := fmt.Sprintf("The date on which the milestone with number %d is due", i)
		name := strings.ToLower(strings.ReplaceAll(label, " ", "_"))
		for part, kind := range map[columns.Part]notion.FlatType{columns.Whole: notion.FlatMoment, columns.End: notion.FlatMoment, columns.TimeZone: notion.FlatText} {
			list = append(list, columns.Column{Name: name + "_" + string(part), Type: kind, Part: part, ID: "%3AaB%5D", Kind: "date", Label: label})
		}
	}
	for version, change := range []func(){
		func() {},
		func() { list[0].Label = "Renamed" },
		func() {
			list = append(list, columns.Column{Name: "one_more", Type: notion.FlatText, ID: "x", Kind: "url", Label: "One more"})
		},
	} {
		change()
		text := avro.RowSchema("t", list)
		made, err := client.CreateSchema(t.Context(), "s", sr.Schema{Schema: text})
		if err != nil || made.Version != version+1 {
			t.Fatalf("version %d, of %d bytes: version %d, %v", version+1, len(text), made.Version, err)
		}
	}
}

// A topic's schema is registered whenever a stream begins to write, also when there is no
// room left, or no disk: nothing changes.
func TestRegistryTakesAKnownSchemaWithoutWriting(t *testing.T) {
	s, err := openStore(filepath.Join(t.TempDir(), "gone", "registry.json")) // the directory does not exist
	if err != nil {
		t.Fatal(err)
	}
	s.now.add("s", schemaV1)
	if err := s.change(func(c *catalog) error { c.add("s", schemaV1); return nil }); err != nil {
		t.Error(err)
	}
	if err := s.change(func(c *catalog) error { c.add("s", schemaV2); return nil }); err == nil {
		t.Error("a new schema was not written, and there is no error")
	}
	if len(s.now.Schemas) != 1 || len(s.now.Subjects["s"]) != 1 || s.now.idOf(schemaV2) != 0 {
		t.Errorf("after an error the catalog is %+v", s.now)
	}
}
