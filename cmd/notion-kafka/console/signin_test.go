package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const ofTheConfiguration = "They are console.username and console.password of the configuration."

// guardedOptions have a password.
func guardedOptions() Options { return Options{Username: "ops", Password: "right"} }

// asBrowser makes a request of a browser that goes to a page.
func asBrowser(r *http.Request) *http.Request {
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	return r
}

// signing is the request of the sign-in form.
func signing(username, password, next string) *http.Request {
	r := asBrowser(posted("/login", url.Values{"username": {username}, "password": {password}, "next": {next}}))
	r.Header.Set("Origin", "http://localhost:8080")
	return r
}

// signedIn signs in, and returns the cookie of the session.
func signedIn(t *testing.T, s *Server) *http.Cookie {
	t.Helper()
	cookie := cookieOf(t, ask(t, s.handler(), signing("ops", "right", "")))
	if cookie == nil || cookie.Name != "notion_kafka_session" || cookie.Value == "" {
		t.Fatalf("cookie %v", cookie)
	}
	return cookie
}

// by adds a cookie to a request, as the browser that has it does.
func by(cookie *http.Cookie, r *http.Request) *http.Request {
	r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	return r
}

func TestAPersonSignsIn(t *testing.T) {
	s := newServer(t, newFake(), guardedOptions())
	sent := ask(t, s.handler(), asBrowser(request("GET", "/oauth/start?source=acme", "")))
	if got := sent.header.Get("Location"); sent.status != 303 || got != "../login?next=%2Foauth%2Fstart%3Fsource%3Dacme" {
		t.Fatalf("status %d to %s", sent.status, got)
	}
	form := ask(t, s.handler(), asBrowser(request("GET", "/login?next=%2Fruns%3Fstatus%3Dfailed", "")))
	if form.status != 200 || !strings.Contains(form.body, `<form method="post" action="./login" class="stack">`) ||
		!strings.Contains(form.body, `<input type="hidden" name="next" value="/runs?status=failed">`) {
		t.Errorf("status %d: %s", form.status, form.body)
	}
	answer := ask(t, s.handler(), signing("ops", "right", "/runs?status=failed"))
	if got := answer.header.Get("Location"); answer.status != 303 || got != "./runs?status=failed" {
		t.Errorf("status %d to %s", answer.status, got)
	}
	cookie := cookieOf(t, answer)
	want := "notion_kafka_session=" + cookie.Value + "; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"
	if got := answer.header.Get("Set-Cookie"); got != want {
		t.Errorf("cookie %q, want %q", got, want)
	}
	if got := ask(t, s.handler(), by(cookie, request("GET", "/api/v1/sources", ""))); got.status != 200 || cookieOf(t, got) != nil {
		t.Errorf("signed in: status %d, cookie %v", got.status, cookieOf(t, got))
	}
	expectPage(t, s, by(cookie, asBrowser(request("GET", "/login", ""))), 200, "Sign in", "You are signed in as ops.", "Continue")
}

// Wherever a form is posted, the page after it is another one, so Back and reload send no
// form again.
func TestAWrongPasswordOfAPerson(t *testing.T) {
	s := newServer(t, newFake(), guardedOptions())
	for username, password := range map[string]string{"ops": "wrong", "opa": "right", "": ""} {
		answer := ask(t, s.handler(), signing(username, password, "/runs"))
		if got := answer.header.Get("Location"); answer.status != 303 || got != "./login?next=%2Fruns&said=wrong" || cookieOf(t, answer) != nil {
			t.Errorf("%s: status %d to %s, cookie %v", username, answer.status, got, cookieOf(t, answer))
		}
	}
	page := expectPage(t, s, asBrowser(request("GET", "/login?next=%2Fruns&said=wrong", "")), 200,
		"Sign in", "The user name or the password is wrong.", "User name", "Password", "Sign in", ofTheConfiguration)
	if !strings.Contains(page.body, "<title>Error: sign in") || strings.Count(page.body, `aria-describedby="problem" aria-invalid="true"`) != 2 {
		t.Errorf("the page: %s", page.body)
	}
}

