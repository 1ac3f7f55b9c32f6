package notion

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same zones wherever the tests run

	"github.com/google/go-cmp/cmp"
)

// flats are values of every type of property, and what a column has of them.
var flats = []struct {
	kind, value string
	want        Flat
}{
	{"title", `[{"type":"text","text":{"content":"Website "},"plain_text":"Website "},{"plain_text":"relaunch"}]`, textFlat("Website relaunch")},
	{"title", `[]`, textFlat("")},
	{"rich_text", `[]`, textFlat("")},
	{"rich_text", `[{"plain_text":"two\nlines \u00e4 \ud83d\ude00"}]`, textFlat("two\nlines ä 😀")},
	{"rich_text", `[{"plain_text":"cut \ud83d"},{"plain_text":null},{}]`, textFlat("cut \ufffd")},
	{"url", `"https://example.com/?a=b"`, textFlat("https://example.com/?a=b")},
	{"url", `null`, Flat{}},
	{"email", `"ada@example.com"`, textFlat("ada@example.com")},
	{"phone_number", `"+49 30 1"`, textFlat("+49 30 1")},
	{"select", `{"id":"a","name":"In progress","color":"blue"}`, textFlat("In progress")},
	{"select", `null`, Flat{}},
	{"status", `{"name":"Done","id":"a","color":"green"}`, textFlat("Done")},
	{"unique_id", `{"prefix":"PRJ","number":12}`, textFlat("PRJ-12")},
	{"unique_id", `{"prefix":null,"number":12}`, textFlat("12")},
	{"unique_id", `{"number":12}`, textFlat("12")},
	{"unique_id", `{"prefix":"PRJ","number":null}`, Flat{}},
	{"number", `16.50`, numberFlat(16.5)},
	{"number", `-0`, numberFlat(0)},
	{"number", `9007199254740993`, numberFlat(9007199254740992)},
	{"number", `1e-400`, numberFlat(0)},
	{"number", `1e400`, Flat{}},
	{"number", `-1e400`, Flat{}},
	{"number", `null`, Flat{}},
	{"checkbox", `true`, Flat{Type: FlatTruth, Truth: true}},
	{"checkbox", `false`, Flat{Type: FlatTruth}},
	{"created_time", `"2026-03-01T19:05:00.000Z"`, momentFlat("2026-03-01T19:05:00Z")},
	{"last_edited_time", `"2026-03-01T19:05:00+00:00"`, momentFlat("2026-03-01T19:05:00Z")},
	{"created_by", `{"object":"user","id":"u1","name":"Ada"}`, textFlat("u1")},
	{"last_edited_by", `{"object":"user","id":"C1D6F4B01AA34DC1B5C5E4C9C56DEE14"}`, textFlat("c1d6f4b0-1aa3-4dc1-b5c5-e4c9c56dee14")},
	{"people", `[{"object":"user","id":"u1","name":"Ada","person":{"name":"x"}},{"object":"user","id":"u2"},{"object":"group","id":"g","name":null}]`,
		Flat{Type: FlatList, List: []string{"u1", "u2", "g"}, Names: []string{"Ada", "", ""}}},
	{"people", `[]`, Flat{Type: FlatList, List: []string{}, Names: []string{}}},
	{"relation", `[{"id":"b"},{"id":"C1D6F4B01AA34DC1B5C5E4C9C56DEE14"}]`, listFlat("b", "c1d6f4b0-1aa3-4dc1-b5c5-e4c9c56dee14")},
	{"relation", `[]`, listFlat()},
	{"multi_select", `[{"name":"web"},{"name":"q4"}]`, listFlat("web", "q4")},
	{"multi_select", `[]`, listFlat()},
	{"files", `[{"name":"plan.pdf","type":"file","file":{"url":"https://files.example/a"}},{"name":"https://example.com/x?y"}]`, listFlat("plan.pdf", "https://example.com/x?y")},
	{"button", `{}`, Flat{}},
	{"verification", `{"state":"verified", "date":null}`, textFlat(`{"state":"verified", "date":null}`)},
	{"verification", `null`, Flat{}},
	{"place", `{"lat":52.5,"name":"\ud83d"}`, textFlat(`{"lat":52.5,"name":"\ud83d"}`)},
	{"hologram", `[1]`, textFlat(`[1]`)},
	{"hologram", `false`, textFlat(`false`)},
	{"hologram", `"x"`, textFlat(`"x"`)},
	{"hologram", `null`, Flat{}},

	{"date", `null`, Flat{}},
	{"date", `{"start":"2026-12-01","end":null,"time_zone":null}`, momentFlat("2026-12-01T00:00:00Z")},
	{"date", `{"start":"2026-12-01"}`, momentFlat("2026-12-01T00:00:00Z")},
	{"date", `{"start":"2026-12-01","time_zone":"Europe/Berlin"}`, momentFlat("2026-12-01T00:00:00Z")},
	{"date", `{"start":"2026-12-01","end":"2026-12-24"}`, rangeFlat("2026-12-01T00:00:00Z", "2026-12-24T00:00:00Z", "")},
	{"date", `{"start":"2026-12-01T09:30:00.000+01:00","end":null,"time_zone":null}`, zonedFlat("2026-12-01T08:30:00Z", "+01:00")},
	{"date", `{"start":"2026-12-01T09:30:15.250Z","end":"2026-12-02T09:30:15Z"}`, rangeFlat("2026-12-01T09:30:15.25Z", "2026-12-02T09:30:15Z", "Z")},
	{"date", `{"start":"2026-12-01T09:30-03:30"}`, zonedFlat("2026-12-01T13:00:00Z", "-03:30")},
	{"date", `{"start":"2026-03-28T09:30:00.000+01:00","end":"2026-03-29T09:30:00.000+02:00"}`, rangeFlat("2026-03-28T08:30:00Z", "2026-03-29T07:30:00Z", "+01:00")},
	{"date", `{"start":"2026-03-28T09:30:00.000","end":"2026-03-29T09:30:00.000","time_zone":"Europe/Berlin"}`, rangeFlat("2026-03-28T08:30:00Z", "2026-03-29T07:30:00Z", "Europe/Berlin")},
	{"date", `{"start":"2026-07-01T09:30","time_zone":"America/New_York"}`, zonedFlat("2026-07-01T13:30:00Z", "America/New_York")},
	{"date", `{"start":"2026-12-01T09:30:00.000+05:00","time_zone":"Europe/Berlin"}`, zonedFlat("2026-12-01T04:30:00Z", "Europe/Berlin")},
	{"date", `{"start":"2026-12-01T09:30:00.000Z","time_zone":"Middle/Earth"}`, zonedFlat("2026-12-01T09:30:00Z", "Middle/Earth")},
	{"date", `{"start":"2026-12-01T09:30:00.000","time_zone":"Middle/Earth"}`, Flat{}},
	{"date", `{"start":"2026-12-01T09:30:00.000","time_zone":"Local"}`, Flat{}},
	{"date", `{"start":"2026-12-01T09:30:00.000","time_zone":"Europe//Berlin"}`, Flat{}},
	{"date", `{"start":"2026-12-01T09:30:00.000"}`, Flat{}}, // nobody says where
	{"date", `{"start":null}`, Flat{}},
	{"date", `{"start":""}`, Flat{}},
	{"date", `{"start":"some day"}`, Flat{}},
	{"date", `{"start":"2026-02-30"}`, Flat{}},
	{"date", `{"start":"2026-12-01T25:00:00Z"}`, Flat{}},
	{"date", `{"start":"2026-12-01","end":"some day"}`, Flat{}},
	{"date", `{"start":"2026-12-01","end":7}`, Flat{}},
	{"date", `{"start":"2026-12-01","time_zone":{}}`, Flat{}},

	{"formula", `{"type":"string","string":"high"}`, textFlat("high").as("string")},
	{"formula", `{"string":"","type":"string"}`, textFlat("").as("string")},
	{"formula", `{"type":"string","string":null}`, Flat{}},
	{"formula", `{"type":"number","number":16.50}`, numberFlat(16.5).as("number")},
	{"formula", `{"type":"boolean","boolean":false}`, Flat{Type: FlatTruth, Result: "boolean"}},
	{"formula", `{"type":"date","date":{"start":"2026-12-01T09:30:00.000+01:00","end":"2026-12-02T09:30:00.000+01:00"}}`, momentFlat("2026-12-01T08:30:00Z").as("date")},
	{"formula", `{"type":"date","date":null}`, Flat{}},
	{"formula", `{"type":"unsupported","unsupported":{}}`, Flat{}},
	{"formula", `{"type":"matrix","matrix":[1, 2]}`, textFlat("[1, 2]").as("matrix")},
	{"formula", `{"type":"matrix","matrix":null}`, Flat{}},
	{"formula", `{"type":"people","people":[]}`, textFlat("[]").as("people")},
	{"rollup", `{"type":"number","number":3,"function":"sum"}`, numberFlat(3).as("number")},
	{"rollup", `{"type":"number","number":null,"function":"sum"}`, Flat{}},
	{"rollup", `{"type":"date","date":{"start":"2026-12-01","end":"2026-12-02"},"function":"date_range"}`, momentFlat("2026-12-01T00:00:00Z").as("date")},
	{"rollup", `{"type":"unsupported","unsupported":{},"function":"median"}`, Flat{}},
	{"rollup", `{"type":"incomplete","incomplete":{},"function":"sum"}`, Flat{}},
	{"rollup", `{"type":"array","array":[],"function":"show_original"}`, listFlat().as("array")},
	{"rollup", `{"type":"array","array":null,"function":"show_original"}`, Flat{}},
	{"rollup", `{"type":"array","array":[{"type":"title","title":[]},{"type":"title","title":[{"plain_text":"x"}]},{"type":"number","number":8.00},{"type":"number","number":null},{"type":"number","number":1e400}]}`,
		listFlat("x", "8.00", "1e400").as("array")},
	{"rollup", `{"type":"array","array":[{"type":"checkbox","checkbox":false},{"type":"select","select":{"name":"A"}},{"type":"select","select":null},{"type":"url","url":"u"},{"type":"url","url":""}]}`,
		listFlat("false", "A", "u").as("array")},
	{"rollup", `{"type":"array","array":[{"type":"relation","relation":[{"id":"a"},{"id":"b"}]},{"type":"people","people":[{"id":"u","name":"U"}]},{"type":"multi_select","multi_select":[{"name":"m"},{"name":""}]},{"type":"files","files":[]}]}`,
		listFlat("a", "b", "u", "m").as("array")},
	{"rollup", `{"type":"array","array":[{"type":"date","date":{"start":"2026-12-01","end":null}},{"type":"date","date":{"start":"2026-12-01T09:30:00.000+01:00","end":"2026-12-02T09:30:00.000+01:00"}},{"type":"date","date":null},{"type":"created_time","created_time":"2026-03-01T19:05:00.000Z"}]}`,
		listFlat("2026-12-01", "2026-12-01T09:30:00.000+01:00/2026-12-02T09:30:00.000+01:00", "2026-03-01T19:05:00.000Z").as("array")},
	{"rollup", `{"type":"array","array":[{"type":"formula","formula":{"type":"number","number":1.50}},{"type":"formula","formula":{"type":"boolean","boolean":true}},{"type":"formula","formula":{"type":"string","string":"s"}},{"type":"formula","formula":{"type":"date","date":{"start":"2026-12-01"}}},{"type":"formula","formula":{"type":"unsupported","unsupported":{}}},{"type":"formula","formula":{"type":"string","string":null}},{"type":"formula","formula":{"type":"matrix","matrix":[1]}}]}`,
		listFlat("1.50", "true", "s", "2026-12-01", "[1]").as("array")},
	{"rollup", `{"type":"array","array":[{"type":"rollup","rollup":{"type":"array","array":[{"type":"number","number":1},{"type":"number","number":2}]}},{"type":"rollup","rollup":{"type":"array","array":null}},{"type":"unique_id","unique_id":{"prefix":"P","number":3}}]}`,
		listFlat("1", "2", "P-3").as("array")},
	{"rollup", `{"type":"array","array":[{"type":"verification","verification":{"state":"verified"}},{"type":"button","button":{}},{"type":"unsupported","unsupported":{}},{"type":"created_by","created_by":{"id":"u"}},{"type":"hologram","hologram":[1]}]}`,
		listFlat(`{"state":"verified"}`, "u", "[1]").as("array")},
	{"rollup", `{"type":"array","array":[{"type":"string","string":"s"},{"type":"boolean","boolean":true},{"type":"array","array":[{"type":"string","string":"t"}]}]}`,
		listFlat("s", "true", "t").as("array")},

	// Other forms than Notion's are no values.
	{"title", `7`, Flat{}},
	{"title", `["x"]`, Flat{}},
	{"rich_text", `[{"plain_text":7}]`, Flat{}},
	{"url", `7`, Flat{}},
	{"select", `"x"`, Flat{}},
	{"select", `{"id":"a"}`, Flat{}},
	{"select", `{"name":null}`, Flat{}},
	{"unique_id", `{"prefix":7,"number":12}`, Flat{}},
	{"unique_id", `{"prefix":"PRJ","number":"12"}`, Flat{}},
	{"unique_id", `"PRJ-12"`, Flat{}},
	{"number", `"7"`, Flat{}},
	{"number", `[1]`, Flat{}},
	{"checkbox", `"true"`, Flat{}},
	{"checkbox", `1`, Flat{}},
	{"created_time", `"2026-03-01"`, Flat{}},
	{"created_time", `"2026-03-01T19:05:00.000"`, Flat{}},
	{"created_time", `7`, Flat{}},
	{"created_by", `{"id":""}`, Flat{}},
	{"created_by", `{"id":7}`, Flat{}},
	{"created_by", `"u1"`, Flat{}},
	{"people", `{"a":1}`, Flat{}},
	{"people", `[{"name":"Ada"}]`, Flat{}},
	{"relation", `[{"id":"a"},7]`, Flat{}},
	{"multi_select", `["a"]`, Flat{}},
	{"date", `"2026-12-01"`, Flat{}},
	{"formula", `7`, Flat{}},
	{"formula", `{"type":"number"}`, Flat{}},
	{"formula", `{"type":"number","number":"7"}`, Flat{}},
	{"formula", `{"type":7,"7":7}`, Flat{}},
	{"formula", `{"number":7}`, Flat{}},
	{"rollup", `{"type":"array","array":7}`, Flat{}},
	{"rollup", `{"type":"array","array":["x"]}`, Flat{}},
	{"rollup", `{"type":"array","array":[{"type":"number","number":1},{"type":"number","number":"2"}]}`, Flat{}},
	{"rollup", `{"type":"array","array":[{"type":"date","date":7}]}`, Flat{}},
	{"rollup", `{"type":"array","array":[{"type":"date","date":{"start":null}}]}`, Flat{}},
	{"rollup", `{"type":"array","array":[{"type":"formula","formula":7}]}`, Flat{}},
	{"rollup", `{"type":"array","array":[{"type":"rollup","rollup":{"type":"array","array":7}}]}`, Flat{}},
	{"rollup", `{"type":"array","array":` + strings.Repeat(`[{"type":"rollup","rollup":{"type":"array","array":`, 9) + `[]` + strings.Repeat(`}}]`, 9) + `}`, Flat{}},
}

