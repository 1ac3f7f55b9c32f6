package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
)

// Commands and command lines whose examples are not run here, and why.
var notRun = map[string]string{
	"demo": "serves", "run": "serves", "tail notion.acme.projects": "follows", "once": "not beside a daemon",
	"login": "needs a browser", "open": "needs a browser", "sources edit": "needs a person",
	"sources add": "needs a second connection", "sources remove": "needs a second connection",
	"runs cancel": "the run has ended", "trigger acme --failed": "nothing failed",
}

// The examples work as they stand, for a workspace that has what they name.
func TestExamplesRun(t *testing.T) {
	i := newInstance(t)
	db := i.workspace.AddDatabase("Projects", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	page := db.AddPage("Website relaunch", nil)
	run := i.make("acme", fmt.Sprintf(`{"name": "acme", "token": %q, "topic_prefix": "notion.acme.", "trigger": {"manual": true}}`, i.workspace.Token()))
	i.environ = append(i.environ, "NOTION_KAFKA_CONSOLE__LISTEN="+strings.TrimPrefix(i.console(), "http://"))
	i.write("sources: [{name: acme, token: " + i.workspace.Token() + "}]\n")
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		if notRun[name] != "" {
			continue
		}
		for _, args := range commandLines(examples[name]) {
			line := strings.NewReplacer("20261130T060000Z-de63d75ea699", run.ID, "https://www.notion.so/Website-relaunch-598337872cf94fdf8782e53db20768a5", page).
				Replace(strings.Join(args, "\x00"))
			args = strings.Split(line, "\x00")
			if shown := strings.Join(args, " "); notRun[shown] == "" {
				if code, _, talk := i.terminal.run(args...); code != 0 {
					t.Errorf("notion-kafka %s: exit %d\n%s", shown, code, talk)
				}
			}
		}
	}
}
