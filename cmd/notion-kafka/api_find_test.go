package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// A finder of the command line asks the daemon that serves these tables.
type asker struct {
	*terminal
	d              *runningDaemon
	tasks, private *notiontest.Database
	pages          []string
}

// asking starts a daemon with two sources: acme selects Engineering Tasks, and sales
// selects Private.
func asking(t *testing.T) *asker {
	t.Helper()
	tt := serving(t)
	a := &asker{terminal: tt, tasks: tt.addTasks(4), private: tt.workspace.AddDatabase("Private")}
	a.pages = a.tasks.Pages(notiontest.Live)
	tt.write(fmt.Sprintf(`sources:
  - {name: acme, token: %[1]s, trigger: {manual: true}, streams: [{match: "title:Engineering*"}]}
  - {name: sales, token: %[1]s, trigger: {manual: true}, streams: [{match: "title:Private"}]}
`, tt.workspace.Token()))
	a.d = tt.daemon()
	t.Cleanup(a.d.stop)
	a.d.run("acme", "{}")
	return a
}

// link is a link to a page that is open beside a view of its database.
func (a *asker) link(page string) string {
	bare := func(id string) string { return strings.ReplaceAll(id, "-", "") }
	return "https://www.notion.so/acme/" + bare(a.tasks.ID()) + "?v=" + bare(a.private.ID()) + "&p=" + bare(page) + "&pm=s#" + bare(a.private.ID())
}

// The questions that support gets, each answered with its reason by the command.
func TestFindCommand(t *testing.T) {
	a := asking(t)
	known := a.pages[0]
	a.workspace.Trash(a.pages[1])
	a.workspace.Trash(a.pages[2])
	a.d.run("acme", `{"full":true}`)
	a.workspace.Purge(a.pages[2])
	unread := a.tasks.AddPage("Unread", nil)
	unshared, trashed := a.tasks.AddPage("Unshared", nil), a.tasks.AddPage("Trashed", nil)
	a.workspace.UnsharePage(unshared)
	a.workspace.Trash(trashed)
	private := a.private.AddPage("Private page", nil)
	a.d.must(200, "PUT", "/api/v1/sources/sales/pause", "")
	for _, test := range []struct {
		name, page string
		code       int
		out, talk  string // regular expressions
	}{
		{"in the topic", a.link(known), 0, `^ANSWER .*\nIn Kafka +acme +Engineering Tasks +notion.acme.engineering_tasks +0 +\d+ +20\S+Z +snapshot +A task & more\nNot selected +sales `, `^In Kafka: Topic notion.acme.engineering_tasks has the page as Notion has it.*\n$`},
		{"deleted", a.pages[1], 1, `\nDeleted +acme .* delete +A task & more\n`, `^Deleted: The page was deleted from topic notion.acme.engineering_tasks at 20.*trash. Restore it`},
		{"deleted for good", a.pages[2], 1, `\nDeleted +acme .* delete `, `^Deleted: The page was deleted from topic notion.acme.engineering_tasks at 20`},
		{"not read yet", unread, 1, `\nNot read yet +acme .* - +- +- +- +Unread\n`, `notion-kafka trigger acme`},
		{"not shared", unshared, 1, `^$`, `^Not shared: No connection sees the page`},
		{"trashed before it was read", trashed, 1, `\nIn Notion's trash +acme `, `^In Notion's trash: .*Restore it`},
		{"its source is paused", private, 1, `\nNot being read +sales .*\nNot selected +acme `, `source sales is paused.*notion-kafka resume sales. lets it run again.\n$`},
		{"a database", a.tasks.ID(), 1, `\nA database +acme +Engineering Tasks +notion.acme.engineering_tasks `, `^A database: The id is that of database "Engineering Tasks", whose pages are in topic`},
		{"a block", a.workspace.AddBlock(known), 1, `\nNot a row +acme `, `^Not a row: The id is that of a block.*Look for its page ` + known},
		{"an id of nothing", "00000000-0000-4000-8000-000000000000", 1, `^$`, `^Not shared: `},
		{"no id", "Website relaunch", 1, `^$`, `looking for the page: this is neither a link .* paste the link`},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, out, talk := a.run("find", test.page, "--api", a.d.url)
			t.Logf("\n%s%s", out, talk)
			for want, got := range map[string]string{test.out: out, test.talk: talk} {
				if code != test.code || !regexp.MustCompile(want).MatchString(got) {
					t.Errorf("exit %d, want %d with %s:\n%s", code, test.code, want, got)
				}
			}
		})
	}
	code, out, _ := a.run("find", known, "--output", "json", "--api", a.d.url)
	var found control.Finding
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != 0 || found.ID != known || found.Answer != control.PageCurrent || found.Places[0].Record == nil {
		t.Errorf("exit %d, %v\n%s", code, err, out)
	}
	if code, out, _ = a.run("find", unshared, "--output", "json", "--api", a.d.url); code != 1 || !strings.Contains(out, `"places": []`) {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// Titles of others cannot write to the terminal, and without a daemon the error says so.
func TestFindCommandShowsHostileText(t *testing.T) {
	const body = `{"id":"p","answer":"stuck","text":"evil \u001b[2J\ntext; use notion-kafka trigger acme","places":[{"source":"acme","answer":"stuck","title":"\u001b[2J\u202eevil\n","text":"x"}]}`
	d := newFakeDaemon(t, map[string][]string{"GET /api/v1/find?page=a%26b": {"200 " + body}})
	code, out, talk := d.run("", "find", "a&b")
	if code != 1 || strings.ContainsAny(out+talk, "\u001b\u202e") || strings.Count(out, "\n") != 2 || strings.Count(talk, "\n") != 1 {
		t.Errorf("exit %d\n%q\n%q", code, out, talk)
	}
	if code, _, talk = d.run("", "find", "p", "--output", "yaml"); code != 2 || !strings.Contains(talk, "yaml") {
		t.Errorf("exit %d\n%s", code, talk)
	}
	if code, _, talk = d.run("", "find"); code != 2 || !strings.Contains(talk, "name a page") {
		t.Errorf("exit %d\n%s", code, talk)
	}
	d.url = "http://127.0.0.1:1"
	if code, _, talk = d.run("", "find", "p"); code != 1 || !strings.Contains(talk, "no daemon answers") {
		t.Errorf("exit %d\n%s", code, talk)
	}
}