func textFlat(text string) Flat      { return Flat{Type: FlatText, Text: text} }
func numberFlat(number float64) Flat { return Flat{Type: FlatNumber, Number: number} }
func listFlat(list ...string) Flat {
	return Flat{Type: FlatList, List: append([]string{}, list...)}
}
func momentFlat(at string) Flat      { return rangeFlat(at, "", "") }
func zonedFlat(at, zone string) Flat { return rangeFlat(at, "", zone) }
func rangeFlat(start, end, zone string) Flat {
	flat := Flat{Type: FlatMoment, Moment: mustTime(start), TimeZone: zone}
	if end != "" {
		flat.End = mustTime(end)
	}
	return flat
}

// as is the flat as a result of that type.
func (f Flat) as(result string) Flat { f.Result = result; return f }

func mustTime(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}

func TestValuesAreFlat(t *testing.T) {
	for _, c := range flats {
		for _, value := range []string{
			`{"id":"x","type":"` + c.kind + `","` + c.kind + `":` + c.value + `}`,
			`{ "` + c.kind + `" : ` + c.value + " \n,\"has_more\":false, \"type\":\"" + c.kind + `" , "id":"x" }`,
		} {
			one := only(t, value)
			if diff := cmp.Diff(c.want, one.Flat()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", value, diff)
			}
		}
	}
}

