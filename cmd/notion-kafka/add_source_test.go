package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"notion-kafka/notion/notiontest"
)

// adding is a terminal with a daemon that has no source yet, and two databases.
type adding struct {
	*terminal
	d               *runningDaemon
	projects, tasks *notiontest.Database
}

func newAdding(t *testing.T) *adding {
	t.Helper()
	a := &adding{terminal: serving(t)}
	a.withoutToken()
	a.tasks = a.addTasks(3)
	a.projects = a.workspace.AddDatabase("Projects 🚀", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Budget", Kind: notiontest.KindNumber})
	a.projects.AddPage("Relaunch", notiontest.Values{"Budget": 1200})
	a.d = a.daemon()
	t.Cleanup(a.d.stop)
	return a
}

// Somebody without scripts makes a source by a token, back and forth, and watches its first
// run.
func TestAddSourceByToken(t *testing.T) {
	a := newAdding(t)
	r := newReader(t)
	r.open(a.d.url + "/sources")
	r.follow("Add source")
	r.press("Start", nil)
	r.sees("/connect")
	r.press("Continue", map[string]string{"name": "Acme!", "token": "ntn_wrong"})
	r.sees("/connect", "token")
	if strings.Contains(r.text(), "ntn_wrong") {
		t.Error("the page shows the token")
	}
	r.press("Check", map[string]string{"token": a.workspace.Token()})
	r.sees("/connect", "2 databases")
	r.press("Continue", nil)
	r.sees("/connect", "Error:", "Acme!")
	r.press("Continue", map[string]string{"name": "acme"})
	r.sees("/streams", "Projects 🚀", "Engineering Tasks")

	// A sample keeps what was ticked.
	projects, tasks := "s.database_"+a.projects.ID(), "s.database_"+a.tasks.ID()
	r.press("Sample", map[string]string{tasks: ""})
	r.sees("/streams", "Relaunch", "1200")
	r.press("Continue", map[string]string{projects: "on", tasks: "on"})
	r.sees("/tables", "notion.acme.projects", "notion.acme.engineering_tasks")

	// Each table has a choice of its own. A tick is for all of them, and a table can do without.
	if one, other := r.value("c.database_"+a.tasks.ID()), r.value("c.database_"+a.projects.ID()); one != "json" || other != "json" {
		t.Errorf("at first the tasks have %q, and the projects %q", one, other)
	}
	r.press("Check the names", map[string]string{"properties": "typed", "c.database_" + a.tasks.ID(): "typed"})
	r.press("Continue", map[string]string{"c.database_" + a.tasks.ID(): "json"})
	r.sees("/schedule")
	r.follow("Tables")
	if all, one, other := r.value("properties"), r.value("c.database_"+a.tasks.ID()), r.value("c.database_"+a.projects.ID()); all != "typed" || one != "json" || other != "typed" {
		t.Errorf("properties are %q, of the tasks %q, of the projects %q", all, one, other)
	}

	// Names that collide are said; a name set by hand outlives another prefix.
	name := "n.database_" + a.projects.ID()
	r.press("Continue", map[string]string{name: "engineering_tasks"})
	r.sees("/tables", "Error:", "engineering_tasks")
	r.press("Continue", map[string]string{name: "mine", "prefix": "notion.crm."})
	r.sees("/schedule")
	r.follow("Tables")
	r.sees("/tables", "notion.crm.mine", "notion.crm.engineering_tasks")
	r.reload()
	if got := r.value(name); got != "mine" {
		t.Errorf("the name is %q", got)
	}
	r.press("Continue", map[string]string{"sync": "full_table", "m.database_" + a.tasks.ID(): "incremental"})
	r.sees("/schedule")
	r.follow("Tables")
	if all, tasks := r.value("m.database_"+a.projects.ID()), r.value("m.database_"+a.tasks.ID()); all != "full_table" || tasks != "full_table" {
		t.Errorf("the mode of all is %s and %s", all, tasks)
	}
	r.press("Continue", map[string]string{"m.database_" + a.projects.ID(): "incremental"})

	r.press("Continue", map[string]string{"kind": "cron", "cron": "61 * * * *"})
	r.sees("/schedule", "Error:", "minute")
	if got := r.value("cron"); got != "61 * * * *" {
		t.Errorf("the cron line is %q", got)
	}
	r.press("Continue", map[string]string{"cron": "0 6 * * 1-5", "zone": "Europe/Berlin", "description": "Our <b>own</b>"})
	r.sees("/review", "notion.crm.mine", "Our <b>own</b>", "Europe/Berlin", "topic: notion.crm.mine", "sync: full_table", "sync: incremental", "In 1 of 2 tables every property has a column", "properties: typed", "properties: json")
	if strings.Contains(r.text(), a.workspace.Token()) {
		t.Error("the review shows the token")
	}
	r.open("/sources")
	r.sees("/sources", "Not finished", "acme")
	r.follow("Continue")
	r.sees("/review")
	r.press("Create and read now", nil)
	if !strings.Contains(r.at.Path, "/runs/") {
		t.Fatalf("at %s: %s", r.at, r.text())
	}
	events := a.d.must(http.StatusOK, "GET", strings.Replace(r.at.Path, "/runs/", "/api/v1/runs/", 1)+"/events", "")
	if !strings.Contains(events, `"status":"succeeded"`) || !strings.Contains(events, `"published":3`) {
		t.Errorf("the first run: %s", events)
	}
	r.open("/sources")
	r.sees("/sources", "acme", "Our <b>own</b>")
	if strings.Contains(r.text(), "Not finished") {
		t.Errorf("the draft is still there: %s", r.text())
	}
	if topics := a.d.must(http.StatusOK, "GET", "/api/v1/sources/acme/streams", ""); !strings.Contains(topics, `"notion.crm.mine"`) || !strings.Contains(topics, `"notion.crm.engineering_tasks"`) {
		t.Errorf("the streams: %s", topics)
	} else if strings.Count(topics, `"properties":"typed"`) != 1 || strings.Count(topics, `"properties":"json"`) != 1 {
		t.Errorf("one of the two tables has typed columns: %s", topics)
	}
}

// consents decides on Notion's page, where the reader is.
func (r *reader) consents(decision, person string, databases ...*notiontest.Database) {
	r.t.Helper()
	if !strings.Contains(r.text(), "is requesting access to") {
		r.t.Fatalf("this is no consent page: %s", r.text())
	}
	form := url.Values{"decision": {decision}, "person": {person}}
	for _, db := range databases {
		form.Add("database", db.ID())
	}
	r.goes(http.MethodPost, r.at.String(), form)
}

// A person connects a workspace on Notion's page, after they have refused once, and in the
// end the source reads with that connection.
func TestAddSourceByConsent(t *testing.T) {
	tt := newOAuthTerminal(t)
	if err := os.Remove("notion-kafka.yaml"); err != nil {
		t.Fatal(err)
	}
	d := tt.daemon("--set", "console.listen="+tt.at)
	defer d.stop()
	ada := tt.workspace.People()[0]
	r := newReader(t)
	r.open(d.url + "/add")
	r.press("Start", nil)
	r.follow("Connect with Notion")
	r.consents("cancel", ada)
	r.sees("/oauth/callback", "access was not allowed")
	r.follow("Back to the source that is being added")
	r.sees("/connect", "Connect with Notion")
	r.follow("Connect with Notion")
	r.consents("allow", ada, tt.db)
	r.sees("/connect", "Ada", "1 database")
	if name := r.value("name"); name == "" {
		t.Error("no name is suggested")
	}
	r.press("Continue", map[string]string{"name": "acme"})
	r.sees("/streams", "Engineering Tasks")
	r.press("Continue", nil)
	r.press("Continue", nil)
	r.press("Continue", map[string]string{"kind": "manual"})
	r.sees("/review", "oauth: true")
	r.press("Create and read now", nil)
	events := d.must(http.StatusOK, "GET", strings.Replace(r.at.Path, "/runs/", "/api/v1/runs/", 1)+"/events", "")
	if !strings.Contains(events, `"status":"succeeded"`) || !strings.Contains(events, `"published":3`) {
		t.Errorf("the first run: %s", events)
	}

	// The same connection once more is that of acme, which gets the newer pair.
	r.open("/add")
	r.press("Start", nil)
	r.follow("Connect with Notion")
	r.consents("allow", ada, tt.db)
	if !strings.Contains(r.text(), "already connected as source acme") {
		t.Errorf("the second draft: %s", r.text())
	}
	if code, _, talk := tt.run("trigger", "acme", "--wait", "--api", d.url); code != 0 {
		t.Errorf("acme reads no more: %s", talk)
	}
	for _, secret := range []string{tt.app.ClientSecret(), "ntn_", "nrt_", "code="} {
		if strings.Contains(d.talk.String(), secret) {
			t.Errorf("the log has %s:\n%s", secret, d.talk)
		}
	}
}

// Each request goes to another of two instances.
func TestAddSourceAtTwoInstances(t *testing.T) {
	a := newAdding(t)
	other := a.daemon()
	t.Cleanup(other.stop)
	var requests atomic.Int64
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		at, err := url.Parse([]string{a.d.url, other.url}[requests.Add(1)%2])
		if err != nil {
			t.Error(err)
		}
		p.SetURL(at)
	}})
	t.Cleanup(front.Close)
	r := newReader(t)
	r.open(front.URL + "/add")
	r.press("Start", nil)
	r.press("Check", map[string]string{"name": "acme", "token": a.workspace.Token()})
	for _, step := range []string{"/streams", "/tables", "/schedule", "/review"} {
		r.press("Continue", nil)
		r.sees(step)
		r.reload() // at the other instance
		r.sees(step)
	}
	r.press("Create and read now", nil)
	if !strings.Contains(r.at.Path, "/runs/") {
		t.Fatalf("at %s: %s", r.at, r.text())
	}
}

