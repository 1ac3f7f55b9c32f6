package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode"

	"notion-kafka/config"
	"notion-kafka/notion/notiontest"
)

// hostile is text from other people: it sets colours and the window's title, clears the
// screen, changes the direction of writing, and begins a line of its own.
const hostile = "Evil \x1b]0;PWNED\a \x1b[2J\u009b31m red \u0085 \u202e backwards \u2066 \x7f \r\nFORGED  row\tof a table"

// keepsToTheLine checks that the output of a command has nothing that a terminal
// executes, and no line that hostile text began.
func keepsToTheLine(t *testing.T, command, written string) {
	t.Helper()
	for _, r := range written {
		if r != '\n' && r != '\t' && !unicode.IsGraphic(r) {
			t.Errorf("%s writes %U:\n%q", command, r, written)
			break
		}
	}
	for line := range strings.Lines(written) {
		if strings.HasPrefix(strings.TrimLeft(line, "# "), "FORGED") {
			t.Errorf("%s has a line that is not its own:\n%s", command, written)
		}
	}
}

// No command sends a terminal what a title or a name from Notion contains, and JSON and
// YAML have the whole text.
func TestNotionCannotControlTheTerminal(t *testing.T) {
	tt := serving(t)
	tt.workspace.AddDatabase(hostile, notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}).AddPage(hostile, nil)
	tt.workspace.AddDatabase(hostile+" too", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	for _, line := range []string{
		"discover", "discover --output yaml", "discover --output json", "check", "once --log-level debug --log-format text",
		"once --full --log-level debug --log-format json", "state show", "state show --output json", "schema Nothing", "once --stream Nothing",
		"tail notion.notion.databases --no-follow", "state reset --source notion --stream Nothing",
	} {
		_, out, talk := tt.run(strings.Fields(line)...)
		keepsToTheLine(t, line, out)
		keepsToTheLine(t, line, talk)
		if !strings.Contains(out+talk, "PWNED") && line != "check" && line != "schema Nothing" {
			t.Errorf("%s says nothing of the title:\n%s%s", line, out, talk)
		}
		if strings.Contains(line, "json") && !strings.Contains(line, "once") && !strings.Contains(out, `\u202e`) {
			t.Errorf("%s loses a part of the title:\n%s", line, out)
		}
	}
}

// Responses of a daemon are not trusted either: its histories contain text from Notion.
func TestDaemonCannotControlTheTerminal(t *testing.T) {
	asJSON := func(text string) string {
		said, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(said)
	}
	title := asJSON(hostile)
	problem := asJSON(strings.ReplaceAll(hostile, "\nFORGED", "")) // a problem of the daemon may have several lines
	stream := `"stream":"database_1","title":` + title + `,"topic":"t","kind":"scan","status":"failed","error":` + problem
	run := `{"id":"R1","source":"acme","trigger":"manual","status":"failed","error":` + problem + `,"streams":[{` + stream + `}],` +
		`"log":[{"time":"now","level":"INFO","msg":` + title + `,"a":` + title + `,"b":"\u001b[2J","c":["\u009b"]}]}`
	d := newFakeDaemon(t, map[string][]string{
		"GET /api/v1/sources":              {`200 [{"name":"acme","status":"failing","reason":` + title + `}]`},
		"GET /api/v1/sources/acme":         {`200 {"name":"acme","status":"failing","reason":` + title + `}`},
		"GET /api/v1/sources/acme/streams": {"200 [{" + stream + `,"enabled":true},{` + stream + `}]`},
		"GET /api/v1/sources/acme/runs":    {"200 [" + run + "]"},
		"GET /api/v1/runs/R1":              {"200 " + run},
		"GET /api/v1/runs/R1/events":       {eventsOf(run)},
		"POST /api/v1/sources/acme/runs":   {"202 " + run},
		"PUT /api/v1/sources/acme/pause":   {"200 " + `{"name":"acme","status":` + problem + `}`},
		"DELETE /api/v1/sources/acme":      {"409 " + `{"title":"Conflict","status":409,"detail":` + problem + `}`},
	})
	for _, line := range []string{
		"sources", "sources --output json", "sources show acme", "sources show acme --output json", "runs acme", "runs acme --output json",
		"runs show R1", "runs show R1 --output json", "runs follow R1", "trigger acme --wait", "pause acme", "trigger acme --stream Nothing",
		"sources remove acme",
	} {
		_, out, talk := d.run("", strings.Fields(line)...)
		keepsToTheLine(t, line, out+talk)
		if strings.Contains(line, "json") && !strings.Contains(out, `\u202e`) {
			t.Errorf("%s loses a part of the text:\n%s", line, out)
		}
	}
}

// Printed rules name what the configuration names, whatever characters it has.
func TestPrintedRulesKeepCharactersThatAreNotShown(t *testing.T) {
	tt := serving(t)
	tt.workspace.AddDatabase("Customers", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	const names = `["e\u202email", "👩\u200d👧 \u00a0 family", "\ufeff #1: \u0085", "\U000e0041"]`
	head := "sources:\n  - name: acme\n    token: ${NOTION_TOKEN}\n"
	text := head + "    streams:\n      - match: \"title:\\u2066*\"\n        enabled: false\n      - match: \"title:*\"\n        exclude_properties: " + names + "\n"
	if err := os.WriteFile(config.FileName, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	printed, talk := tt.must(0, "discover", "--output", "yaml")
	keepsToTheLine(t, "discover", printed+talk)
	before, after := tt.loadFile(text), tt.loadFile(head+"    streams:\n"+indented(printed, 6))
	want, _ := before.ResolvedSources()[0].StreamFor("database_1", "1", "Later")
	got, _ := after.ResolvedSources()[0].StreamFor("database_1", "1", "Later")
	if strings.Join(got.ExcludeProperties, "|") != strings.Join(want.ExcludeProperties, "|") {
		t.Errorf("pasted it excludes %q, want %q\n%s", got.ExcludeProperties, want.ExcludeProperties, printed)
	}
	if _, selected := after.ResolvedSources()[0].StreamFor("database_1", "1", "\u2066 hidden"); selected {
		t.Errorf("pasted it selects what was switched off\n%s", printed)
	}
}
