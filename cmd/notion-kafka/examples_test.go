package main

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"notion-kafka/deploy/docstest"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
)

// Commands and command lines whose examples are not run here, and why.
var notRun = map[string]string{
	"demo": "serves", "run": "serves", "tail notion.acme.projects": "follows", "once": "not beside a daemon",
	"login": "needs a browser", "open": "needs a browser", "sources edit": "needs a person",
	"sources add": "needs a second connection", "sources remove": "needs a second connection",
	"runs cancel": "the run has ended", "trigger acme --failed": "nothing failed",
}

// An acme is a daemon whose workspace has what examples and guides name.
type acme struct {
	*instance
	names *strings.Replacer
}

func newAcme(t *testing.T) *acme {
	i := newInstance(t)
	db := i.workspace.AddDatabase("Projects", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	page := db.AddPage("Website relaunch", nil)
	run := i.make("acme", fmt.Sprintf(`{"name": "acme", "token": %q, "topic_prefix": "notion.acme.", "trigger": {"manual": true}}`, i.workspace.Token()))
	i.environ = append(i.environ, "NOTION_KAFKA_CONSOLE__LISTEN="+strings.TrimPrefix(i.console(), "http://"))
	i.write("sources: [{name: acme, token: " + i.workspace.Token() + "}]\n")
	return &acme{i, strings.NewReplacer(
		"20261130T060000Z-de63d75ea699", run.ID, "https://www.notion.so/Website-relaunch-598337872cf94fdf8782e53db20768a5", page,
		"\x00ID", "\x00"+run.ID, "\x00LINK", "\x00"+page, "notion.notion.", "notion.acme.", "database_…", producer.DatabaseStream(db.ID()),
	)}
}

// run runs a command line as a document shows it.
func (a *acme) run(t *testing.T, args []string) {
	t.Helper()
	args = strings.Split(a.names.Replace(strings.Join(args, "\x00")), "\x00")
	if code, _, talk := a.terminal.run(args...); code != 0 {
		t.Errorf("notion-kafka %s: exit %d\n%s", strings.Join(args, " "), code, talk)
	}
}

// The examples work as they stand, for a workspace that has what they name.
func TestExamplesRun(t *testing.T) {
	a := newAcme(t)
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		if notRun[name] != "" {
			continue
		}
		for _, args := range commandLines(examples[name]) {
			if notRun[strings.Join(args, " ")] == "" {
				a.run(t, args)
			}
		}
	}
}

// notRunOfGuides says why a command line of the documents is not run: beginnings of lines,
// or parts of them.
var notRunOfGuides = map[string]string{
	"demo": "serves", "run": "serves", "once": "not beside a daemon", "login": "needs a browser", "open": "needs a browser",
	"sources add": "needs a second connection", "sources edit": "needs a person", "sources remove": "needs a second connection",
	"runs cancel": "the run has ended", "trigger acme --failed": "nothing failed",
	"/etc/": "a file of another machine", "--set": "brokers of another process", "--api": "a console of another process", "crm": "another source", "NAME": "a name to fill in",
}

// What the documents tell people to type works, for a workspace that has what they name.
// cli.md shows the examples.
func TestCommandsOfTheGuidesRun(t *testing.T) {
	documents := docstest.Documents(t)
	a, ran := newAcme(t), map[string]bool{} // in a directory of its own
	for _, d := range documents {
		for _, code := range d.Code {
			if code.Inline || path.Base(d.Path) == "cli.md" || !slices.Contains([]string{"", "sh", "bash", "shell", "console"}, code.Language) {
				continue
			}
			for _, args := range commandLines(code.Text) {
				line := strings.Join(args, " ")
				skipped := slices.ContainsFunc(slices.Collect(maps.Keys(notRunOfGuides)), func(part string) bool {
					return strings.HasPrefix(line+" ", part+" ") || !isCommand(strings.Fields(part)[0]) && strings.Contains(line, part)
				})
				if skipped || ran[line] {
					continue
				}
				ran[line] = true
				if args[0] == "tail" {
					args = append(args, "--no-follow") // it would follow for ever
				}
				a.run(t, args)
			}
		}
	}
	if len(ran) < 15 {
		t.Errorf("%d command lines were run, but the guides show more", len(ran))
	}
	t.Log(slices.Sorted(maps.Keys(ran)))
}
