package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
)

// linesOf are the lines of a text that contain a word.
func linesOf(text, word string) (lines []string) {
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// check and discover say which capabilities a connection has and lacks, and what that
// costs. Only check finds out whether it may write.
func TestWhatTheConnectionMayDoIsSaid(t *testing.T) {
	const (
		whose  = "workspace Simulated Company, connection notion-kafka"
		may    = "it may read "
		users  = `it lacks the capability "Read user information", so people have ids and no names: if names are wanted in Kafka, choose it in the connection's settings in Notion, under Capabilities`
		nobody = "; it may not read comments, which nothing needs yet"
		write  = "it seems to be allowed to write ("
	)
	for name, test := range map[string]struct {
		has                 []notiontest.Capability
		code                int
		says                []string // with the sign of check
		saysAboutWhatIsRead int      // how many of these discover says too
	}{
		"a reader": {
			[]notiontest.Capability{notiontest.ReadContent, notiontest.ReadUserEmail}, 0,
			[]string{"✓ " + whose, "✓ " + may + "content, user information" + nobody, "✓ it may not write, as it should be"}, 2,
		},
		"without names": {
			[]notiontest.Capability{notiontest.ReadContent, notiontest.ReadComments}, 0,
			[]string{"✓ Notion accepts the token, and does not show the names", "✓ " + may + "content, comments", "! " + users, "✓ it may not write, as it should be"}, 3,
		},
		"a writer": {
			[]notiontest.Capability{notiontest.ReadContent, notiontest.ReadUsers, notiontest.ReadComments, notiontest.UpdateContent, notiontest.InsertContent}, 0,
			[]string{"✓ " + whose, "✓ " + may + "content, user information, comments", "! " + write + `"Update content", "Insert content"), and notion-kafka only reads: untick that in the connection's settings`}, 2,
		},
		"half a writer": {
			[]notiontest.Capability{notiontest.ReadContent, notiontest.ReadUsers, notiontest.InsertContent}, 0,
			[]string{"✓ " + whose, "✓ " + may + "content, user information" + nobody, "! " + write + `"Insert content")`}, 2,
		},
		"no reader": {
			[]notiontest.Capability{notiontest.ReadUsers}, 1,
			[]string{"✓ " + whose, "✓ " + may + "user information" + nobody, `✗ it lacks the capability "Read content", so nothing can be read`, "✓ it may not write"}, 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			tt := newTerminal(t)
			tt.addTasks(1)
			tt.workspace.SetCapabilities(test.has...)
			out, _ := tt.must(test.code, "check")
			for _, want := range test.says {
				sign, text, _ := strings.Cut(want, " ")
				if !slices.ContainsFunc(linesOf(out, text), func(line string) bool { return strings.HasPrefix(line, sign+" Notion, source notion: ") }) {
					t.Errorf("check does not say %q:\n%s", want, out)
				}
			}
			sent := len(tt.workspace.Requests())
			out, talk := tt.must(test.code, "discover", "--output", "json")
			for i, want := range test.says {
				_, text, _ := strings.Cut(want, " ")
				if said := len(linesOf(talk, "source notion: "+text)) == 1; said != (i < test.saysAboutWhatIsRead) {
					t.Errorf("discover says %q: %t\n%s", text, said, talk)
				}
			}
			for _, r := range tt.workspace.Requests()[sent:] {
				if strings.HasPrefix(string(r.Endpoint), "PATCH") {
					t.Errorf("discover sends %s", r.Endpoint)
				}
			}
			if test.code == 0 && !json.Valid([]byte(out)) {
				t.Errorf("discover's data is %s", out)
			}
		})
	}
}

// What a person can do depends on whose token it is.
func TestAdviceAboutCapabilitiesFitsTheToken(t *testing.T) {
	client := rights{all: notion.Capabilities{ReadContent: notion.Granted, ReadUsers: notion.Refused}, write: notion.Granted}
	src := &producer.Source{Name: "acme", Notion: client}
	for name, test := range map[string]struct {
		whose notion.Bot
		says  []string
	}{
		"internal": {notion.Bot{Name: "sync"}, []string{"under Capabilities\n"}},
		"public":   {notion.Bot{Name: "sync", Public: true}, []string{"under Capabilities, and then connect the source again\n"}},
		"personal": {notion.Bot{Name: "Ada", Person: true}, []string{"change what its person may change", "use the token of a connection"}},
	} {
		t.Run(name, func(t *testing.T) {
			said := whoseLine(test.whose) + "\n"
			for _, one := range append(readingRights(t.Context(), src, test.whose), writingRights(t.Context(), src, test.whose)...) {
				said += one.text + "\n"
			}
			for _, want := range test.says {
				if !strings.Contains(said, want) {
					t.Errorf("it does not say %q:\n%s", want, said)
				}
			}
		})
	}
}

// rights is a connection of which only its rights are known.
type rights struct {
	producer.Notion
	all   notion.Capabilities
	write notion.Right
}

func (r rights) Capabilities(ctx context.Context, _ notion.Bot) (notion.Capabilities, error) {
	return r.all, ctx.Err()
}

func (r rights) MayWrite(ctx context.Context) (update, insert notion.Right, err error) {
	return r.write, r.write, ctx.Err()
}

// check says how many databases are shared, and the first titles.
func TestCheckNamesWhatIsShared(t *testing.T) {
	tt := newTerminal(t)
	for _, title := range []string{"Tasks", "Customers", "Articles", "Zoo", "Bugs"} {
		tt.workspace.AddDatabase(title)
	}
	tt.workspace.AddDatabase("Old").Trash()
	tt.mustCheck(0, nil, "✓ Notion, source notion: 5 databases shared with it: Articles, Bugs, Customers and 2 more")
}

// Whoever meets a connection with which nothing is shared is told with which, and how to
// do it, in the same words everywhere.
func TestNothingSharedIsExplainedEverywhere(t *testing.T) {
	tt := newTerminal(t)
	const says = `no database is shared with the connection "notion-kafka" of workspace "Simulated Company": in Notion, ` +
		"(1) open a database, or a page above several, because everything below a page is shared with it; " +
		`(2) choose ••• at the top right, then Connections; (3) choose the connection "notion-kafka" and confirm. New shares can take a minute to show`
	for _, command := range []string{"check", "discover", "once"} {
		if out, talk := tt.must(1, command); !strings.Contains(out+talk, says) {
			t.Errorf("%s says\n%s%s", command, out, talk)
		}
	}
}