// A source of the console is changed by the same pages, which say what that does. What it
// has beside, and its token, stay.
func TestEditSource(t *testing.T) {
	a := newAdding(t)
	spec := fmt.Sprintf(`{"name":"acme","token":%q,"max_streams":7,"trigger":{"manual":true},"streams":[{"match":"databases"},{"match":"database_%s","sync":"full_table","publish":"all"}]}`, a.workspace.Token(), a.tasks.ID())
	a.d.must(http.StatusCreated, "POST", "/api/v1/sources", spec)
	if code, _, talk := a.run("trigger", "acme", "--wait", "--api", a.d.url); code != 0 {
		t.Fatal(talk)
	}
	r := newReader(t)
	r.open(a.d.url + "/sources/acme/settings")
	r.press("Change the databases", nil)
	r.sees("/streams", "Projects 🚀")
	r.press("Continue", map[string]string{"s.database_" + a.projects.ID(): "on", "s.database_" + a.tasks.ID(): ""})
	r.sees("/tables", "notion.acme.projects")
	r.press("Continue", nil)
	r.press("Continue", nil)
	r.sees("/review", "What changes", "Projects", "Engineering Tasks")
	r.press("Save", nil)
	r.sees("/sources/acme")
	definition := a.d.must(http.StatusOK, "GET", "/api/v1/sources/acme/definition", "")
	for _, part := range []string{`"max_streams":7`, `"manual":true`, a.projects.ID()} {
		if !strings.Contains(definition, part) {
			t.Errorf("the definition has no %s: %s", part, definition)
		}
	}
	if strings.Contains(definition, a.tasks.ID()) || strings.Contains(definition, a.workspace.Token()) {
		t.Errorf("the definition: %s", definition)
	}
	if code, _, talk := a.run("trigger", "acme", "--wait", "--api", a.d.url); code != 0 {
		t.Errorf("acme reads no more: %s", talk)
	}
	if streams := a.d.must(http.StatusOK, "GET", "/api/v1/sources/acme/streams", ""); !strings.Contains(streams, `"notion.acme.projects"`) {
		t.Errorf("the streams: %s", streams)
	}
}