// What the address says is one of a few sentences; other text of it is not shown.
func TestTheSignInPageSaysNothingOfOthers(t *testing.T) {
	s := newServer(t, newFake(), guardedOptions())
	want := ask(t, s.handler(), request("GET", "/login", "")).body
	for _, query := range []string{"?said=Call+0800-evil", "?said=%3Cscript%3E", "?said=", "?said", "?said=WRONG", "?said=started", "?problem=x&user=eve&error=y", "?next=%zz"} {
		if diff := cmp.Diff(want, ask(t, s.handler(), request("GET", "/login"+query, "")).body); diff != "" {
			t.Errorf("%s (-without +with):\n%s", query, diff)
		}
	}
}

func TestAPersonSignsOut(t *testing.T) {
	for public, want := range map[string][]string{
		"http://localhost:8080":    {"notion_kafka_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"},
		"http://localhost:8080/nk": {"notion_kafka_session=; Path=/nk/; Max-Age=0; HttpOnly; SameSite=Lax", "notion_kafka_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"},
	} {
		o := guardedOptions()
		o.PublicURL = public
		s := newServer(t, newFake(), o)
		answer := ask(t, s.handler(), by(signedIn(t, s), asBrowser(posted("/logout", nil))))
		if diff := cmp.Diff(want, answer.header.Values("Set-Cookie")); diff != "" || answer.status != 303 || answer.header.Get("Location") != "./login?said=out" {
			t.Errorf("status %d to %s:\n%s", answer.status, answer.header.Get("Location"), diff)
		}
	}
	s := newServer(t, newFake(), guardedOptions())
	expectPage(t, s, asBrowser(request("GET", "/login?said=out", "")), 200, "You are signed out in this browser.", "Sign in", "User name", "Password", "Sign in", ofTheConfiguration)
	if got := ask(t, s.handler(), asBrowser(request("GET", "/logout", ""))).status; got != 405 {
		t.Errorf("a link signs out: %d", got)
	}
}

func TestWithoutAPasswordNobodySignsIn(t *testing.T) {
	s := newServer(t, newFake(), Options{})
	for _, r := range []*http.Request{request("GET", "/login?next=%2Fruns", ""), signing("ops", "right", "/runs"), posted("/logout", nil)} {
		answer := ask(t, s.handler(), r)
		if got := answer.header.Get("Location"); answer.status != 303 || got != "./sources" {
			t.Errorf("%s %s: status %d to %s", r.Method, r.URL, answer.status, got)
		}
	}
}

// A browser that was given a username and a password otherwise goes on working.
func TestABrowserWithBasicAuthentication(t *testing.T) {
	s := newServer(t, newFake(), guardedOptions())
	if got := ask(t, s.handler(), asBrowser(withLogin(request("GET", "/api/v1/sources", ""), "right"))).status; got != 200 {
		t.Errorf("GET: %d", got)
	}
	r := withLogin(request("PUT", "/api/v1/sources/acme/pause", ""), "right")
	r.Header.Set("Origin", "http://localhost:8080")
	if got := ask(t, s.handler(), r).status; got != 200 {
		t.Errorf("PUT: %d", got)
	}
	answer := expectPage(t, s, asBrowser(withLogin(request("GET", "/oauth/start?source=acme", ""), "wrong")), 401,
		"Error: sign in first", "You are not signed in, or no longer. Nothing was changed.", "Sign in", "Go to the sources")
	if got := answer.header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Basic ") {
		t.Errorf("challenge %q", got)
	}
	if got := ask(t, s.handler(), by(signedIn(t, s), withLogin(request("GET", "/api/v1/sources", ""), "an old one"))).status; got != 200 {
		t.Errorf("signed in, with an old password that the browser still sends: %d", got)
	}
}

