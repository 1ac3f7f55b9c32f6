package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"notion-kafka/config"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
)

// loadFile loads a configuration with this text.
func (tt *terminal) loadFile(text string) *config.Config {
	tt.t.Helper()
	file := filepath.Join(tt.t.TempDir(), config.FileName)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tt.t.Fatal(err)
	}
	cfg, err := config.Load(config.Options{File: file, Environ: tt.environ})
	if err != nil {
		tt.t.Fatalf("%v\n%s", err, text)
	}
	return cfg
}

// indented indents each line of a text by so many spaces.
func indented(text string, spaces int) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.Repeat(" ", spaces) + line)
	}
	return b.String()
}

// The printed rules have all settings: pasted back, or into an empty configuration,
// every stream keeps its settings, and so does every database that is shared later.
func TestDiscoverYAMLSaysAllThatIsSet(t *testing.T) {
	const defaults = `
defaults:
  exclude_properties: ["Cost ${}", "\e[31mRed", "é: #1"]
  max_delete_ratio: 0.25
  overlap: 3m
`
	const head = `
sources:
  - name: acme
    token: ${NOTION_TOKEN}
`
	const own = `    topic_prefix: notion.acme.
    deletes: soft
    sync: full_table
    trigger: {cron: "0 6 * * 1-5", timezone: Europe/Berlin}
`
	tt := newTerminal(t)
	crm := tt.workspace.AddDatabase("Customers")
	for _, title := range []string{"Line\nbreak: - [x", "\x1b]0;title\a \"quotes\" 'and' # more \u2028 \u0085 \u007f", "Private plans", "Draft one", "", "日本語 🎉", "Unwanted thing"} {
		tt.workspace.AddDatabase(title, notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	}
	streams := `    streams:
      - match: databases
        trigger: {daily_at: "02:30"}
      - match: "title:private*"
        enabled: false
      - match: database_` + crm.ID() + `
        topic: crm.customers
        exclude_properties: [E-mail, 'a "quoted" name']
        deletes: both
        sweep: {weekly_on: sunday, at: "03:00", timezone: Europe/Berlin}
      - match: "title:draft*"
        sync: incremental
        sweep: off
        exclude_properties: []
        trigger: {manual: true}
        max_delete_ratio: 0
        overlap: 10m
        enabled: true
      - match: database_00000000-0000-0000-0000-00000000dead
        topic: crm.later
        publish: all
      - match: "title:un*"
        enabled: false
      - match: "title:[^u]*"
        publish: all
`
	text := strings.ReplaceAll(defaults, "${}", "$${}") + head + own + streams
	if err := os.WriteFile(config.FileName, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	printed, _ := tt.must(1, "discover", "--output", "yaml") // a database that a rule names by id does not exist
	listed, _ := tt.must(1, "discover", "--output", "json")
	var offers []producer.Offer
	if err := json.Unmarshal([]byte(listed), &offers); err != nil || len(offers) != 10 {
		t.Fatalf("%d offers, %v\n%s", len(offers), err, listed)
	}
	for _, later := range []string{"Private too", "Draft two", "Unheard of", "Anything", ""} {
		id := "11111111-0000-0000-0000-000000000000"
		offers = append(offers, producer.Offer{Stream: producer.DatabaseStream(id), DatabaseID: &id, Title: later})
	}
	dead := "00000000-0000-0000-0000-00000000dead"
	offers = append(offers, producer.Offer{Stream: producer.DatabaseStream(dead), DatabaseID: &dead, Title: "Private and configured"})
	before := tt.loadFile(text).ResolvedSources()[0]
	pasted := "    streams:\n" + indented(printed, 6)
	for where, file := range map[string]string{
		"where it came from":   strings.ReplaceAll(defaults, "${}", "$${}") + head + own + pasted,
		"into a source alone":  head + pasted,
		"under other defaults": strings.ReplaceAll(defaults, "${}", "$${}") + head + pasted,
	} {
		after := tt.loadFile(file).ResolvedSources()[0]
		for _, o := range offers {
			id := ""
			if o.DatabaseID != nil {
				id = *o.DatabaseID
			}
			want, selectedBefore := before.StreamFor(o.Stream, id, o.Title)
			got, selectedAfter := after.StreamFor(o.Stream, id, o.Title)
			if selectedBefore != selectedAfter {
				t.Errorf("pasted %s: %s (%q) selected: %v, was %v", where, o.Stream, o.Title, selectedAfter, selectedBefore)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(config.StreamSettings{}, "Match")); diff != "" {
				t.Errorf("pasted %s: %s (%q) (-was +is):\n%s", where, o.Stream, o.Title, diff)
			}
		}
	}
	if t.Failed() {
		t.Log(printed)
	}
}

// Pasting the rules back keeps excluded properties excluded.
func TestPastedRulesPublishNoExcludedProperty(t *testing.T) {
	tt := serving(t)
	db := tt.workspace.AddDatabase("Customers", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "E-mail", Kind: notiontest.KindRichText})
	db.AddPage("Ada", notiontest.Values{"E-mail": "ada@example.com"})
	const source = "sources:\n  - name: acme\n    token: ${NOTION_TOKEN}\n    streams:\n"
	write := func(rules string) {
		if err := os.WriteFile(config.FileName, []byte(source+indented(rules, 6)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("- match: database_" + db.ID() + "\n  topic: crm.customers\n  exclude_properties: [E-mail]\n")
	tt.must(0, "once")
	printed, _ := tt.must(0, "discover", "--output", "yaml")
	write(printed)
	tt.must(0, "once", "--full", "--republish")
	records, _ := tt.must(0, "tail", "crm.customers", "--no-follow")
	if strings.Count(records, "\n") != 2 || strings.Contains(records, "ada@example.com") {
		t.Errorf("the topic has, after the rules were pasted back:\n%s%s", printed, records)
	}
}

// A title stays on its line and sends no commands to the terminal.
func TestTitlesKeepToTheirLineOfATable(t *testing.T) {
	tt := serving(t)
	tt.workspace.AddDatabase("Red \x1b[31m\nand\tmore \u202e backwards", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}).AddPage("a", nil)
	for _, args := range [][]string{{"once"}, {"discover"}, {"state", "show"}, {"discover", "--output", "yaml"}} {
		out, _ := tt.must(0, args...)
		if !strings.Contains(out, "Red [31m and more backwards") {
			t.Errorf("%s:\n%q", strings.Join(args, " "), out)
		}
	}
}
