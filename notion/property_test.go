package notion

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPropertiesOfAnObject(t *testing.T) {
	const due, state, hologram = `{"id":"f%3Dgh","type":"date","date":null}`, ` {"type":"status", "status":{"id":"x","type":"y"} ,"id":"a\u0042"}`, `{"id":"h","name":"H","type":"holo\u0067ram","hologram":{}}`
	object := ` {"Due":` + due + `, "St\u0061te" :` + state + ` ,"":` + hologram +
		`,"a":null,"b":[],"c":"x","d":7,"e":{},"f":{"id":"f"},"g":{"type":"date"},"h":{"id":7,"type":"date"},"i":{"id":"i","type":null},"j":{"id":"","type":""}} `
	want := []Property{
		{ID: "f%3Dgh", Name: "Due", Kind: "date", JSON: []byte(due)},
		{ID: "aB", Name: "State", Kind: "status", JSON: []byte(state[1:])},
		{ID: "h", Name: "", Kind: "hologram", JSON: []byte(hologram)},
	}
	if diff := cmp.Diff(want, slices.Collect(PropertiesOf([]byte(object)))); diff != "" {
		t.Error(diff)
	}
	for p := range PropertiesOf([]byte(object)) {
		if p.Name != "Due" {
			t.Errorf("%s comes after the reading was ended", p.Name)
		}
		break
	}
	for _, none := range []string{"", "null", "[]", "{}", `"x"`, `{`, `{"Due"`, `{"Due":`, `{"Due":}`, `{"Due":` + due[:20], `{"Due":{"id":}}`} {
		if got := slices.Collect(PropertiesOf([]byte(none))); len(got) > 0 {
			t.Errorf("%s has the properties %+v", none, got)
		}
	}
}

// A page's properties and its schema's are the same members, whatever reads them.
func TestPropertiesOfRecordedSchemas(t *testing.T) {
	for i, line := range fixtureLines(t, "data_sources.ndjson") {
		source := DataSource{Properties: rawObject(t, line)["properties"]}
		var names, ids []string
		for p := range PropertiesOf(source.Properties) {
			names = append(names, p.Name)
			one := rawObject(t, p.JSON)
			if stringOf(one["id"]) != p.ID || stringOf(one["type"]) != p.Kind {
				t.Errorf("line %d: %s reads as %+v", i+1, p.JSON, p)
			}
			ids = append(ids, source.IDsOf(p.ID)...)
		}
		if source.Properties != nil && (!slices.Equal(names, source.PropertyNames()) || len(ids) != len(names)) {
			t.Errorf("line %d: properties %q and ids %q, want %q", i+1, names, ids, source.PropertyNames())
		}
	}
}

func TestIDsInAnyEncodingAreOfOneProperty(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"f%3Dgh", "f=gh", true},
		{"f%3Dgh", "f%3dgh", true},
		{"title", "title", true},
		{"a%ZZ", "a%ZZ", true},
		{"a+b", "a b", false},
		{"Abcd", "abcd", false},
		{"f%3Dgh", "f%3Ggh", false},
	} {
		if got := SameProperty(c.a, c.b); got != c.same || got != (PlainPropertyID(c.a) == PlainPropertyID(c.b)) {
			t.Errorf("%s and %s: same %t, plain %s and %s", c.a, c.b, got, PlainPropertyID(c.a), PlainPropertyID(c.b))
		}
	}
}

// The types of a page's properties take no memory, and values without text take none.
func TestTypesTakeNoMemory(t *testing.T) {
	object := []byte(`{"":{"id":"a","type":"checkbox","checkbox":true},"":{"id":"b","type":"number","number":16.5}}`)
	if n := testing.AllocsPerRun(100, func() {
		for p := range PropertiesOf(object) {
			p.Flat()
		}
	}); n > 0 { // nor do ids and names of one character, which no page has
		t.Errorf("%v allocations", n)
	}
}
