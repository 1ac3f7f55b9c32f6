//go:build real

package main_test

import (
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"notion-kafka/cmd/notion-kafka/console/browsertest"
	"notion-kafka/notion/notiontest"
)

// An addStage is a daemon without sources, and a simulated Notion with two databases and a
// consent page.
type addStage struct {
	*stage
	app             *notiontest.App
	projects, tasks *notiontest.Database
	notion, listen  string // host:port
	token           string // of a connection that no source has
	daemon          *instance
}

// longestAdding bounds the tests of Add source on a busy machine.
const longestAdding = 6 * time.Minute

// newAddStage starts a daemon with the broker of its own. listen is the console's address.
func newAddStage(t *testing.T) *addStage {
	t.Helper()
	s := &addStage{stage: emptyStage(t, realParts{}, longestAdding), listen: freeAddress(t)}
	s.workspace = notiontest.New(notiontest.Options{RequestsPerMinute: -1, Violation: func(what string) { t.Error("Notion's contract broken:", what) }})
	s.token = s.workspace.AddConnection("kafka")
	s.projects = s.workspace.AddDatabase("Projects 🚀", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Budget", Kind: notiontest.KindNumber})
	s.projects.AddPage("Relaunch <b>now</b>", notiontest.Values{"Budget": 1200})
	s.tasks = s.workspace.AddDatabase("Tasks")
	for n := range 3 {
		s.tasks.AddPage(fmt.Sprint("task ", n), nil)
	}
	api := httptest.NewServer(s.workspace)
	t.Cleanup(api.Close)
	s.notion = strings.TrimPrefix(api.URL, "http://")
	s.app = s.workspace.AddApp(notiontest.AppOptions{RedirectURIs: []string{"http://" + s.listen + "/oauth/callback"}, Capabilities: []notiontest.Capability{notiontest.ReadContent, notiontest.ReadUsers}})
	if err := os.WriteFile(filepath.Join(s.dir, "secret"), []byte(s.app.ClientSecret()), 0o600); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`
notion: {api_url: %q, requests_per_minute: 100000}
embedded: {kafka_listen: %q, registry_listen: %q}
console: {listen: %q, public_url: "http://%[4]s"}
oauth: {client_id: %q, client_secret_file: secret}
`, api.URL, freeAddress(t), freeAddress(t), s.listen, s.app.ClientID())
	if err := os.WriteFile(filepath.Join(s.dir, "notion-kafka.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if talk := s.daemon.talk.String(); t.Failed() {
			t.Logf("the daemon wrote at last\n%s", talk[max(0, len(talk)-4000):])
		}
	})
	s.daemon = s.startInstance()
	s.daemon.awaitConsole()
	return s
}

// An adder is a person who adds a source in a browser.
type adder struct {
	*browsertest.Tab
	*addStage
	root    string
	scripts bool
}

// goTo opens a page of the console and checks it.
func (a *adder) goTo(path string) {
	a.T.Helper()
	a.Open(a.root + path)
	a.check()
}

// check checks what every page keeps to, and that no token is in it.
func (a *adder) check() {
	a.T.Helper()
	a.Sound()
	if a.scripts { // axe waits for timers, which run no more without scripts
		a.Axe()
	}
	if page := browsertest.Eval[string](a.Tab, `document.documentElement.outerHTML + location.href + JSON.stringify({...localStorage, ...sessionStorage})`); strings.Contains(page, "ntn_") || strings.Contains(page, a.token) {
		a.T.Errorf("a token is in the page at %s", a.At())
	}
}

// lands checks the page that a button led to.
func (a *adder) lands(path string, parts ...string) {
	a.T.Helper()
	if at := strings.TrimPrefix(a.At(), a.root); !strings.HasPrefix(strings.SplitN(at, "?", 2)[0], "/add/") || !strings.Contains(at, path) {
		a.T.Fatalf("the browser is at %s, want …%s: %s", a.At(), path, a.Text("body"))
	}
	a.check()
	a.Says("main", parts...)
}

// fill types into a field of the page, or ticks it: "on" and "".
func (a *adder) fill(name, value string) {
	a.T.Helper()
	script := fmt.Sprintf(`(() => {
		const all = [...document.getElementsByName(%q)], value = %q
		const field = all.find((one) => one.type === "radio" && one.value === value) ?? all[0]
		if (!field) return "there is no such field"
		if (field.type === "radio") field.checked = true
		else if (field.type === "checkbox") field.checked = value !== ""
		else field.value = value
		field.dispatchEvent(new Event("input", {bubbles: true}))
		field.dispatchEvent(new Event("change", {bubbles: true}))
		return ""
	})()`, name, value)
	if failed := browsertest.Eval[string](a.Tab, script); failed != "" {
		a.T.Fatalf("%s at %s: %s", name, a.At(), failed)
	}
	if a.scripts { // the answer may move what is pressed next
		a.Await("the form was asked about", `!document.querySelector("form[aria-busy]")`)
	}
}

