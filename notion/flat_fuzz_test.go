package notion

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzFlat compares Property.Flat with encoding/json, for properties as pages have them. Of
// any other text it is at least valid UTF-8, and no panic.
func FuzzFlat(f *testing.F) {
	for _, c := range flats {
		f.Add([]byte(`{"id":"x","type":"` + c.kind + `","` + c.kind + `":` + c.value + `}`))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		object := append(append([]byte(`{"P":`), value...), '}')
		for p := range PropertiesOf(object) {
			flat := p.Flat()
			for _, text := range append(append(flat.List, flat.Names...), flat.Text, flat.TimeZone, flat.Result) {
				if flat.Type != "" && !utf8.ValidString(text) {
					t.Errorf("%q has the text %q", p.JSON, text)
				}
			}
			if readStrictly(object, noNodes, (*strictReader).skip) != nil {
				continue
			}
			if diff := cmp.Diff(referenceFlat(p), flat); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", p.Kind, p.JSON, diff)
			}
		}
	})
}

// TestAnyTypeWithAnyValue compares with encoding/json, for every type, the values of all
// types: as a property, as the result of a formula, and twice in a rollup.
func TestAnyTypeWithAnyValue(t *testing.T) {
	types := []string{"hologram", "string", "boolean", "array", "unsupported", "incomplete", "id"}
	for kind := range kinds {
		types = append(types, kind)
	}
	for _, kind := range types {
		for _, c := range flats {
			one := `{"type":"` + kind + `","` + kind + `":` + c.value + `}`
			for _, p := range []Property{
				{Kind: kind, JSON: []byte(one)},
				{Kind: "formula", JSON: []byte(`{"formula":` + one + `}`)},
				{Kind: "rollup", JSON: []byte(`{"rollup":{"type":"array","array":[` + one + `,` + one + `]}}`)},
			} {
				if diff := cmp.Diff(referenceFlat(p), p.Flat()); diff != "" {
					t.Errorf("%s %s (-want +got):\n%s", p.Kind, p.JSON, diff)
				}
			}
		}
	}
}

// TestRecordedPropertiesAreFlat compares the properties of recorded pages with encoding/json.
func TestRecordedPropertiesAreFlat(t *testing.T) {
	pages := fixtureLines(t, "pages.ndjson")
	for _, name := range []string{"query_responses.ndjson", "search_responses.ndjson"} {
		for _, line := range fixtureLines(t, name) {
			for _, one := range elementsOf(rawObject(t, line)["results"]) {
				pages = append(pages, one)
			}
		}
	}
	values := map[string]int{}
	for _, page := range pages {
		if !strings.Contains(string(rawObject(t, page)["object"]), "page") {
			continue
		}
		seen := 0
		for p := range PropertiesOf(rawObject(t, page)["properties"]) {
			seen++
			flat := p.Flat()
			if diff := cmp.Diff(referenceFlat(p), flat); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", p.Kind, p.JSON, diff)
			}
			if flat.Type != "" {
				values[p.Kind+" "+flat.Result]++
			}
		}
		if want := len(rawObject(t, rawObject(t, page)["properties"])); seen != want {
			t.Errorf("%d of %d properties were read", seen, want)
		}
	}
	t.Log(values)
	if len(values) < 20 {
		t.Errorf("values of %d types", len(values))
	}
}
