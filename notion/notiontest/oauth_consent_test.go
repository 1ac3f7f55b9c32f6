package notiontest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"notion-kafka/notion/notiontest"
)

// authorizePath is the address of an App's consent page; changes replace parameters, and
// "" removes one.
func authorizePath(app *notiontest.App, changes map[string]string) string {
	query := url.Values{"client_id": {app.ClientID()}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "owner": {"user"}, "state": {"s&t=1"}}
	for name, value := range changes {
		query.Set(name, value)
		if value == "" {
			query.Del(name)
		}
	}
	return "/v1/oauth/authorize?" + query.Encode()
}

// browse sends a browser's request.
func (c appCaller) browse(line string, form url.Values) reply {
	c.t.Helper()
	got, err := c.send(line, form.Encode(), "Authorization:", "Notion-Version:", "Content-Type: application/x-www-form-urlencoded")
	if err != nil {
		c.t.Fatal(err)
	}
	return got
}

// TestConsentPage: the page says who asks for what, and offers people and databases.
func TestConsentPage(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{Name: "Ada's space"}, notiontest.AppOptions{Name: "Ship<b>per"})
	tasks, ideas := c.w.AddDatabase("Tasks"), c.w.AddDatabase("Ideas & more")
	c.w.AddDatabase("Old").Trash()
	c.connect(c.ada(), tasks)
	got := c.browse("GET "+authorizePath(c.app, nil), nil)
	if got.status != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d %v", got.status, got.header)
	}
	text := string(got.body)
	for _, want := range []string{"Ship&lt;b&gt;per is requesting access to Ada&#39;s space", "kafka.company.example", "update content",
		"Ada Okafor", "Bruno Keller", "Chiyo Tanaka", "Ideas &amp; more", `value="` + ideas.ID() + `">`, `value="` + tasks.ID() + `" checked>`,
		`<form method="post">`, ">Allow access</button>", ">Cancel</button>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(text, "Old") || strings.Contains(text, "<script") {
		t.Errorf("the page has a trashed database or a script:\n%s", text)
	}
	if policy := got.header.Get("Content-Security-Policy"); policy == "" || strings.Contains(policy, "form-action") {
		t.Errorf("policy %q", policy)
	}
}

// TestConsentPageAfterRemoval: nothing is ticked for an App that was removed.
func TestConsentPageAfterRemoval(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{})
	c.app.RevokeByPerson(c.connect(c.ada(), c.w.AddDatabase("Tasks")).BotID)
	if got := c.browse("GET "+authorizePath(c.app, nil), nil); strings.Contains(string(got.body), "checked") {
		t.Errorf("%s", got.body)
	}
}

// TestConsentErrors: a request that is not in order shows an error and sends the browser
// nowhere, whatever its form says.
func TestConsentErrors(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{RedirectURIs: []string{"http://localhost:8080/oauth/callback"}})
	db := c.w.AddDatabase("Tasks")
	form := url.Values{"person": {c.ada()}, "database": {db.ID()}, "decision": {"allow"}}
	for _, test := range []struct{ name, value, want string }{
		{"client_id", "", "client_id"},
		{"client_id", "unknown", "client_id"},
		{"redirect_uri", "", "redirect_uri"},
		{"redirect_uri", redirectURI + "/", "redirect_uri"},
		{"redirect_uri", "https://evil.example/", "redirect_uri"},
		{"redirect_uri", "http://localhost:8081/oauth/callback", "redirect_uri"},
		{"response_type", "", "response_type"},
		{"response_type", "token", "response_type"},
		{"owner", "", "owner"},
		{"owner", "workspace", "owner"},
		{"code_challenge", "x", "code_challenge"},
		{"scope", "all", "scope"},
	} {
		for _, method := range []string{"GET ", "POST "} {
			got := c.browse(method+authorizePath(c.app, map[string]string{test.name: test.value}), form)
			if got.status != http.StatusBadRequest || got.header.Get("Location") != "" || !strings.Contains(string(got.body), test.want) {
				t.Errorf("%s%s=%s: %d to %q", method, test.name, test.value, got.status, got.header.Get("Location"))
			}
		}
	}
}

// TestConsent: the form sends the browser back with a code or with a denial, and with
// the state; other parameters of the redirect URI stay.
func TestConsent(t *testing.T) {
	const own = "http://localhost:8080/oauth/callback?instance=2"
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{RedirectURIs: []string{own}})
	tasks, ideas := c.w.AddDatabase("Tasks"), c.w.AddDatabase("Ideas")
	path := authorizePath(c.app, map[string]string{"redirect_uri": own})
	back := func(form url.Values) url.Values {
		t.Helper()
		got := c.browse("POST "+path, form)
		to, err := url.Parse(got.header.Get("Location"))
		if err != nil || got.status != http.StatusFound || to.Host != "localhost:8080" || to.Query().Get("instance") != "2" {
			t.Fatalf("%d to %q", got.status, got.header.Get("Location"))
		}
		if state := to.Query().Get("state"); state != "s&t=1" {
			t.Errorf("state %q", state)
		}
		return to.Query()
	}
	if got := back(url.Values{"decision": {"cancel"}}); got.Get("error") != "access_denied" || got.Has("code") {
		t.Errorf("cancelled: %v", got)
	}
	got := back(url.Values{"decision": {"allow"}, "person": {c.bruno()}, "database": {ideas.ID()}})
	g, status := c.ask(map[string]string{"grant_type": "authorization_code", "code": got.Get("code"), "redirect_uri": own})
	if status != http.StatusOK || !strings.Contains(string(g.Owner), c.bruno()) || got.Has("error") {
		t.Fatalf("%d, owner %s", status, g.Owner)
	}
	if c.status(g.AccessToken, "GET /v1/databases/"+ideas.ID(), "") != http.StatusOK ||
		c.status(g.AccessToken, "GET /v1/databases/"+tasks.ID(), "") != http.StatusNotFound {
		t.Error("the bot does not see what was ticked")
	}
}

// TestConsentWithoutDatabases: at least one must be ticked, and the form keeps the rest.
func TestConsentWithoutDatabases(t *testing.T) {
	c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{})
	c.w.AddDatabase("Tasks")
	for name, ticked := range map[string][]string{"none": nil, "an unknown one": {c.w.ID()}} {
		got := c.browse("POST "+authorizePath(c.app, nil), url.Values{"decision": {"allow"}, "person": {c.bruno()}, "database": ticked})
		if got.status != http.StatusBadRequest || got.header.Get("Location") != "" || !strings.Contains(string(got.body), "Select at least one database") ||
			!strings.Contains(string(got.body), `value="`+c.bruno()+`" selected`) {
			t.Errorf("%s: %d to %q", name, got.status, got.header.Get("Location"))
		}
	}
}