// A browser shows its own dialog for a challenge of Basic, also for what a script of the
// page requests; programs need that challenge.
func TestWhoIsAskedForBasicAuthentication(t *testing.T) {
	s := newServer(t, newFake(), guardedOptions())
	for name, test := range map[string]struct {
		header, value string
		scheme        string
	}{
		"curl":           {"Accept", "*/*", "Basic"},
		"no Accept":      {"User-Agent", "x", "Basic"},
		"a JSON client":  {"Accept", "application/json", "Basic"},
		"a wrong Basic":  {"Authorization", "Basic eDp5", "Basic"},
		"a fetch":        {"Sec-Fetch-Mode", "cors", "Cookie"},
		"an address bar": {"Accept", "text/html,*/*;q=0.8", "Basic"},
		"an EventSource": {"Accept", "text/event-stream", "Cookie"},
	} {
		r := request("GET", "/api/v1/runs/run-1/events", "")
		r.Header.Set(test.header, test.value)
		if scheme, _, _ := strings.Cut(expect(t, s, r, 401, wrongPassword).header.Get("WWW-Authenticate"), " "); scheme != test.scheme {
			t.Errorf("%s: %s, want %s", name, scheme, test.scheme)
		}
	}
	r := asBrowser(posted("/sources/acme/pause", nil)) // the session has ended meanwhile
	r.Header.Set("Origin", "http://localhost:8080")
	answer := expectPage(t, s, r, 401, "Error: sign in first", "You are not signed in, or no longer. Nothing was changed.", "Sign in", "Go to the sources")
	if got := answer.header.Get("WWW-Authenticate"); got != `Cookie realm="notion-kafka"` || !strings.Contains(answer.body, `href="../../login"`) {
		t.Errorf("challenge %q: %s", got, answer.body)
	}
}

// The policy of a page forbids that its form ends at another site (CSP: form-action, by
// Chromium also for redirects), so after signing in a link begins the way to Notion.
func TestSigningInDoesNotRedirectToNotion(t *testing.T) {
	s := newServer(t, newFake(), guardedOptions())
	answer := ask(t, s.handler(), signing("ops", "right", "/oauth/start?source=acme"))
	if got := answer.header.Get("Location"); answer.status != 303 || got != "./login?next=%2Foauth%2Fstart%3Fsource%3Dacme" {
		t.Fatalf("status %d to %s", answer.status, got)
	}
	page := ask(t, s.handler(), by(cookieOf(t, answer), request("GET", "/login?next=%2Foauth%2Fstart%3Fsource%3Dacme", "")))
	if !strings.Contains(page.body, `<a class="button" href="./oauth/start?source=acme">Continue</a>`) {
		t.Error(page.body)
	}
}

// A browser does not keep a cookie for https that comes by http, so the person is told
// where to go instead of being asked again and again.
func TestSigningInByHTTPWhereThePublicAddressHasHTTPS(t *testing.T) {
	o := guardedOptions()
	o.PublicURL, o.Hosts = "https://ops.example/nk", []string{"nk.internal"}
	s := newServer(t, newFake(), o)
	for origin, status := range map[string]int{"https://ops.example": 303, "http://localhost:8080": 303, "http://nk.internal:8080": 403} {
		r := signing("ops", "right", "")
		r.Host = strings.SplitN(origin, "/", 3)[2]
		r.Header.Set("Origin", origin)
		if status == 403 {
			expectPage(t, s, r, 403, "Error: that is not possible", "a browser that comes by http cannot stay signed in: sign in at https://ops.example/nk/ (console.public_url)", "Sign in", "Go to the sources")
			continue
		}
		if answer := ask(t, s.handler(), r); answer.status != status || !cookieOf(t, answer).Secure {
			t.Errorf("%s: status %d, %v", origin, answer.status, answer.header)
		}
	}
}

// Behind a proxy with a prefix the cookie is for the prefix alone; past the proxy there is
// none, and people sign in too.
func TestTheSessionIsForTheAddressesOfTheConsole(t *testing.T) {
	o := guardedOptions()
	o.PublicURL, o.Hosts = "https://ops.example/nk", []string{"nk.internal"}
	s := newServer(t, newFake(), o)
	for host, path := range map[string]string{"ops.example": "/nk/", "localhost:8080": "/", "ops.example:8080": "/"} {
		r := signing("ops", "right", "")
		r.Host = host
		r.Header.Set("Origin", "https://"+host)
		if cookie := cookieOf(t, ask(t, s.handler(), r)); cookie == nil || cookie.Path != path || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
			t.Errorf("%s: %v", host, cookie)
		}
	}
}