// Of a source that was published as JSON, a table with a topic that nobody has written to
// becomes typed by its own choice or by the tick for all. The tick leaves what was published
// as it is, and says so; a table that was published is typed in another topic.
func TestEditTypedColumns(t *testing.T) {
	a := newAdding(t)
	tasks, projects := "database_"+a.tasks.ID(), "database_"+a.projects.ID()
	spec := fmt.Sprintf(`{"name":"acme","token":%q,"trigger":{"manual":true},"streams":[{"match":"databases"},{"match":%q,"enabled":false},{"match":"database_*"}]}`, a.workspace.Token(), projects)
	a.d.must(http.StatusCreated, "POST", "/api/v1/sources", spec)
	a.must(0, "trigger", "acme", "--wait", "--api", a.d.url)
	r := newReader(t)
	r.open(a.d.url + "/sources/acme/settings")
	r.press("Change the databases", nil)
	r.press("Continue", map[string]string{"s." + projects: "on"})
	r.sees("/tables", "published as JSON; typed columns need another topic")
	back := *r.at
	chosen := func(what, wantTasks, wantProjects string) {
		t.Helper()
		r.sees("/schedule")
		r.open(back.String())
		if one, other := r.value("c."+tasks), r.value("c."+projects); one != wantTasks || other != wantProjects {
			t.Errorf("%s: the tasks have %q, the projects %q", what, one, other)
		}
	}
	r.press("Continue", map[string]string{"properties": "typed"})
	chosen("all typed", "json", "typed")
	r.sees("/tables", "published as JSON")
	r.press("Continue", map[string]string{"properties": ""})
	chosen("none typed", "json", "json")
	r.press("Continue", map[string]string{"c." + projects: "typed"})
	chosen("one typed", "json", "typed")
	r.press("Continue", map[string]string{"properties": "typed", "c." + projects: "json"})
	chosen("all typed but one", "json", "json")
	r.press("Continue", map[string]string{"c." + tasks: "typed"})
	r.sees("/tables", "Error:", "begun without typed columns")
	r.press("Continue", map[string]string{"n." + tasks: "tasks_v2"})
	chosen("typed elsewhere", "typed", "json")
	if strings.Contains(r.text(), "published as JSON") {
		t.Error("a table with another topic is said to be published as JSON")
	}
}

