package console

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"notion-kafka/producer/control"
)

// After signing in a person stays in the console, wherever a link to the form says.
func TestSigningInLeadsNowhereElse(t *testing.T) {
	for next, want := range map[string]string{
		"/sources/acme?q=a%2Fb&x=//y": "/sources/acme?q=a%2Fb&x=//y", "/": "/", "/catalog/a%20b": "/catalog/a%20b", "/runs?source=%C3%A9": "/runs?source=%C3%A9",
		"": "", "sources/acme": "", "//evil.example": "", "///evil.example": "", "/\\evil.example": "", "\\\\evil.example": "",
		"https://evil.example": "", "https:evil.example": "", "javascript:alert(1)": "", "http://localhost:8080@evil.example": "", "/%5Cevil.example": "",
		"/\t/evil.example": "", "/\n/evil.example": "", "\t//evil.example": "", "/%09/evil.example": "", "/%0d%0aSet-Cookie:x=y": "", "/x\u0085y": "",
		"/.//evil.example": "", "/../outside": "", "/a/../../outside": "", "/%2e%2e/outside": "", "/%2e%2e%2foutside": "", "/./x": "",
		"/login": "", "/login?next=/x": "", "/logout": "", "/%zz": "", "/x#\\": "", "/sources/" + strings.Repeat("x", 2000): "",
	} {
		s := newServer(t, newFake(), guardedOptions())
		answer := ask(t, s.handler(), signing("ops", "right", next))
		if want == "" {
			want = "/sources"
		}
		if got := resolved(t, "/nk", "/login", answer.header.Get("Location")); answer.status != 303 || got != "https://host.example/nk"+want {
			t.Errorf("%q: status %d to %s", next, answer.status, got)
		}
		page := ask(t, s.handler(), request("GET", "/login?"+url.Values{"next": {next}}.Encode(), ""))
		if next != "" && want == "/sources" && strings.Contains(page.body, "evil") {
			t.Errorf("%q is on the page: %s", next, page.body)
		}
	}
}

// A browser that goes to an address of ours which reads like another's is not sent there.
func TestAddressesThatLookLikeOthers(t *testing.T) {
	guarded, open := newServer(t, newFake(), guardedOptions()), newServer(t, newFake(), Options{})
	for _, path := range []string{"//evil.example/x", "///evil.example", "/%5Cevil.example", "/a//evil.example//", "//evil.example//"} {
		for name, s := range map[string]*Server{"guarded": guarded, "open": open} {
			r := asBrowser(request("GET", "/", ""))
			r.URL = &url.URL{Path: mustUnescape(t, path), RawPath: path}
			answer := ask(t, s.handler(), r)
			if location := answer.header.Get("Location"); location != "" && !strings.HasPrefix(resolved(t, "/nk", path, location), "https://host.example/nk/") {
				t.Errorf("%s: %s leads to %s", name, path, location)
			}
		}
	}
}

