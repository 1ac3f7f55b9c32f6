package notion

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// texts are property values of every kind, and what a person reads.
var texts = []struct{ kind, value, want string }{
	{"title", `[{"type":"text","plain_text":"Website "},{"plain_text":"relaunch"}]`, "Website relaunch"},
	{"title", `[]`, ""},
	{"title", `[{"plain_text":null},{},{"plain_text":"x"}]`, "x"},
	{"rich_text", `[{"plain_text":"two\nlines\tand  spaces "}]`, "two lines and spaces"},
	{"rich_text", `[{"plain_text":"\u0000\u001b[31mred"}]`, "[31mred"},
	{"rich_text", `[{"plain_text":"\ud83d"}]`, "\ufffd"},
	{"number", `12345678901234567890.10`, "12345678901234567890.10"},
	{"number", `-1e400`, "-1e400"},
	{"number", `0`, "0"},
	{"number", `null`, ""},
	{"select", `{"id":"a","name":"In progress","color":"blue"}`, "In progress"},
	{"select", `null`, ""},
	{"status", `{"id":"a","name":"Done","color":"green"}`, "Done"},
	{"multi_select", `[{"name":"web"},{"name":"q4"}]`, "web, q4"},
	{"multi_select", `[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"},{"name":"e"}]`, "a, b, c +2"},
	{"multi_select", `[]`, ""},
	{"date", `null`, ""},
	{"date", `{"start":"2026-12-01","end":null,"time_zone":null}`, "2026-12-01"},
	{"date", `{"start":"2026-12-01","end":"2026-12-24","time_zone":null}`, "2026-12-01 → 2026-12-24"},
	{"date", `{"start":"2026-12-01T09:30:00.000+01:00","end":null,"time_zone":null}`, "2026-12-01 09:30 +01:00"},
	{"date", `{"start":"2026-12-01T09:30:15.000Z","end":"2026-12-01T11:00:00.000Z"}`, "2026-12-01 09:30:15 → 2026-12-01 11:00 UTC"},
	{"date", `{"start":"2026-03-28T09:30:00.000+01:00","end":"2026-03-29T09:30:00.000+02:00"}`, "2026-03-28 09:30 +01:00 → 2026-03-29 09:30 +02:00"},
	{"date", `{"start":"2026-12-01T09:30:00.000","end":null,"time_zone":"Europe/Berlin"}`, "2026-12-01 09:30 Europe/Berlin"},
	{"date", `{"start":"2026-12-01T09:30:00.000+01:00","end":null,"time_zone":"Europe/Berlin"}`, "2026-12-01 09:30 +01:00 Europe/Berlin"},
	{"date", `{"start":"some day","end":null}`, "some day"},
	{"people", `[{"object":"user","id":"u1","name":"Ada"},{"object":"user","id":"u2"},{"object":"group","id":"g","name":null}]`, "Ada, u2, g"},
	{"people", `[{"id":"1"},{"id":"2"},{"id":"3"},{"id":"4"}]`, "1, 2, 3 +1"},
	{"files", `[{"name":"plan.pdf","type":"file","file":{"url":"https://files.example/secret?X-Amz-Signature=1"}}]`, "plan.pdf"},
	{"files", `[{"name":"https://files.example/a/b/plan.pdf?X-Amz-Signature=1#x","type":"external"}]`, "plan.pdf"},
	{"files", `[{"name":"https://user:secret@files.example","type":"external"},{"name":""},{"name":"https://files.example/?key=1"}]`, "file, file, file"},
	{"checkbox", `true`, "yes"},
	{"checkbox", `false`, "no"},
	{"url", `"https://example.com/?a=b"`, "https://example.com/?a=b"},
	{"url", `null`, ""},
	{"email", `"ada@example.com"`, "ada@example.com"},
	{"phone_number", `"+49 30 1"`, "+49 30 1"},
	{"formula", `{"type":"string","string":"high"}`, "high"},
	{"formula", `{"type":"string","string":null}`, ""},
	{"formula", `{"type":"number","number":16.50}`, "16.50"},
	{"formula", `{"type":"boolean","boolean":false}`, "no"},
	{"formula", `{"type":"date","date":{"start":"2026-12-01","end":null,"time_zone":null}}`, "2026-12-01"},
	{"formula", `{"type":"date","date":null}`, ""},
	{"formula", `{"type":"unsupported","unsupported":{}}`, "cut by Notion"},
	{"formula", `{"type":"matrix","matrix":[1]}`, `{"type":"matrix","matrix":[1]}`},
	{"relation", `[{"id":"a"},{"id":"b"}]`, "2 pages"},
	{"relation", `[{"id":"a"}]`, "1 page"},
	{"relation", `[]`, ""},
	{"rollup", `{"type":"number","number":3,"function":"sum"}`, "3"},
	{"rollup", `{"type":"number","number":null,"function":"sum"}`, ""},
	{"rollup", `{"type":"date","date":{"start":"2026-12-01","end":"2026-12-02"},"function":"date_range"}`, "2026-12-01 → 2026-12-02"},
	{"rollup", `{"type":"array","array":[{"type":"number","number":8},{"type":"title","title":[]},{"type":"title","title":[{"plain_text":"x"}]}],"function":"show_original"}`, "8, x"},
	{"rollup", `{"type":"array","array":[{"type":"checkbox","checkbox":true},{"type":"relation","relation":[{"id":"a"}]},{"type":"number","number":1},{"type":"number","number":2}]}`, "yes, 1 page, 1 +1"},
	{"rollup", `{"type":"unsupported","unsupported":{},"function":"median"}`, "cut by Notion"},
	{"rollup", `{"type":"incomplete","incomplete":{},"function":"sum"}`, "cut by Notion"},
	{"created_time", `"2026-03-01T19:05:00.000Z"`, "2026-03-01 19:05 UTC"},
	{"last_edited_time", `"2026-09-04T14:30:00.000Z"`, "2026-09-04 14:30 UTC"},
	{"created_by", `{"object":"user","id":"u1","name":"Ada"}`, "Ada"},
	{"last_edited_by", `{"object":"user","id":"u1"}`, "u1"},
	{"unique_id", `{"prefix":"PRJ","number":12}`, "PRJ-12"},
	{"unique_id", `{"prefix":null,"number":12}`, "12"},
	{"unique_id", `{"prefix":"PRJ","number":null}`, ""},
	{"button", `{}`, ""},
	{"verification", `{"state":"verified","date":null,"verified_by":null}`, "verified"},
	{"verification", `null`, ""},
	{"place", `{"lat":52.5,"lon":13.4,"name":"Office","address":"Berlin"}`, "Office"},
	{"place", `{"lat":52.5,"lon":13.4,"name":null,"address":null}`, `{"lat":52.5,"lon":13.4,"name":null,"address":null}`},
	{"place", `null`, ""},
	{"last_visited_time", `"2026-03-01T19:05:00.000Z"`, "2026-03-01T19:05:00.000Z"},
	{"hologram", `{"beams":[` + strings.Repeat("1,", 100) + `2]}`, `{"beams":[` + strings.Repeat("1,", 34) + "1…"},
	{"rich_text", `[{"plain_text":"` + strings.Repeat("ü", 121) + `"}]`, strings.Repeat("ü", 119) + "…"},
	{"rich_text", `[{"plain_text":"` + strings.Repeat("ü", 120) + `"}]`, strings.Repeat("ü", 120)},
	{"multi_select", `[{"name":"` + strings.Repeat("a", 200) + `"},{"name":"b"},{"name":"c"},{"name":"d"}]`, strings.Repeat("a", 116) + "… +1"},

	{"title", `7`, ""},
	{"number", `[1]`, "[1]"},
	{"select", `"x"`, ""},
	{"people", `{"a":1}`, ""},
	{"relation", `{"a":1}`, ""},
	{"formula", `7`, ""},
	{"rollup", `{"type":"array","array":7}`, ""},
}