// A workspace of 500 databases is looked at in fewer than ten requests, and none of its
// pages asks again: neither the list, nor the topics, nor the review.
func TestAddSourceOf500Databases(t *testing.T) {
	tt := serving(t)
	tt.withoutToken()
	for n := range 500 {
		tt.workspace.AddDatabase(fmt.Sprintf("Database %03d", n))
	}
	d := tt.daemon()
	t.Cleanup(d.stop)
	r := newReader(t)
	r.open(d.url + "/add")
	r.press("Start", nil)
	r.press("Check", map[string]string{"name": "acme", "token": tt.workspace.Token()})
	for _, step := range []string{"/streams", "/tables", "/schedule", "/review"} {
		r.press("Continue", nil)
		r.sees(step)
	}
	r.sees("/review", "501 streams")
	requests := 0
	for _, n := range tt.workspace.Counts() {
		requests += n
	}
	if requests >= 10 {
		t.Errorf("%d requests: %v", requests, tt.workspace.Counts())
	}
	r.press("Create it paused", nil)
	r.sees("/sources/acme", "Paused")
	if definition := d.must(http.StatusOK, "GET", "/api/v1/sources/acme/definition", ""); strings.Count(definition, `"topic":`) != 500 {
		t.Errorf("%d topics are written out", strings.Count(definition, `"topic":`))
	}
}

// What a person sends from a window that shows an older version takes nothing back that
// another window has saved. What changes nothing is no mistake.
func TestAddSourceInTwoWindows(t *testing.T) {
	a := newAdding(t)
	r := newReader(t)
	r.open(a.d.url + "/add")
	r.press("Start", nil)
	r.press("Check", map[string]string{"name": "acme", "token": a.workspace.Token()})
	r.press("Continue", nil)
	r.press("Continue", nil)
	r.sees("/tables")
	other := &reader{visitor: r.visitor, at: r.at, page: r.page}
	projects, tasks := "n.database_"+a.projects.ID(), "n.database_"+a.tasks.ID()
	r.press("Continue", map[string]string{projects: "mine"})
	r.sees("/schedule")

	other.press("Continue", map[string]string{tasks: "yours"})
	other.sees("/tables", "changed in another window meanwhile")
	if got := other.value(projects); got != "mine" {
		t.Errorf("the other window shows %q", got)
	}
	other.press("Continue", map[string]string{tasks: "yours"})
	other.sees("/schedule")
	r.press("Continue", map[string]string{"description": ""})
	r.sees("/review", "notion.acme.mine", "notion.acme.yours")
}

// What is wrong is told by the button that looks, and not before a field is filled in.
func TestAddSourceTellsWhatIsWrong(t *testing.T) {
	a := newAdding(t)
	r := newReader(t)
	r.open(a.d.url + "/add")
	r.press("Start", nil)
	r.press("Continue", map[string]string{"name": "My Source!", "token": "ntn_wrong"})
	r.sees("/connect", "Error:", "My Source!", "Notion refuses the token", "Type another one to replace it")
	r.press("Check", map[string]string{"name": "acme", "token": a.workspace.Token()})
	r.press("Continue", nil)
	r.press("Continue", nil)
	r.press("Continue", map[string]string{"exclude": "Budgit"})
	r.sees("/schedule")
	r.press("Show the next times", map[string]string{"kind": "cron", "cron": "0 6 * * 1-5", "zone": "Berlin"})
	r.sees("/schedule", "Error:", "Berlin", "not a known time zone")
	r.press("Continue", map[string]string{"zone": "Europe/Berlin"})
	r.sees("/review", "No chosen database has a property called Budgit")
}
