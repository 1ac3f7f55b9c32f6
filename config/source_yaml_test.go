package config

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The YAML is what a person would have written: the keys in the order of the manual, a
// trigger on one line, a rule on lines of its own, and a variable in place of the token.
func TestASourceIsWrittenAsAPersonWouldWriteIt(t *testing.T) {
	const spec = `{"streams":[{"match":"databases"},
		{"sync":"full_table","topic":"notion.acme.tasks","match":"database_248104cd477e80fdb757e945d38000bd","trigger":{"daily_at":"02:30"}},
		{"match":"title:Private*","enabled":false}],
		"sweep":"off","trigger":{"every":"5m"},"description":"costs ${MUCH}: a lot","token":"ntn_hunter2","name":"acme-eu","exclude_properties":["Salary","%3Ax"],"colour":"red"}`
	const want = `- name: acme-eu
  description: 'costs $${MUCH}: a lot'
  token: ${ACME_EU_NOTION_TOKEN} # set this variable to the token of the connection
  trigger: {every: 5m}
  sweep: off
  exclude_properties: [Salary, '%3Ax']
  streams:
    - match: databases
    - match: database_248104cd477e80fdb757e945d38000bd
      topic: notion.acme.tasks
      trigger: {daily_at: '02:30'}
      sync: full_table
    - match: title:Private*
      enabled: false
  colour: red
`
	if diff := cmp.Diff(want, SourceYAML(json.RawMessage(spec))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	const editable = `- name: acme-eu
  description: 'costs ${MUCH}: a lot'
  oauth: true
`
	if diff := cmp.Diff(editable, EditableYAML(json.RawMessage(`{"oauth":true,"description":"costs ${MUCH}: a lot","token":"ntn_hunter2","name":"acme-eu"}`))); diff != "" {
		t.Errorf("for editing (-want +got):\n%s", diff)
	}
}

// What is unfinished, wrong or hostile is written too, and no secret of it.
func TestAnythingIsWrittenAsYAML(t *testing.T) {
	for spec, want := range map[string]string{
		``:     "",
		`null`: "",
		`[1]`:  "",
		`{}`:   "- token: ${NOTION_TOKEN} # set this variable to the token of the connection\n",
		`{"name": "7/eleven", "token_file": "/etc/passwd", "streams": {"a": [1]}, "trigger": 5}`: "- name: 7/eleven\n  token: ${SOURCE_7_ELEVEN_NOTION_TOKEN} # set this variable to the token of the connection\n" +
			"  trigger: 5\n  streams: {a: [1]}\n",
		`{"name": null, "oauth": true, "token": {"a": "ntn_hunter2"}, "streams": [], "description": "a\n: b\u202e\u0007"}`: "- name:\n  description: \"a\\n: b\\U0000202e\\a\"\n  oauth: true\n  streams: []\n",
	} {
		if diff := cmp.Diff(want, SourceYAML(json.RawMessage(spec))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", spec, diff)
		}
	}
	deep := `{"x": ` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`
	if written := SourceYAML(json.RawMessage(deep)); len(written) > 100_000 {
		t.Errorf("a list in a list in a list … becomes %d bytes", len(written))
	}
}

// Loaded from a file, with the variable set, the YAML is the same source; written for
// editing and read as the command does, it is the same JSON.
func TestTheYAMLOfASourceLoadsAgain(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 2026))
	for range 150 {
		spec := randomSource(random)
		src, err := ParseSource(spec, plain(t), nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, spec)
		}
		written := SourceYAML(spec)
		if strings.Contains(written, "ntn_hunter2") {
			t.Fatalf("the token is in\n%s", written)
		}
		cfg := load(t, "sources:\n"+written, Options{Environ: []string{TokenVariable(src.Name) + "=ntn_hunter2"}})
		if diff := cmp.Diff(src, cfg.ResolvedSources()[0], revealed); diff != "" {
			t.Fatalf("(-json +yaml):\n%s\n%s", diff, written)
		}
	}
}

// randomSource is a valid element of sources: with names and texts of every kind.
func randomSource(random *rand.Rand) json.RawMessage {
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	text := func() string {
		return pick("Salary", "null", "yes", "1e3", "0x1F", "~", "- a", "a: b", "# no", "a #b", "&x", "*x", "!t", "%3Ax", "@", "`", "'", "\"", "\\", "a\nb", "\n", " a ", "\ta", "${X}", "$${X}", "…\u2028", "\u202e", "Größe", "😀", "2026-11-29", "06:00", "<<", "=", "{", "[a, b]", "a,b", "\u0000")
	}
	trigger := func() any {
		switch random.IntN(5) {
		case 0:
			return map[string]any{"every": pick("5m", "1h30m", "90s")}
		case 1:
			return map[string]any{"daily_at": "06:00", "timezone": "Europe/Berlin"}
		case 2:
			return map[string]any{"weekly_on": "monday", "at": "06:00"}
		case 3:
			return map[string]any{"cron": "*/5 * * * 1-5", "timezone": "UTC"}
		}
		return map[string]any{"manual": true}
	}
	settings := func(into map[string]any) {
		for key, value := range map[string]func() any{
			"trigger": trigger, "sync": func() any { return pick("incremental", "full_table") }, "deletes": func() any { return pick("soft", "none") },
			"sweep": func() any { return pick("off") }, "max_delete_ratio": func() any { return random.Float64() }, "overlap": func() any { return "3m" },
			"exclude_properties": func() any { return []string{text(), text()} },
		} {
			if random.IntN(3) == 0 {
				into[key] = value()
			}
		}
	}
	spec := map[string]any{"name": pick("acme", "a-b", "7", "null", "yes", "-"), "description": text()}
	if random.IntN(2) == 0 {
		spec["oauth"] = true
	} else {
		spec["token"] = "ntn_hunter2"
	}
	settings(spec)
	rules := []any{}
	for range random.IntN(4) {
		rule := map[string]any{"match": fmt.Sprintf("database_%032x", random.Uint64())}
		if random.IntN(2) == 0 {
			rule["topic"] = fmt.Sprintf("t.%d", random.Uint64())
		}
		if random.IntN(3) == 0 {
			rule = map[string]any{"match": fmt.Sprintf("title:%sx%d*", strings.NewReplacer(`\`, "", "[", "").Replace(text()), random.Uint64()), "enabled": false}
		}
		settings(rule)
		rules = append(rules, rule)
	}
	if len(rules) > 0 {
		spec["streams"] = rules
	}
	written, err := json.Marshal(spec)
	if err != nil {
		panic(err)
	}
	return written
}
