package rows

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

// What changed is said in words: of a list what came and went, of a long text the part
// that differs.
func TestTold(t *testing.T) {
	long := strings.Repeat("ä", 400)
	text := func(s string) string { return `{"type":"rich_text","rich_text":[{"plain_text":"` + s + `"}]}` }
	for _, test := range []struct {
		name, kind, before, after string
		want                      Difference
	}{
		{"status", "status", `{"id":"a","type":"status","status":{"name":"Open"}}`, `{"id":"a","type":"status","status":{"name":"Done"}}`, Difference{Before: "Open", After: "Done"}},
		{"the value alone", "number", `1`, `2`, Difference{Before: "1", After: "2"}},
		{"a number that came", "number", `null`, `2`, Difference{After: "2"}},
		{"tags", "multi_select", `[{"name":"a"},{"name":"b"}]`, `[{"name":"b"},{"name":"c"}]`, Difference{Removed: []string{"a"}, Added: []string{"c"}}},
		{"tags that came", "multi_select", `null`, `[{"name":"b"}]`, Difference{Added: []string{"b"}}},
		{"pages", "relation", `{"type":"relation","relation":[{"id":"1"}]}`, `{"type":"relation","relation":[]}`, Difference{Removed: []string{"1"}}},
		{"a detail that has no words", "select", `{"name":"a","color":"red"}`, `{"name":"a","color":"blue"}`, Difference{Before: `{"name":"a","color":"red"}`, After: `{"name":"a","color":"blue"}`}},
		{"a long text", "rich_text", text(long + "old" + long), text(long + "new" + long), Difference{
			Before: "…" + strings.Repeat("ä", 12) + "old" + strings.Repeat("ä", 265) + "…", After: "…" + strings.Repeat("ä", 12) + "new" + strings.Repeat("ä", 265) + "…",
		}},
		{"a long text that differs in a part of a character", "rich_text", text(long + "ä"), text(long + "ö"), Difference{
			Before: "…" + strings.Repeat("ä", 13), After: "…" + strings.Repeat("ä", 12) + "ö",
		}},
		{"a field", "", `"2026-11-29T11:56:00.000Z"`, `"2026-11-29T12:56:00.000Z"`, Difference{Before: "2026-11-29T11:56:00.000Z", After: "2026-11-29T12:56:00.000Z"}},
		{"options of a database", "select", `{"name":"P","type":"select","select":{"options":[{"name":"a"}]}}`, `{"name":"P","type":"select","select":{"options":[{"name":"a"},{"name":"b"}]}}`, Difference{Added: []string{"b"}}},
		{"another type in a database", "number", `{"name":"P","type":"rich_text","rich_text":{}}`, `{"name":"P","type":"number","number":{"format":"euro"}}`, Difference{Before: "rich_text", After: "number euro"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.want.Name, test.want.Kind = "P", test.kind
			got := Told(control.Change{Property: "P", Type: test.kind, Before: json.RawMessage(test.before), After: json.RawMessage(test.after)})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !utf8.ValidString(got.Before) || !utf8.ValidString(got.After) {
				t.Error("a character was cut in two")
			}
		})
	}
}