// only is the one property of an object.
func only(t *testing.T, value string) (one Property) {
	t.Helper()
	for p := range PropertiesOf([]byte(`{"P":` + value + `}`)) {
		one = p
	}
	if one.Name != "P" || one.ID != "x" || string(one.JSON) != value {
		t.Fatalf("%s reads as %+v", value, one)
	}
	return one
}

// A column has the type that its property's type says, or a value's result.
func TestValuesHaveTheTypesOfTheirColumns(t *testing.T) {
	for _, c := range flats {
		want, fixed := FlatTypeOf(c.kind)
		if got := c.want.Type; fixed && got != "" && got != want {
			t.Errorf("%s %s has the type %s, and its column %s", c.kind, c.value, got, want)
		}
		if (c.want.Result != "") != (!fixed && c.want.Type != "") {
			t.Errorf("%s %s has the result %q", c.kind, c.value, c.want.Result)
		}
	}
}

// What was cut, or is no JSON, is no value: a number without its last digits is another.
func TestACutValueIsNoValue(t *testing.T) {
	for _, c := range flats {
		value := `{"type":"` + c.kind + `","` + c.kind + `":` + c.value + `}`
		for i := range value {
			if got := (Property{Kind: c.kind, JSON: []byte(value[:i])}).Flat(); got.Type != "" {
				t.Errorf("%s reads as %+v", value[:i], got)
			}
		}
	}
	for _, c := range []struct{ kind, value string }{
		{"number", ``}, {"number", `null`}, {"number", `[]`}, {"number", `"x"`}, {"number", `{"number"`}, {"number", `{"number":}`},
		{"number", "{\"number\":1,\"x\":\"\xff\"}"},
		{"people", `{"people":[{"id":"u",7}],"x":1}`},
		{"formula", `{"formula":{"type":"date","date":{"start":"2026-12-01",7}},"x":1}`},
		{"rollup", `{"rollup":{"type":"array","array":[{"type":"people","people":[{"id":"u",7}]}]},"x":1}`},
	} {
		if got := (Property{Kind: c.kind, JSON: []byte(c.value)}).Flat(); got.Type != "" {
			t.Errorf("%s reads as %+v", c.value, got)
		}
	}
}
