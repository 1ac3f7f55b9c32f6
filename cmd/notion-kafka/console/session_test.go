package console

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A session lasts 12 hours from the last half of it in which it was used.
func TestASessionIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, newFake(), guardedOptions())
		cookie := signedIn(t, s)
		get := func() reply { return ask(t, s.handler(), by(cookie, request("GET", "/api/v1/sources", ""))) }
		<-time.After(6*time.Hour - time.Second)
		if answer := get(); answer.status != 200 || cookieOf(t, answer) != nil {
			t.Errorf("before its half: status %d, cookie %v", answer.status, cookieOf(t, answer))
		}
		<-time.After(2 * time.Second)
		renewed := cookieOf(t, get())
		if renewed == nil || renewed.Value == cookie.Value || renewed.MaxAge != 43200 {
			t.Fatalf("after its half: %v", renewed)
		}
		<-time.After(6 * time.Hour)
		if answer := get(); answer.status != 401 || cookieOf(t, answer) != nil {
			t.Errorf("the first one after 12 hours: status %d, cookie %v", answer.status, cookieOf(t, answer))
		}
		cookie = renewed
		if answer := get(); answer.status != 200 {
			t.Errorf("the renewed one: status %d", answer.status)
		}
	})
}

// Any instance with the same password knows a session; another password, or another
// username, ends all of them.
func TestASessionBelongsToAPassword(t *testing.T) {
	password := "right"
	changing := guardedOptions()
	changing.PasswordNow = func() string { return password }
	s := newServer(t, newFake(), changing)
	cookie := signedIn(t, s)
	for name, test := range map[string]struct {
		options Options
		status  int
	}{
		"another instance":        {guardedOptions(), 200},
		"another password":        {Options{Username: "ops", Password: "righ"}, 401},
		"another username":        {Options{Username: "opsr", Password: "right"}, 401},
		"the two moved a letter":  {Options{Username: "opsr", Password: "ight"}, 401},
		"without any (no cookie)": {Options{}, 200},
	} {
		other := newServer(t, newFake(), test.options)
		if got := ask(t, other.handler(), by(cookie, request("GET", "/api/v1/sources", ""))).status; got != test.status {
			t.Errorf("%s: %d, want %d", name, got, test.status)
		}
	}
	password = "changed"
	if got := ask(t, s.handler(), by(cookie, request("GET", "/api/v1/sources", ""))).status; got != 401 {
		t.Errorf("after the password has changed: %d", got)
	}
}

// The whole way through a client that keeps cookies and follows redirects as a browser.
func TestABrowserStaysSignedIn(t *testing.T) {
	s := newServer(t, newFake(), guardedOptions())
	server := httptest.NewServer(s.handler())
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	visit := func(r *http.Request) string {
		t.Helper()
		answer, err := browser.Do(asBrowser(r))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.Request.URL.RequestURI() + " " + answer.Status
	}
	to := func(method, path, body string) *http.Request {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body != "" || method == http.MethodPost {
			r.Header.Set("Content-Type", formType)
			r.Header.Set("Origin", server.URL)
		}
		return r
	}
	got := []string{
		visit(to("GET", "/sources/acme?x=y", "")),
		visit(to("POST", "/login", "username=ops&password=right&next=%2Fsources%2Facme%3Fx%3Dy")),
		visit(to("POST", "/sources/acme/pause", "")),
		visit(to("POST", "/logout", "")),
		visit(to("POST", "/sources/acme/pause", "")),
		visit(to("GET", "/runs/run-1", "")),
	}
	want := []string{
		"/login?next=%2Fsources%2Facme%3Fx%3Dy 200 OK", "/sources/acme?x=y 200 OK", "/sources/acme?said=paused 200 OK",
		"/login?said=out 200 OK", "/sources/acme/pause 401 Unauthorized", "/login?next=%2Fruns%2Frun-1 200 OK",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Who has a session can end it on every page; who sends the password each time has none.
func TestPagesSayThatAPersonIsSignedIn(t *testing.T) {
	s := newServer(t, newFake(), guardedOptions())
	cookie := signedIn(t, s)
	for _, path := range []string{"/sources", "/sources/acme", "/runs/run-1", "/nowhere/x"} {
		out := `action="` + base(visit(path)) + `logout"`
		if body := ask(t, s.handler(), by(cookie, visit(path))).body; !strings.Contains(body, out) {
			t.Errorf("%s: nothing ends the session: %s", path, body)
		}
		if body := ask(t, s.handler(), withLogin(visit(path), "right")).body; strings.Contains(body, out) {
			t.Errorf("%s: there is no session to end: %s", path, body)
		}
	}
}