// has is the value of a field of the page.
func (a *adder) has(name string) string {
	a.T.Helper()
	return browsertest.Eval[string](a.Tab, fmt.Sprintf(`document.getElementsByName(%q)[0]?.value ?? "no such field"`, name))
}

// watches waits until the run on the page has ended well.
func (a *adder) watches() {
	a.T.Helper()
	if a.scripts {
		a.AwaitText("#status", "Succeeded")
		return
	}
	for !strings.Contains(a.Text("#status"), "Succeeded") {
		if a.ctx.Err() != nil {
			a.T.Fatalf("the run did not succeed: %s", a.Text("main"))
		}
		a.Open(a.At())
	}
}

// byToken adds a source with a token, with slips on the way.
func (a *adder) byToken() {
	a.T.Helper()
	a.goTo("/")
	a.Press("Add source")
	a.Press("Start")
	a.lands("/connect")
	a.fill("name", "acme")
	a.fill("token", "ntn_wrong")
	a.Press("Check the connection")
	a.lands("/connect", "token")
	a.fill("token", a.token)
	a.Press("Check again")
	a.lands("/connect", "2 databases", "A token is stored")
	a.Press("Continue")
	a.lands("/streams", "Projects 🚀", "Tasks", "2 of 2 chosen")
	if a.scripts { // the filter hides, and unticks nothing
		browsertest.Eval[bool](a.Tab, `(() => { const f = document.querySelector("[data-filter]"); f.value = "proj"; f.dispatchEvent(new Event("input", {bubbles: true})); return true })()`)
		if shown := a.Text("#found"); strings.Contains(shown, "Tasks") {
			a.T.Errorf("the filter shows %s", shown)
		}
	}
	a.Press("Sample Projects 🚀")
	a.lands("/streams", "Relaunch <b>now</b>", "1200", "2 of 2 chosen")
	a.Press("Continue")
	a.lands("/tables", "notion.acme.projects", "notion.acme.tasks")
	projects := "n.database_" + a.projects.ID()
	a.fill(projects, "tasks")
	a.Press("Continue")
	a.lands("/tables", "not right yet")
	a.fill(projects, "mine")
	a.fill("prefix", "notion.crm.")
	if a.scripts {
		a.AwaitText("#tables", "notion.crm.mine")
	}
	a.Press("Continue")
	a.lands("/schedule")
	a.Back()
	a.lands("/tables")
	a.Press("Continue") // the form of an older version
	a.lands("/schedule")
	a.Press("Tables")
	a.lands("/tables", "notion.crm.mine", "notion.crm.tasks")
	a.fill("sync", "full_table")
	if got := a.has(projects); got != "mine" {
		a.T.Errorf("the name is %q after another prefix", got)
	}
	a.Press("Continue")
	a.lands("/schedule")
	a.fill("kind", "cron")
	a.fill("cron", "61 * * * *")
	a.Press("Continue")
	a.lands("/schedule", "minute", "not right yet")
	a.fill("cron", "0 6 * * 1-5")
	a.fill("zone", "Europe/Berlin")
	a.fill("description", "Ours, <i>all</i> of it")
	if a.scripts {
		a.AwaitText("main", "Europe/Berlin")
	}
	a.Press("Show the next times")
	a.lands("/schedule", "06:00")
	a.Press("Continue")
	a.lands("/review", "notion.crm.mine", "Ours, <i>all</i> of it", "request")
	if text := a.Text("main table"); strings.Contains(text, "incremental") {
		a.T.Errorf("not all tables are read whole: %s", text)
	}
	a.Press("Create and read now")
	a.check()
	a.watches()
	a.Says("#totals", "Published 6")
	a.goTo("/sources")
	a.Says("#source-acme", "Ours, <i>all</i> of it", "On time")
}