func TestPropertiesAreTexts(t *testing.T) {
	for _, c := range texts {
		value := `{"id":"x","type":"` + c.kind + `","` + c.kind + `":` + c.value + `}`
		if got := PropertyText([]byte(value)); got != c.want {
			t.Errorf("%s reads %q, want %q", value, got, c.want)
		}
	}
	for value, want := range map[string]string{
		`{"type":"relation","relation":[{"id":"a"},{"id":"b"}],"has_more":true}`: "2+ pages",
		`{"type":"title"}`:          "",
		`{"title":[]}`:              "",
		`{"type":7,"7":1}`:          "",
		`{"type":"type"}`:           "type",
		`null`:                      "",
		`[]`:                        "",
		``:                          "",
		`{"type":"number","number"`: "",
	} {
		if got := PropertyText([]byte(value)); got != want {
			t.Errorf("%s reads %q, want %q", value, got, want)
		}
	}
}

func FuzzPropertyText(f *testing.F) {
	for _, c := range texts {
		f.Add([]byte(`{"type":"` + c.kind + `","` + c.kind + `":` + c.value + `}`))
	}
	f.Add([]byte(strings.Repeat(`{"type":"rollup","rollup":{"type":"array","array":[`, 50) + strings.Repeat(`]}}`, 50)))
	f.Fuzz(func(t *testing.T, value []byte) { isText(t, value, PropertyText(value)) })
}

// isText checks what is true of every text.
func isText(t *testing.T, value []byte, text string) {
	t.Helper()
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > 120 || strings.ContainsFunc(text, unicode.IsControl) || strings.TrimSpace(text) != text {
		t.Errorf("%s reads %q", value, text)
	}
}

func TestRecordedPropertiesAreTexts(t *testing.T) {
	for i, line := range fixtureLines(t, "pages.ndjson") {
		for name, value := range rawObject(t, rawObject(t, line)["properties"]) {
			text := PropertyText(value)
			isText(t, value, text)
			kind := stringOf(rawObject(t, value)["type"])
			content := string(rawObject(t, value)[kind])
			empty := content == "null" || content == "[]" || content == "{}" || kind == "button" || strings.Contains(content, `:null`)
			if text == "" && !empty || kind == "files" && strings.Contains(text, "://") {
				t.Errorf("page %d, %s: %.300s reads %q", i+1, name, value, text)
			}
		}
	}
}
