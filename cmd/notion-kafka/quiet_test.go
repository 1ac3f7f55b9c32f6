package main

import (
	"os"
	"strings"
	"testing"
)

func TestQuiet(t *testing.T) {
	d := newFakeDaemon(t, map[string][]string{
		"PUT /api/v1/sources/acme/pause":   {"200 " + fresh},
		"POST /api/v1/sources/acme/runs":   {"202 " + runningRun},
		"GET /api/v1/runs/R1/events":       {eventsOf(heldRun)},
		"POST /api/v1/discover":            {"200 " + discovery},
		"POST /api/v1/sources":             {"201 " + source},
		"DELETE /api/v1/sources/acme":      {"204 "},
		"DELETE /api/v1/runs/R1":           {"200 " + succeededRun},
		"PUT /api/v1/sources/other/resume": {"503 " + problemText(503, "no answer")},
	})
	for line, want := range map[string]string{
		"pause acme --quiet":          "",
		"sources remove acme -q":      "",
		"runs cancel R1 -q":           "",
		"sources add -q -f -":         "! names of people cannot be read\n",
		"trigger acme --wait --quiet": "notion-kafka: source acme, stream databases: needs_attention: 30 of 40 pages are missing\n",
		"resume other --quiet":        "notion-kafka: resuming source other: no answer\n",
	} {
		if _, _, talk := d.run(`{"name": "acme", "token": "t"}`, strings.Fields(line)...); talk != want {
			t.Errorf("%s: on stderr there is\n%s, want\n%s", line, talk, want)
		}
	}
}

// Quiet is no reason to hide a warning of the log.
func TestQuietLogsWarnings(t *testing.T) {
	tt := newTerminal(t)
	tt.addTasks(1)
	if _, talk := tt.must(0, "once", "--quiet", "--log-format", "text"); strings.Contains(talk, "level=INFO") || !strings.Contains(talk, "level=WARN") {
		t.Errorf("the log is\n%s", talk)
	}
	if _, talk := tt.must(0, "once", "--quiet", "--log-level", "error"); talk != "" {
		t.Errorf("with --log-level error the log is\n%s", talk)
	}
}

func TestCheckQuietlyAndAsJSON(t *testing.T) {
	tt := newTerminal(t)
	tt.addTasks(1)
	if out, _ := tt.must(0, "check", "--quiet"); out != "" {
		t.Errorf("quietly, where all is well:\n%s", out)
	}
	if out, _ := tt.must(0, "check", "--quiet", "--set", "defaults.sweep=off"); !strings.HasPrefix(out, "! ") || strings.Contains(out, "✓") {
		t.Errorf("quietly:\n%s", out)
	}
	out, _ := tt.must(0, "check", "--output", "json", "--set", "defaults.sweep=off")
	for _, want := range []string{`"ok": true,`, `"level": "ok",`, `"level": "warning",`, `"schemas": []`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	tt.environ[0] = "NOTION_TOKEN=ntn_wrong"
	out, _ = tt.must(1, "check", "--output", "json")
	if !strings.Contains(out, `"ok": false,`) || !strings.Contains(out, `"level": "error",`) {
		t.Errorf("with a wrong token:\n%s", out)
	}
}

// A name in exclude_properties that no property has is worth a word, quietly too.
func TestDiscoverQuietlyWarns(t *testing.T) {
	tt := newTerminal(t)
	tt.addTasks(1)
	if err := os.WriteFile("notion-kafka.yaml", []byte("sources: [{name: acme, token: '${NOTION_TOKEN}', exclude_properties: [Pay]}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, talk := tt.run("discover", "--quiet"); !strings.Contains(talk, "Pay") {
		t.Errorf("on stderr there is %q", talk)
	}
}
