package notion

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzComplete compares the completion of a page's properties with maps of
// encoding/json: every cut property has the new entries and has_more false, and
// nothing else differs.
func FuzzComplete(f *testing.F) {
	many := "[0" + strings.Repeat(",0", 24) + "]"
	for _, seed := range [][2]string{
		{`{"R":` + relationJSON("r", 1, true) + `,"P":{"type":"people","people":` + many + `}}`, `[{"type":"relation","relation":{"id":"1"}},{"relation":{"id":"2"},"type":"relation"}]`},
		{`{"R":{"has_more" : true, "relation":[ ], "type":"relation"} , "P":7}`, `[]`},
		{` { "P" : {"type":"people", "people" : ` + many + `} , "Q":null } `, `[{"object":"property_item","type":"people","people":[1]}]`},
		{`{"A":{"type":"people","people":` + many + `,"has_more":null},"\u0041":1}`, `[{"type":"people","people":{"object":"user"}}]`},
		{`{"A":{"type":"people","people":` + many + `,"has_more":null},"B":[true]}`, `[{"type":"people","people":7}]`},
		{`{"P":{"id":7,"type":"people","people":[],"has_more":true,"relation":[2]}}`, `[{"type":"people","people":""}]`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, text, items []byte) {
		want, ok := referenceObject(text)
		if _, isJSON := referenceValue(items, notionsNames); !ok || !isJSON {
			return
		}
		var values properties
		if err := readStrictly(text, mostNodes, func(in *strictReader) (err error) { values, err = in.properties(); return err }); err != nil {
			t.Fatalf("error %v for an object", err)
		}
		entries := make([][]byte, len(values.cut))
		for i, place := range values.cut {
			body := slices.Concat([]byte(`{"object":"list","has_more":false,"results":`), items, []byte("}"))
			list, _, err := decodePropertyItems(body, place.Kind)
			reference, ok := referenceItems(items, place.Kind)
			if ok != (err == nil) {
				t.Fatalf("%s: error %v, want an error: %v", items, err, !ok)
			}
			if err != nil {
				return
			}
			entries[i] = slices.Concat([]byte("["), bytes.Join(list, []byte(",")), []byte("]"))
			property := want[place.Name].(map[string]any)
			property[place.Kind] = reference
			if property["has_more"] == true {
				property["has_more"] = false
			}
		}
		whole := completed(text, values.cut, entries)
		got, ok := referenceObject(whole)
		if !ok || !reflect.DeepEqual(got, want) {
			t.Fatalf("completed to\n%s\nwant %v", whole, want)
		}
		for name, value := range want {
			if cut := referenceCut(value); cut != "" && !slices.ContainsFunc(values.cut, func(c cutPlace) bool { return c.Name == name }) {
				t.Fatalf("%q is cut, but was not completed", name)
			}
		}
	})
}

// FuzzWithout compares the exclusion of properties with maps of encoding/json: the
// named properties are gone, and the others are the same byte for byte.
func FuzzWithout(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"A":{"id":"a"},"B":{"id":"%3Fb"},"C":7}`, "A"},
		{` { "A\u0042" : {"id":"%3Fb"} , "C" :[ 1 ] } `, "?b"},
		{`{"A":{"id":"a"},"B":{"id":"b"}}`, "a\nB"},
		{`{"":{"id":""},"B":{"id":null}}`, "\n"},
		{`{"A":{"id":"%"},"B":{"id":"%25"}}`, "%"},
	} {
		f.Add([]byte(seed[0]), seed[1])
	}
	f.Fuzz(func(t *testing.T, text []byte, list string) {
		names := strings.Split(list, "\n")
		want, ok := referenceObject(text)
		if !ok {
			return
		}
		page := Page{Properties: text}
		page.Without(names)
		before := len(want)
		for name, value := range want {
			value, _ := value.(map[string]any)
			id, _ := value["id"].(string)
			for _, n := range names {
				if n == name || id != "" && plainID(n) == plainID(id) {
					delete(want, name)
				}
			}
		}
		got, ok := referenceObject(page.Properties)
		if !ok || !reflect.DeepEqual(got, want) {
			t.Fatalf("without %q\n%s\nwant %v", names, page.Properties, want)
		}
		if len(want) == before && !bytes.Equal(text, page.Properties) {
			t.Fatalf("nothing to remove, but %s became %s", text, page.Properties)
		}
		var was, is map[string]json.RawMessage
		if json.Unmarshal(text, &was) != nil || json.Unmarshal(page.Properties, &is) != nil {
			t.Fatal("the properties no longer decode")
		}
		for name, value := range is {
			if !bytes.Equal(value, was[name]) {
				t.Fatalf("%q became %s", name, value)
			}
		}
	})
}

// referenceObject decodes a text that is an object. It returns false for texts that
// encoding/json reads differently, see referenceValue.
func referenceObject(text []byte) (map[string]any, bool) {
	if !utf8.Valid(text) || bytes.Contains(bytes.ToLower(text), []byte(`\ud`)) || readStrictly(text, noNodes, (*strictReader).skip) != nil {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var object map[string]any
	return object, dec.Decode(&object) == nil && object != nil
}

// referenceCut is the kind of a property value that Notion cut, or "".
func referenceCut(value any) string {
	property, _ := value.(map[string]any)
	kind, _ := property["type"].(string)
	entries, isList := property[kind].([]any)
	switch {
	case !isList || kind != "relation" && kind != "people":
		return ""
	case property["has_more"] == true, kind == "people" && property["has_more"] != false && len(entries) >= 25:
		return kind
	}
	return ""
}

// referenceItems are the values of property items; false where an item is of another
// kind.
func referenceItems(text []byte, kind string) ([]any, bool) {
	list, _ := referenceObject(slices.Concat([]byte(`{"results":`), text, []byte("}")))
	items, isList := list["results"].([]any)
	if !isList {
		return nil, false
	}
	values := make([]any, len(items))
	for i, item := range items {
		item, ok := item.(map[string]any)
		if !ok || item["type"] != kind || item[kind] == nil {
			return nil, false
		}
		values[i] = item[kind]
	}
	return values, true
}
