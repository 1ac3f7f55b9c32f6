package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const onlyToRead = "this console is read only (console.read_only): use another instance, or the file"

// Every way to change something is closed, by whatever path there will be.
func TestAReadOnlyConsoleChangesNothing(t *testing.T) {
	backend := newFake()
	s := newServer(t, backend, Options{ReadOnly: true})
	unsafe := changes(s)
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "PROPPATCH", "post"} {
		for _, path := range []string{"/", "/sources/acme/pause", "/api/v2/anything", "/login/", "/logout/x", "/oauth/start?source=acme"} {
			unsafe = append(unsafe, request(method, path, ""))
		}
	}
	for _, r := range unsafe {
		if strings.HasPrefix(r.URL.Path, "/oauth/") {
			r.Header.Set("Accept", "application/json")
		}
		expect(t, s, r, http.StatusForbidden, onlyToRead)
	}
	if len(backend.done) > 0 {
		t.Errorf("the backend was called: %q", backend.done)
	}
}

// The way to Notion begins with a GET, and ends in a change.
func TestAReadOnlyConsoleDoesNotBeginToConnect(t *testing.T) {
	backend := newFake()
	s := newServer(t, backend, Options{ReadOnly: true})
	answer := expectPage(t, s, request("GET", "/oauth/start?source=acme", ""), http.StatusForbidden, "Connecting did not work", onlyToRead)
	if len(backend.done) > 0 || cookieOf(t, answer) != nil {
		t.Errorf("the backend did %q, cookies %v", backend.done, answer.header)
	}
}

// What only reads is answered as ever.
func TestAReadOnlyConsoleIsRead(t *testing.T) {
	s, other := newServer(t, newFake(), Options{ReadOnly: true}), newServer(t, newFake(), Options{})
	for _, r := range s.api() {
		if r := exampleOf(r); r.Method == http.MethodGet {
			if diff := cmp.Diff(ask(t, other.handler(), exampleOf(route{pattern: r.Method + " " + r.URL.Path})).status, ask(t, s.handler(), r).status); diff != "" {
				t.Errorf("%s:\n%s", r.URL, diff)
			}
		}
	}
	if got := ask(t, s.handler(), request("OPTIONS", "/api/v1/sources", "")).status; got != http.StatusMethodNotAllowed {
		t.Errorf("OPTIONS: %d", got)
	}
}

// Who sent no password is not told how the console is set up.
func TestAReadOnlyConsoleAsksForThePasswordFirst(t *testing.T) {
	s := newServer(t, newFake(), Options{ReadOnly: true, Username: "ops", Password: "right"})
	expect(t, s, request("PUT", "/api/v1/sources/acme/pause", ""), http.StatusUnauthorized, wrongPassword)
	expect(t, s, withLogin(request("PUT", "/api/v1/sources/acme/pause", ""), "right"), http.StatusForbidden, onlyToRead)
}
