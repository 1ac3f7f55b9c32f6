//go:build real

package avro

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion"
	"notion-kafka/notion/columns"
)

// A registry with its strictest rule takes every version of columns that grow, and its
// readers read the rows of all versions. It refuses a schema that is no such version.
func TestRealRegistryTakesGrowingColumns(t *testing.T) {
	address := os.Getenv("REGISTRY_URL")
	if address == "" {
		t.Fatal("REGISTRY_URL is not set: `make test-real` starts a registry and sets it")
	}
	registry, err := NewRegistry(RegistryOptions{URL: address, AutoRegister: true, Compatibility: "FULL_TRANSITIVE"})
	if err != nil {
		t.Fatal(err)
	}
	topic := "rows-" + strings.ToLower(rand.Text())
	ensure := func(list []columns.Column) (id int) {
		t.Helper()
		id, err := registry.Ensure(t.Context(), Subject(topic), RowSchema(topic, list))
		if err != nil {
			t.Fatalf("with %d columns: %v", len(list), err)
		}
		return id
	}
	list := append(everyColumn(), manyColumns(500)...)
	ids := map[int]bool{}
	for _, n := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, len(list)} {
		id := ensure(list[:n])
		if again := ensure(list[:n]); ids[id] || again != id {
			t.Errorf("with %d columns: id %d, then %d", n, id, again)
		}
		ids[id] = true
		values := make([]columns.Value, n)
		for i := range values {
			values[i] = known(fmt.Sprint("value ", i))
		}
		frame, err := NewRowEncoder(id, list[:n]).Append(nil, fullPage(), values)
		if err != nil {
			t.Fatal(err)
		}
		text, err := registry.SchemaByID(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rowOf(list, values), readRow(t, text, RowSchema(topic, list), frame)); diff != "" {
			t.Errorf("a row of %d columns (-written +read)\n%s", n, diff)
		}
	}
	list[0].Label, list[1].Gone = "Renamed \"🚀\"", true
	if id := ensure(list); ids[id] {
		t.Error("a property's new name has no version of its own")
	}

	refused := map[string]string{
		"a column with another type":            RowSchema(topic, append([]columns.Column{{Name: "notes", Type: notion.FlatNumber}}, list[1:]...)),
		"a field that is required and new":      strings.Replace(RowSchema(topic, list), `"fields":[`, `"fields":[{"name":"must","type":"string"},`, 1),
		"a field that older readers would miss": strings.Replace(RowSchema(topic, list), `{"name":"url","type":"string","doc":"Address of the page in Notion."},`, "", 1),
	}
	for what, text := range refused {
		if _, err := registry.Ensure(t.Context(), Subject(topic), text); !errors.Is(err, ErrIncompatible) {
			t.Errorf("%s: error %v, want one that says it is incompatible", what, err)
		} else {
			t.Logf("%s: %.400v", what, err)
		}
	}
	versions, err := registry.Versions(t.Context(), Subject(topic), 100)
	if err != nil || len(versions) != 13 {
		t.Errorf("%d versions, error %v; want 13", len(versions), err)
	}
}
