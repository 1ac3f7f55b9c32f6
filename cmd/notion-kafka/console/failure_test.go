package console

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"notion-kafka/producer/control"
)

// failing presses a button of a page while the backend refuses, and returns the cookie
// and the path that the browser goes on with.
func failing(t *testing.T, s *Server, backend *fakeBackend, path string, fields url.Values) (*http.Cookie, string) {
	t.Helper()
	backend.err = &control.Error{Kind: control.Conflict, Message: "source acme is paused: resume it first"}
	defer func() { backend.err = nil }()
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, press(path, fields))
	if w.Code != http.StatusSeeOther || len(w.Result().Cookies()) != 1 {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	return w.Result().Cookies()[0], w.Header().Get("Location")
}

func TestWhatAFormCouldNotDoIsToldByThePageItWasOn(t *testing.T) {
	held := "/sources/acme/streams/" + stream + "/held"
	for path, next := range map[string]string{
		"/sources/acme/run": "../../sources/acme", "/sources/acme/pause?from=list": "../../sources", "/sources/acme/again?how=read": "../../sources/acme/again",
		held + "?decision=keep": "../../../.." + held, "/runs/run-1/cancel": "../../runs/run-1",
	} {
		t.Run(path, func(t *testing.T) {
			backend := newFake()
			s := newServer(t, backend, Options{})
			path, query, _ := strings.Cut(path, "?")
			fields, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			cookie, to := failing(t, s, backend, path, fields)
			if to != next {
				t.Errorf("the browser goes on at %s, want %s", to, next)
			}
			r := visit("/sources/acme")
			r.AddCookie(cookie)
			answer := ask(t, s.handler(), r)
			if !strings.Contains(answer.body, "source acme is paused: resume it first") || !strings.Contains(answer.body, "<title>Error: ") {
				t.Errorf("the page does not say what failed: %s", answer.body)
			}
			if ended := answer.header.Get("Set-Cookie"); !strings.Contains(ended, failureCookie+"=;") || !strings.Contains(ended, "Max-Age=0") {
				t.Errorf("it would say so again: Set-Cookie %q", ended)
			}
		})
	}
}

// Instances with one password tell each other's failures, and nobody else's.
func TestAFailureIsBelievedFromOurOwnOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := newFake()
		withPassword := func(password string) *Server {
			return newServer(t, backend, Options{Username: "ops", Password: password})
		}
		ours := withPassword("right")
		backend.err = &control.Error{Kind: control.Conflict, Message: "source acme is paused"}
		r := press("/sources/acme/run", nil)
		r.SetBasicAuth("ops", "right")
		w := httptest.NewRecorder()
		ours.handler().ServeHTTP(w, r)
		backend.err = nil
		cookie := w.Result().Cookies()[0]
		tells := func(s *Server, password string, change func(*http.Cookie)) bool {
			r, sent := visit("/sources"), *cookie
			r.SetBasicAuth("ops", password)
			change(&sent)
			r.AddCookie(&sent)
			return strings.Contains(ask(t, s.handler(), r).body, "is paused")
		}
		asItIs := func(*http.Cookie) {}
		if !tells(withPassword("right"), "right", asItIs) {
			t.Error("another instance does not tell it")
		}
		if tells(withPassword("other"), "other", asItIs) {
			t.Error("a console with another password tells it")
		}
		if tells(ours, "right", func(c *http.Cookie) { c.Value = c.Value[:16] + "AAAA" + c.Value[20:] }) {
			t.Error("a changed one is told")
		}
		if tells(ours, "right", func(c *http.Cookie) { c.Value = sessionEncoding.EncodeToString([]byte("short")) }) {
			t.Error("a short one is told")
		}
		<-time.After(2 * time.Minute)
		if tells(ours, "right", asItIs) {
			t.Error("an old one is told")
		}
	})
}

// What a script of an open page requests meanwhile, perhaps in another tab, does not use
// the failure up: the person has not read it yet.
func TestAFailureWaitsForThePerson(t *testing.T) {
	backend := newFake()
	s := newServer(t, backend, Options{})
	cookie, _ := failing(t, s, backend, "/sources/acme/run", nil)
	look := visit("/sources")
	look.Header.Set("Sec-Fetch-Mode", "cors")
	look.Header.Set("Sec-Fetch-Dest", "empty")
	look.AddCookie(cookie)
	if answer := ask(t, s.handler(), look); answer.header.Get("Set-Cookie") != "" {
		t.Errorf("a look uses it up: %v", answer.header)
	}
	r := visit("/sources/acme")
	r.AddCookie(cookie)
	if answer := ask(t, s.handler(), r); !strings.Contains(answer.body, "source acme is paused") {
		t.Errorf("the person does not read it: %s", answer.body)
	}
}