func mustUnescape(t *testing.T, path string) string {
	t.Helper()
	text, err := url.PathUnescape(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Everything of a form is bounded before it is parsed, and before a password is compared.
func TestOversizedForms(t *testing.T) {
	s := newServer(t, newFake(), guardedOptions())
	for name, test := range map[string]struct {
		body   string
		status int
		says   string
	}{
		"1 MB":             {"username=ops&password=right&next=" + strings.Repeat("x", 1<<20), 413, "the body is longer than 65536 bytes"},
		"10,000 fields":    {"username=ops&password=right" + strings.Repeat("&a", 10_000), 413, "the form has 10002 fields, and the maximum is 1000"},
		"a field of ours":  {"username=ops&password=right&said=out", 400, `the form has an unknown field "said": reload its page, and send it again`},
		"passwords to try": {"username=ops&password=a&password=right", 400, `the form has the field "password" 2 times`},
	} {
		r := request("POST", "/login", test.body)
		r.Header.Set("Content-Type", formType)
		if answer := expect(t, s, r, test.status, test.says); cookieOf(t, answer) != nil {
			t.Errorf("%s: %v", name, answer.header)
		}
	}
}

// The method is the request's, and no header or field says another one.
func TestAMethodIsWhatItIs(t *testing.T) {
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		backend := newFake()
		s := newServer(t, backend, Options{})
		r := request("GET", "/api/v1/runs/run-1", "")
		r.Header.Set(header, "DELETE")
		if got := ask(t, s.handler(), r).status; got != 200 || backend.done[0] != "run run-1" {
			t.Errorf("%s: status %d, the backend did %q", header, got, backend.done)
		}
		r = request("POST", "/api/v1/sources/acme", "")
		r.Header.Set(header, "DELETE")
		expect(t, s, r, 405, "POST is not possible here, only DELETE, GET, HEAD, PUT")
	}
	s := newServer(t, newFake(), Options{})
	expect(t, s, request("POST", "/api/v1/sources/acme?_method=DELETE", ""), 405, "POST is not possible here, only DELETE, GET, HEAD, PUT")
	expect(t, s, request("GET", "/api/v1/runs/run-1?_method=DELETE", ""), 400, `unknown query parameter "_method": this path takes none`)
}

// A link or a preview does nothing: an action has an address of its own, or one at which
// the same is read.
func TestActionsTakeNoGET(t *testing.T) {
	backend := newFake()
	s := newServer(t, backend, Options{})
	reads := map[string]bool{}
	for _, route := range s.api() {
		if r := exampleOf(route); isSafe(r) {
			reads[r.URL.Path] = true
		}
	}
	for pattern := range s.people() {
		if r := exampleOf(route{pattern: pattern}); isSafe(r) {
			reads[r.URL.Path] = true
		}
	}
	for _, r := range append(changes(s), posted("/logout", nil)) {
		for _, method := range []string{"GET", "HEAD"} {
			if got := ask(t, s.handler(), request(method, r.URL.Path, "")).status; !reads[r.URL.Path] && got != 405 {
				t.Errorf("%s %s: %d", method, r.URL.Path, got)
			}
		}
	}
	for _, done := range backend.done {
		if verb, _, _ := strings.Cut(done, " "); slices.Contains([]string{"put", "delete", "pause", "resume", "start", "cancel", "reset", "confirm", "dismiss", "begin", "finish"}, verb) {
			t.Errorf("the backend did %q", done)
		}
	}
}

// quickly is ask for many requests: no response is held to the API's document.
func quickly(handler http.Handler, r *http.Request) reply {
	said := httptest.NewRecorder()
	handler.ServeHTTP(said, r)
	return reply{said.Code, said.Header(), said.Body.String()}
}

// No way of writing a path leads past the password.
func TestNoPathLeadsAroundThePassword(t *testing.T) {
	backend := newFake()
	handler := newServer(t, backend, guardedOptions()).handler()
	for _, open := range []string{"/assets/", "/login", "/logout", "/healthz", "/oauth/callback", "/oauth/style.css", "/assets/x/y"} {
		for _, way := range []string{"/..", "/../..", "/../../..", "/%2e%2e", "/..%2f..", "%2f..", "/./..", "//..", ";/..", "%00/..", "/..\\"} {
			for _, target := range []string{"/api/v1/sources/acme/runs", "/sources/acme/pause", "/sources"} {
				for _, method := range []string{"GET", "POST", "PUT", "CONNECT"} {
					path := open + way + target
					r := request("GET", "/", "")
					r.Method, r.URL = method, &url.URL{Path: mustUnescape(t, path), RawPath: path}
					if answer := quickly(handler, r); answer.status == 200 || strings.Contains(answer.body, "acme\"") {
						t.Errorf("%s %s: %d %s", method, path, answer.status, answer.body)
					}
				}
			}
		}
	}
	for _, done := range backend.done {
		if !strings.HasPrefix(done, "finish") { // the callback, which is open
			t.Errorf("the backend did %q", done)
		}
	}
}

// Whatever is asked for without a password, and is not open, is refused: a person is sent
// to the form, a program gets a 401. So is every route that there will be.
func TestEveryRouteNeedsThePassword(t *testing.T) {
	backend := newFake()
	s := newServer(t, backend, guardedOptions())
	patterns := slices.Collect(maps.Keys(s.people()))
	for _, route := range s.api() {
		patterns = append(patterns, route.pattern)
	}
	for _, pattern := range patterns {
		r := exampleOf(route{pattern: pattern})
		if strings.HasPrefix(r.URL.Path, assets) {
			continue
		}
		if got := ask(t, s.handler(), r).status; got != 401 {
			t.Errorf("%s: %d for a program", pattern, got)
		}
		r = asBrowser(exampleOf(route{pattern: pattern}))
		if answer := ask(t, s.handler(), r); answer.status != map[bool]int{true: 303, false: 401}[isSafe(r) && wantsPage(r)] {
			t.Errorf("%s: %d for a person", pattern, answer.status)
		}
	}
	if len(backend.done) > 0 {
		t.Errorf("the backend did %q", backend.done)
	}
}

// Every page has the policy of pages.
func TestEveryPageHasThePolicy(t *testing.T) {
	want := http.Header{}
	pageHeaders(want)
	backend := newFake()
	backend.drafts = []control.Draft{{ID: "draft-1", Version: 1, Spec: json.RawMessage(`{"name":"acme"}`)}}
	s := newServer(t, backend, Options{})
	others := []string{"/add/draft-1", "/catalog/" + topic + "/schema.avsc"} // leads to a page, is a file
	for pattern := range s.people() {
		r := asBrowser(exampleOf(route{pattern: pattern}))
		if !isSafe(r) || strings.HasPrefix(r.URL.Path, assets) || slices.Contains(others, r.URL.Path) {
			continue
		}
		answer := ask(t, s.handler(), r)
		for name := range want {
			if got := answer.header.Get(name); answer.status != 200 || got != want.Get(name) {
				t.Errorf("%s: status %d, %s: %q", pattern, answer.status, name, got)
			}
		}
	}
	r := asBrowser(request("GET", "/", ""))
	if answer := ask(t, s.handler(), r); answer.status != 303 || answer.header.Get("Location") != "./sources" {
		t.Errorf("/: status %d to %s", answer.status, answer.header.Get("Location"))
	}
}

// No page or response is shown in a frame, or read as another type, whoever gets it.
func TestNothingIsFramed(t *testing.T) {
	guarded := newServer(t, newFake(), guardedOptions())
	rebound := asBrowser(request("GET", "/login", ""))
	rebound.Host = "evil.example"
	for name, answer := range map[string]reply{
		"sign in":         ask(t, guarded.handler(), asBrowser(request("GET", "/login", ""))),
		"to sign in":      ask(t, guarded.handler(), asBrowser(request("GET", "/sources", ""))),
		"signed in":       ask(t, guarded.handler(), signing("ops", "right", "")),
		"a wrong one":     ask(t, guarded.handler(), signing("ops", "wrong", "")),
		"signed out":      ask(t, guarded.handler(), asBrowser(posted("/logout", nil))),
		"a 401":           ask(t, guarded.handler(), asBrowser(posted("/sources/acme/pause", nil))),
		"a 404":           ask(t, newServer(t, newFake(), Options{}).handler(), asBrowser(request("GET", "/nowhere", ""))),
		"another name":    ask(t, newServer(t, newFake(), Options{}).handler(), rebound),
		"connecting":      ask(t, newServer(t, newFake(), Options{}).handler(), asBrowser(request("GET", "/oauth/start", ""))),
		"the style sheet": ask(t, guarded.handler(), request("GET", "/oauth/style.css", "")),
		"a stream":        ask(t, guarded.handler(), request("GET", "/api/v1/runs/run-1/events", "")),
	} {
		if policy := answer.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none';") || !strings.HasSuffix(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", name, policy)
		}
		if answer.header.Get("X-Content-Type-Options") != "nosniff" || answer.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", name, answer.header)
		}
		for header := range answer.header {
			if strings.HasPrefix(header, "Access-Control-") {
				t.Errorf("%s: %s", name, header)
			}
		}
	}
}

// A page whose name leads to this machine gets no form either, and no session of it.
func TestAnotherNameOfThisMachineIsNoPlaceToSignIn(t *testing.T) {
	o := guardedOptions()
	o.Hosts = []string{"nk.internal"}
	s := newServer(t, newFake(), o)
	for _, r := range []*http.Request{request("GET", "/login", ""), signing("ops", "right", ""), by(signedIn(t, s), request("GET", "/api/v1/sources", ""))} {
		r.Host = "evil.example:8080"
		r.Header.Set("Origin", "http://evil.example:8080")
		if answer := ask(t, s.handler(), r); answer.status != 421 || cookieOf(t, answer) != nil {
			t.Errorf("%s %s: %d, %v", r.Method, r.URL, answer.status, cookieOf(t, answer))
		}
	}
}