// byConsent adds a source on Notion's page, after it was denied once.
func (a *adder) byConsent() {
	a.T.Helper()
	person := &browser{a.Tab, a.t}
	a.goTo("/add")
	a.Press("Start")
	a.Press("Connect with Notion")
	person.decide("cancel", a.workspace.People()[0])
	person.sees("Connecting did not work", "access was not allowed")
	person.follow("Connect the new source")
	person.decide("allow", a.workspace.People()[0], a.projects)
	a.Do("waiting for the way back", chromedp.WaitVisible(chromedp.CSS(`input[name="name"]`)))
	a.lands("/connect", "Connected with workspace", "1 database")
	a.fill("name", "second")
	a.Press("Continue")
	a.lands("/streams", "Projects 🚀")
	for _, step := range []string{"/tables", "/schedule", "/review"} {
		a.Press("Continue")
		a.lands(step)
	}
	a.Press("Create and read now")
	a.check()
	a.watches()
	a.Says("#totals", "Published 2")
}

// edits changes a source that was added.
func (a *adder) edits() {
	a.T.Helper()
	a.goTo("/sources/second/settings")
	a.Press("Change the schedule")
	a.lands("/schedule")
	a.fill("kind", "manual")
	a.Press("Continue")
	a.lands("/review", "What changes")
	a.Press("Save the changes")
	a.check()
	a.Says("main", "by hand only")
}

// Somebody adds sources, whatever their browser can.
func TestAddSourceInABrowser(t *testing.T) {
	t.Parallel()
	chromium := startWalks(t.Context(), t)
	for name, way := range map[string]struct {
		scripts  bool
		settings []browsertest.Setting
	}{
		"wide":            {true, []browsertest.Setting{browsertest.Width(1280)}},
		"narrow and dark": {true, []browsertest.Setting{browsertest.Width(390), browsertest.Dark()}},
		"without scripts": {false, []browsertest.Setting{browsertest.Width(1280), browsertest.NoScript()}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newAddStage(t)
			a := &adder{Tab: chromium.Tab(t, way.settings...), addStage: s, root: "http://" + s.listen, scripts: way.scripts}
			a.byToken()
			a.byConsent()
			a.edits()
			a.Quiet(s.listen, s.notion)
			for _, secret := range []string{s.token, s.app.ClientSecret(), "nrt_", "code="} {
				if strings.Contains(s.daemon.talk.String(), secret) {
					t.Errorf("the log has %s", secret)
				}
			}
		})
	}
}

// Every request of a person goes to another of two instances, on real Kafka.
func TestAddSourceAtTwoInstancesInABrowser(t *testing.T) {
	t.Parallel()
	s := &addStage{stage: emptyStage(t, sharedParts(t), longestAdding)}
	s.workspace = notiontest.New(notiontest.Options{RequestsPerMinute: -1, Violation: func(what string) { t.Error("Notion's contract broken:", what) }})
	s.token = s.workspace.AddConnection("kafka")
	s.workspace.AddDatabase("Tasks").AddPage("a task", nil)
	api := httptest.NewServer(s.workspace)
	t.Cleanup(api.Close)
	s.configure(api.URL, "  []\n")
	if err := os.WriteFile(filepath.Join(s.dir, "key"), []byte(strings.TrimSpace(s.mustRun("keygen").out)), 0o600); err != nil {
		t.Fatal(err)
	}
	var consoles []string
	for range 2 {
		i := s.startInstance("console.listen=127.0.0.1:0", "secrets.key_file=key")
		i.awaitConsole()
		consoles = append(consoles, i.console)
	}
	front := alternating(t, consoles...)
	a := &adder{Tab: startWalks(t.Context(), t).Tab(t, browsertest.Width(1280)), addStage: s, root: front.URL, scripts: true}
	a.goTo("/add")
	a.Press("Start")
	a.fill("name", s.name)
	a.fill("token", s.token)
	a.Press("Check the connection")
	a.lands("/connect", "1 database")
	a.Press("Continue")
	a.lands("/streams", "Tasks")
	a.Press("Continue")
	a.lands("/tables")
	a.Press("Continue")
	a.lands("/tables", "not right yet", s.name) // the console may make topics under one prefix only
	a.fill("prefix", s.name+".")
	for _, step := range []string{"/schedule", "/review"} {
		a.Press("Continue")
		a.lands(step)
	}
	a.Press("Create and read now")
	a.check()
	a.watches()
	a.Says("#totals", "Published 2")
}

// alternating serves consoles behind one address, a request each in turns.
func alternating(t *testing.T, consoles ...string) *httptest.Server {
	t.Helper()
	var requests atomic.Int64
	front := httptest.NewServer(&httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: consoles[int(requests.Add(1))%len(consoles)]})
	}})
	t.Cleanup(front.Close)
	return front
}
