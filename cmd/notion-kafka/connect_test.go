package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/control"
)

// freeAddress returns an address of this machine that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// An oauthTerminal is a terminal with a public connection, whose source acme is to be
// connected.
type oauthTerminal struct {
	*terminal
	at  string // host:port of the console and of the redirect URL
	app *notiontest.App
	db  *notiontest.Database
}

func newOAuthTerminal(t *testing.T) *oauthTerminal {
	t.Helper()
	tt := &oauthTerminal{terminal: serving(t), at: freeAddress(t)}
	tt.withoutToken()
	tt.db = tt.addTasks(3)
	tt.app = tt.workspace.AddApp(notiontest.AppOptions{RedirectURIs: []string{"http://" + tt.at + "/oauth/callback"}})
	tt.flags = append(tt.flags, "--set", "console.public_url=http://"+tt.at, "--set", "oauth.client_id="+tt.app.ClientID())
	tt.environ = append(tt.environ, "NOTION_KAFKA_OAUTH__CLIENT_SECRET="+tt.app.ClientSecret())
	if err := os.WriteFile("notion-kafka.yaml", []byte("sources: [{name: acme, oauth: true, trigger: {manual: true}}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return tt
}

// login runs the command, with a browser that its address is opened in.
func (tt *oauthTerminal) login(browse func(address string), args ...string) (code int, talk string) {
	tt.t.Helper()
	var stdout, stderr written
	gone := make(chan struct{})
	code = execute(tt.t.Context(), slices.Concat([]string{"login", "--source", "acme"}, args, tt.flags), process{
		Out: &stdout, Err: &stderr, In: strings.NewReader(""), Environ: tt.environ,
		Browse: func(address string) error {
			go func() {
				defer close(gone)
				browse(address)
			}()
			return nil
		},
	})
	if tt.t.Failed() || strings.Contains(stdout.String(), "http") {
		<-gone
	}
	return code, stderr.String()
}

// A visitor is a person with a browser of their own.
type visitor struct {
	t      *testing.T
	client *http.Client
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, &http.Client{Jar: jar}}
}

// do sends a request, and follows where it leads.
func (v *visitor) do(method, address string, form url.Values) (at *url.URL, page string) {
	r, err := http.NewRequestWithContext(v.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Error(err)
		return nil, ""
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept", "text/html")
	answer, err := v.client.Do(r)
	if err != nil {
		v.t.Error(err)
		return nil, ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Error(err)
	}
	return answer.Request.URL, string(text)
}

// decide opens an address that leads to Notion's page, decides there, and returns the page
// that the browser ends at, which has a style sheet.
func (v *visitor) decide(address, decision, person string, databases ...*notiontest.Database) (page string) {
	consent, text := v.do(http.MethodGet, address, nil)
	if consent == nil || !strings.Contains(text, "is requesting access to") {
		v.t.Errorf("no consent page at %s: %s", address, text)
		return ""
	}
	form := url.Values{"decision": {decision}, "person": {person}}
	for _, db := range databases {
		form.Add("database", db.ID())
	}
	at, page := v.do(http.MethodPost, consent.String(), form)
	if at != nil {
		_, _ = v.do(http.MethodGet, at.JoinPath("../style.css").String(), nil)
	}
	return page
}

// stopsAt decides as decide does, and returns the address that Notion sends the browser
// to, without going there.
func (v *visitor) stopsAt(start string, form url.Values) (back string) {
	stay := *v.client
	stay.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		back = r.URL.String()
		return http.ErrUseLastResponse
	}
	consent, _ := v.do(http.MethodGet, start, nil)
	_, _ = (&visitor{v.t, &stay}).do(http.MethodPost, consent.String(), form)
	return back
}

// Without a daemon login answers the browser by itself, and the next once publishes.
func TestLoginAloneThenOnce(t *testing.T) {
	tt := newOAuthTerminal(t)
	ada := tt.workspace.People()[0]
	code, talk := tt.login(func(address string) {
		if page := newVisitor(t).decide(address, "cancel", ada); !strings.Contains(page, "access was not allowed") {
			t.Errorf("denied: %s", page)
		}
	})
	if code != 1 || !strings.Contains(talk, "access was not allowed on Notion") {
		t.Errorf("denied: exit %d\n%s", code, talk)
	}
	if code, _, talk := tt.run("once"); code != 1 || !strings.Contains(talk, "login --source acme") {
		t.Errorf("once before: exit %d\n%s", code, talk)
	}
	code, talk = tt.login(func(address string) {
		v := newVisitor(t)
		if _, page := v.do(http.MethodGet, "http://"+tt.at+"/oauth/callback?code=x&state=y", nil); !strings.Contains(page, "this command did not begin that") {
			t.Errorf("of another command: %s", page)
		}
		if page := v.decide(address, "allow", ada, tt.db); !strings.Contains(page, "You can close this window: the command in the terminal goes on.") {
			t.Errorf("allowed: %s", page)
		}
	})
	if code != 0 || !strings.Contains(talk, "source acme: connected with the workspace ") {
		t.Fatalf("exit %d\n%s", code, talk)
	}
	if code, out, talk := tt.run("once"); code != 0 || !strings.Contains(out, "notion.acme.engineering_tasks") {
		t.Errorf("once: exit %d\n%s%s", code, out, talk)
	}
	access, refresh := tt.app.Pair(tt.app.Bots()[0])
	for _, secret := range []string{access, refresh, tt.app.ClientSecret()} {
		if strings.Contains(talk, secret) {
			t.Errorf("a secret is shown:\n%s", talk)
		}
	}
}

// With a daemon its page is opened, and the source runs at once: a source whose trigger is
// a person too.
func TestLoginWithADaemon(t *testing.T) {
	tt := newOAuthTerminal(t)
	d := tt.daemon("--set", "console.listen="+tt.at)
	defer d.stop()
	code, talk := tt.login(func(address string) {
		if address != "http://"+tt.at+"/oauth/start?source=acme" {
			t.Errorf("opened %s", address)
		}
		if page := newVisitor(t).decide(address, "allow", tt.workspace.People()[0], tt.db); !strings.Contains(page, "It reads at once") {
			t.Errorf("allowed: %s", page)
		}
	}, "--api", d.url)
	if code != 0 || !strings.Contains(talk, "; it is read at once") {
		t.Fatalf("exit %d\n%s\n%s", code, talk, d.talk)
	}
	var runs []control.Run
	if err := json.Unmarshal([]byte(d.must(200, "GET", "/api/v1/sources/acme/runs", "")), &runs); err != nil || len(runs) == 0 {
		t.Fatalf("runs %v, %v\n%s", runs, err, d.talk)
	}
	events := d.must(200, "GET", "/api/v1/runs/"+runs[0].ID+"/events", "") // until its end
	if !strings.Contains(events, `"status":"succeeded"`) || !strings.Contains(events, `"published":3`) {
		t.Errorf("the run: %s", events)
	}
}

// Over SSH the browser is on another machine: it ends at an address that leads to nothing
// there, which the person pastes.
func TestLoginOverSSH(t *testing.T) {
	tt := newOAuthTerminal(t)
	d := tt.daemon("--set", "console.listen="+tt.at)
	defer d.stop()
	in, person := io.Pipe()
	out, ended := newWatched("/v1/oauth/authorize?"), make(chan int, 1)
	var talk written
	go func() {
		args := slices.Concat([]string{"login", "--source", "acme", "--no-browser", "--api", d.url}, tt.flags)
		ended <- execute(t.Context(), args, process{Out: out, Err: &talk, In: in, Environ: tt.environ})
	}()
	<-out.seen
	addresses := strings.Fields(out.String())
	back := newVisitor(t).stopsAt(addresses[len(addresses)-1], url.Values{"decision": {"allow"}, "person": {tt.workspace.People()[0]}, "database": {tt.db.ID()}})
	if _, err := io.WriteString(person, back+"\n"); err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != 0 || !strings.Contains(talk.String(), "; it is read at once") || strings.Contains(talk.String(), "code=") {
		t.Errorf("exit %d\n%s\n%s", code, &talk, d.talk)
	}
	person.Close()
}

// Two tabs of one browser do not disturb each other.
func TestConnectingInTwoTabs(t *testing.T) {
	tt := newOAuthTerminal(t)
	d := tt.daemon("--set", "console.listen="+tt.at)
	defer d.stop()
	v, ada := newVisitor(t), tt.workspace.People()[0]
	form := url.Values{"decision": {"allow"}, "person": {ada}, "database": {tt.db.ID()}}
	one := v.stopsAt(d.url+"/oauth/start?source=acme", form)
	two := v.stopsAt(d.url+"/oauth/start?source=acme", form)
	for what, back := range map[string]string{"one": one, "two": two} {
		if _, page := v.do(http.MethodGet, back, nil); !strings.Contains(page, ">Connected</h1>") {
			t.Errorf("tab %s: %s", what, page)
		}
	}
}

// What a person sees who goes another way than they should, and that it costs nothing:
// the connection of the right way still works.
func TestTheWrongWaysToConnect(t *testing.T) {
	tt := newOAuthTerminal(t)
	d := tt.daemon("--set", "console.listen="+tt.at)
	defer d.stop()
	start, ada := d.url+"/oauth/start?source=acme", tt.workspace.People()[0]
	sees := func(what, page string, want ...string) {
		t.Helper()
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s: the page does not say %q: %s", what, text, page)
			}
		}
	}
	v := newVisitor(t)
	page := v.decide(start, "cancel", ada)
	sees("denied", page, "access was not allowed", `href="start?source=acme"`)

	// The address of one browser, opened in another first.
	back := v.stopsAt(start, url.Values{"decision": {"allow"}, "person": {ada}, "database": {tt.db.ID()}})
	_, page = newVisitor(t).do(http.MethodGet, back, nil)
	sees("another browser", page, "another browser started this")
	_, page = v.do(http.MethodGet, back, nil)
	sees("the browser", page, "<h1 class=\"ok\">Connected</h1>")
	_, page = v.do(http.MethodGet, back, nil)
	sees("opened again", page, "was opened already, and works once")
	_, page = v.do(http.MethodGet, d.url+"/oauth/callback?code=x&state=y", nil)
	sees("a made-up state", page, "does not come from a connection that was started here")
	_, page = v.do(http.MethodGet, d.url+"/oauth/callback", nil)
	sees("by hand", page, "does not come from a connection that was started here")
	for _, secret := range []string{back[strings.Index(back, "?")+1:], tt.app.ClientSecret()} {
		if strings.Contains(d.talk.String(), secret) {
			t.Errorf("the log has %s:\n%s", secret, d.talk)
		}
	}
}
