package main

import (
	"slices"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
)

const (
	tasksID = "database_248104cd-477e-80fd-b757-e945d38000bd"
	draftID = "database_348104cd-477e-80fd-b757-e945d38000bd"
)

// titledStreams is a source with two databases of one title, only one of them selected,
// and two selected ones of another title.
const titledStreams = `200 [{"stream":"databases","title":"","enabled":true},` +
	`{"stream":"` + tasksID + `","title":"Caf\u00e9","enabled":true,"held":30,"rows":40},{"stream":"` + draftID + `","title":"Caf\u00e9","enabled":false},` +
	`{"stream":"database_1","title":"Notes","enabled":true},{"stream":"database_2","title":"Notes","enabled":true}]`

// Commands to a daemon accept the title of a database for a stream, in any Unicode
// form; a title of two databases is refused with their ids.
func TestStreamsAreNamedByTitleToADaemon(t *testing.T) {
	const title = "Cafe\u0301"
	list := "GET /api/v1/sources/acme/streams"
	path := "/api/v1/sources/acme/streams/" + tasksID
	for line, asks := range map[string]string{
		"trigger acme --stream " + title:                              `POST /api/v1/sources/acme/runs {"streams":["` + tasksID + `"]}`,
		"state reset --source acme --stream " + title:                 "DELETE " + path + "/cursor",
		"state confirm-deletes --source acme --stream " + title:       "POST " + path + "/confirm-deletes",
		"state dismiss-deletes --source acme --stream " + title:       "POST " + path + "/dismiss-deletes",
		"trigger acme --stream CAF\u00c9\U0001f680":                   `POST /api/v1/sources/acme/runs {"streams":["` + tasksID + `"]}`, // without emoji, whatever the case
		"trigger acme --stream databases":                             `POST /api/v1/sources/acme/runs {"streams":["databases"]}`,
		"trigger acme --stream 248104cd477e80fdb757e945d38000bd":      `POST /api/v1/sources/acme/runs {"streams":["` + tasksID + `"]}`,
		"trigger acme --stream nobody":                                `POST /api/v1/sources/acme/runs {"streams":["nobody"]}`, // the daemon lists the streams
		"trigger acme --stream Notes":                                 "",
		"state reset --source acme --stream Notes":                    "",
		"state confirm-deletes --source acme --stream Notes --api %s": "",
	} {
		t.Run(line, func(t *testing.T) {
			d := newFakeDaemon(t, map[string][]string{
				list: {titledStreams}, "POST /api/v1/sources/acme/runs": {"202 " + runningRun}, "DELETE " + path + "/cursor": {"204 "},
				"POST " + path + "/confirm-deletes": {"202 " + runningRun}, "POST " + path + "/dismiss-deletes": {`200 {"dismissed": 30}`}, "GET /api/v1/runs/R1/events": {eventsOf(succeededRun)},
			})
			code, _, talk := d.run("", strings.Fields(strings.TrimSuffix(line, " --api %s"))...)
			asked := d.requests()
			if asks == "" {
				if code != 2 || !strings.Contains(talk, `database_1 ("Notes"), database_2 ("Notes")`) || len(asked) != 1 {
					t.Errorf("exit %d\n%s%s", code, asked, talk)
				}
				return
			}
			if code != 0 || !slices.ContainsFunc(asked, func(one string) bool { return strings.HasPrefix(one, asks) }) {
				t.Errorf("exit %d, it asked %q\n%s", code, asked, talk)
			}
		})
	}
}

// Without a daemon, titles are those in the state topic; for once and schema, those
// that Notion shows.
func TestStreamsAreNamedByTitleWithoutADaemon(t *testing.T) {
	tt := serving(t)
	tt.addTasks(2)
	for range 2 {
		tt.workspace.AddDatabase("Notes", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
	}
	if out, _ := tt.must(0, "schema", "Engineering Tasks"); !strings.Contains(out, `"notion.Page"`) && !strings.Contains(out, `"Page"`) {
		t.Errorf("the schema is\n%s", out)
	}
	if out, _ := tt.must(0, "once", "--stream", "Engineering Tasks"); strings.Count(out, "\n") != 2 || !strings.Contains(out, tasksTopic) {
		t.Errorf("once\n%s", out)
	}
	tt.must(0, "once")
	for _, args := range [][]string{{"state", "reset"}, {"state", "confirm-deletes"}, {"state", "dismiss-deletes"}} {
		tt.must(0, append(args, "--source", "notion", "--stream", "Engineering Tasks")...)
		if _, talk := tt.must(2, append(args, "--source", "notion", "--stream", "Notes")...); strings.Count(talk, `("Notes")`) != 2 {
			t.Errorf("%s of two:\n%s", args, talk)
		}
	}
	if _, talk := tt.must(2, "once", "--stream", "Notes"); strings.Count(talk, `("Notes")`) != 2 {
		t.Errorf("once of two:\n%s", talk)
	}
	for _, args := range [][]string{{"once", "--stream", "Nobody"}, {"schema", "Nobody"}, {"state", "reset", "--source", "notion", "--stream", "Nobody"}} {
		if _, talk := tt.must(2, args...); !strings.Contains(talk, `"Nobody"`) || !strings.Contains(talk, `("Engineering Tasks")`) {
			t.Errorf("%s\n%s", args, talk)
		}
	}
}

// Messages about a run name its streams with their titles.
func TestRunsTellTitles(t *testing.T) {
	const failed = `{"id":"R1","source":"acme","trigger":"manual","status":"failed","streams":[{"stream":"database_1","title":"Notes","kind":"scan","status":"failed","error":"is gone"}]}`
	d := newFakeDaemon(t, map[string][]string{
		"GET /api/v1/sources/acme/runs": {"200 [" + failed + "]"}, "GET /api/v1/runs/R1": {"200 " + failed}, "GET /api/v1/runs/R1/events": {eventsOf(failed)},
	})
	for line, says := range map[string][]string{
		"runs acme":      {"database_1 (Notes): is gone"},
		"runs show R1":   {"database_1 (Notes): is gone"},
		"runs follow R1": {"stream database_1 (Notes): scan failed", "source acme, stream database_1 (Notes): failed: is gone"},
	} {
		_, out, talk := d.run("", strings.Fields(line)...)
		for _, text := range says {
			if !strings.Contains(out+talk, text) {
				t.Errorf("%s says nothing like %q:\n%s%s", line, text, out, talk)
			}
		}
	}
}