// Times, icons and people of the envelope are said as a person says them.
func TestToldOfTheEnvelope(t *testing.T) {
	quoted := func(text string) json.RawMessage {
		out, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, test := range []struct{ field, value, want string }{
		{"in_trash", "true", "yes"},
		{"last_edited_time", "2026-11-29T11:56:00.000Z", "29 Nov 2026, 11:56 UTC"},
		{"icon", `{"type":"emoji","emoji":"🚀"}`, "🚀"},
		{"last_edited_by", `{"object":"user","id":"u","name":"Ada"}`, "Ada"},
		{"last_edited_by", `not json`, "not json"},
		{"cover", `{"type":"external"}`, `{"type":"external"}`},
		{"title", `[{"plain_text":"Old "},{"plain_text":"plan"}]`, "Old plan"},
	} {
		values := []json.RawMessage{quoted(test.value)}
		if json.Valid([]byte(test.value)) { // what the text says
			values = append(values, json.RawMessage(test.value))
		}
		for _, value := range values {
			if got := Told(control.Change{Property: test.field, Before: json.RawMessage("null"), After: value}); got.After != test.want || got.Before != "" {
				t.Errorf("%s %s is told as %q, want %q", test.field, value, got.After, test.want)
			}
		}
	}
}

func TestToldOfARename(t *testing.T) {
	got := Told(control.Change{Property: "Owner", ID: "o", Type: "people", RenamedFrom: "Person", Before: json.RawMessage("[]"), After: json.RawMessage("[]")})
	if want := (Difference{Name: "Owner", Was: "Person", Kind: "people", Same: true}); cmp.Diff(want, got) != "" {
		t.Errorf("it is told as %+v", got)
	}
	schema := func(name, format string) json.RawMessage {
		return json.RawMessage(`{"id":"p","name":"` + name + `","type":"number","number":{"format":"` + format + `"}}`)
	}
	if got := Told(control.Change{Property: "Price", Type: "number", RenamedFrom: "Cost", Before: schema("Cost", "euro"), After: schema("Price", "euro")}); !got.Same {
		t.Errorf("a column of a database is told as %+v", got)
	}
	if got := Told(control.Change{Property: "Price", Type: "number", RenamedFrom: "Cost", Before: schema("Cost", "euro"), After: schema("Price", "yen")}); got.Same || got.After != "number yen" {
		t.Errorf("one with another format is told as %+v", got)
	}
}

// A whole value has every entry, line and character, up to its bound.
func TestWhole(t *testing.T) {
	field := func(kind, value string) Field {
		return Field{Kind: kind, Value: json.RawMessage(`{"type":"` + kind + `","` + kind + `":` + value + `}`)}
	}
	for _, test := range []struct {
		field Field
		want  Whole
	}{
		{field("rich_text", `[{"plain_text":"one\ntwo "},{"plain_text":"three"}]`), Whole{Text: "one\ntwo three"}},
		{field("multi_select", `[{"name":"a","color":"red"},{"name":"b"}]`), Whole{Items: []Item{{Text: "a", Colour: "red"}, {Text: "b"}}}},
		{field("relation", `[{"id":"1"}]`), Whole{Items: []Item{{Text: "1", Page: "1"}}}},
		{field("people", `[{"id":"1","name":"Ada"},{"id":"2"}]`), Whole{Items: []Item{{Text: "Ada"}, {Text: "2"}}}},
		{field("rollup", `{"type":"array","array":[{"type":"number","number":8},{"type":"title","title":[]}]}`), Whole{Items: []Item{{Text: "8"}}}},
		{field("rollup", `{"type":"number","number":8}`), Whole{Text: "8"}},
		{field("formula", `{"type":"string","string":"one\ntwo"}`), Whole{Text: "one\ntwo"}},
		{field("url", `"https://example.com"`), Whole{Text: "https://example.com", Link: "https://example.com"}},
		{field("created_time", `"2026-11-29T11:56:00.000Z"`), Whole{Text: "2026-11-29 11:56 UTC"}},
		{field("rich_text", `[{"plain_text":"`+strings.Repeat("ä", 60)+`"}]`), Whole{Text: strings.Repeat("ä", 50), Cut: true}},
		{field("checkbox", `true`), Whole{Text: "yes"}},
	} {
		if diff := cmp.Diff(test.want, test.field.Whole(101)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.field.Value, diff)
		}
	}
	if many := field("multi_select", "["+strings.Repeat(`{"name":"a"},`, 250)+`{"name":"b"}]`).Whole(1); len(many.Items) != mostItems || many.More != 51 {
		t.Errorf("of 251 entries %d are shown, and %d are said to be more", len(many.Items), many.More)
	}
}

func TestPretty(t *testing.T) {
	for _, test := range []struct {
		text, want string
		most       int
		more       bool
	}{
		{`{"a":[1, 2],"b":{},"c":[ ],"d":"x,{\"y\\"}`, "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": [],\n  \"d\": \"x,{\\\"y\\\\\"\n}", 1000, false},
		{`not json`, `not json`, 1000, false},
		{`"äää"`, `"ä`, 4, true},
		{``, ``, 4, false},
	} {
		if got, more := Pretty([]byte(test.text), test.most); got != test.want || more != test.more {
			t.Errorf("%s is laid out as %s, more %t", test.text, got, more)
		}
	}
}

// JSON that is nested very deep is laid out within its bound, and in little time.
func TestPrettyIsBounded(t *testing.T) {
	deep := []byte(strings.Repeat(`{"a":[`, 4000) + strings.Repeat(`]}`, 4000))
	if got, more := Pretty(deep, 1<<28); len(got) > 1<<20 || more {
		t.Errorf("it has %d bytes, more %t", len(got), more)
	}
	if got, more := Pretty(deep, 1000); len(got) > 1000 || !more {
		t.Errorf("it has %d bytes, more %t", len(got), more)
	}
}
