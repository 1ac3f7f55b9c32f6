package console

import (
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const ofAnotherPage = "a page of another site requested a change, which only pages of console.public_url may: open the console there, or use a program that sends no Origin"

// changes are valid requests of all routes that change something, of pages and of the API.
func changes(s *Server) (all []*http.Request) {
	for _, route := range s.api() {
		if r := exampleOf(route); !isSafe(r) {
			all = append(all, r)
		}
	}
	for pattern := range s.people() {
		if r := exampleOf(route{pattern: pattern}); !isSafe(r) {
			r.Header.Set("Content-Type", formType)
			all = append(all, r)
		}
	}
	return all
}

// Whatever form of a page of another site the person's browser posts, with the person's
// session: by a form, by a script, from a sandboxed frame, from another port of the host.
func TestFormsOfOtherSites(t *testing.T) {
	backend := newFake()
	s := newServer(t, backend, guardedOptions())
	cookie := signedIn(t, s)
	for name, headers := range map[string]map[string]string{
		"by a form":                      {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
		"by a form on plain http":        {"Origin": "http://evil.example"},
		"by a script":                    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
		"from a frame without an origin": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
		"from one on plain http":         {"Origin": "null"},
		"from another port of the host":  {"Origin": "http://localhost:9999", "Sec-Fetch-Site": "same-site"},
		"from another name of the site":  {"Sec-Fetch-Site": "same-site"},
	} {
		for _, r := range append(changes(s), posted("/login", url.Values{"username": {"ops"}, "password": {"right"}}), posted("/logout", nil), posted("/api/v1/sources/acme/runs", nil)) {
			for header, value := range headers {
				r.Header.Set(header, value)
			}
			if answer := expect(t, s, by(cookie, r), 403, ofAnotherPage); cookieOf(t, answer) != nil {
				t.Errorf("%s %s %s: %v", name, r.Method, r.URL, cookieOf(t, answer))
			}
		}
	}
	if len(backend.done) > 0 {
		t.Errorf("the backend did %q", backend.done)
	}
}

// A browser sends its cookie with every request to the host. What tells a page of ours
// from others is a header that every browser sends; without it a session changes nothing.
func TestASessionAloneChangesNothing(t *testing.T) {
	backend := newFake()
	s := newServer(t, backend, guardedOptions())
	cookie := signedIn(t, s)
	for _, r := range changes(s) {
		expect(t, s, by(cookie, r), 403, "a change by the cookie of a browser says where its page is from, and this one has no Origin: "+
			"a program sends console.username and console.password instead")
	}
	if len(backend.done) > 0 {
		t.Errorf("the backend did %q", backend.done)
	}
	for name, change := range map[string]func(*http.Request){
		"of our page":              func(r *http.Request) { r.Header.Set("Origin", "http://localhost:8080") },
		"of our page, as it says":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") },
		"with the password beside": func(r *http.Request) { r.SetBasicAuth("ops", "right") },
	} {
		r := by(cookie, request("PUT", "/api/v1/sources/acme/pause", ""))
		change(r)
		if got := ask(t, s.handler(), r).status; got != 200 {
			t.Errorf("%s: %d", name, got)
		}
	}
	expect(t, s, by(cookie, withLogin(request("PUT", "/api/v1/sources/acme/pause", ""), "wrong")), 401, wrongPassword)
}

// A cookie that was not given here, or is changed in any bit, is none.
func TestForgedSessions(t *testing.T) {
	s := newServer(t, newFake(), guardedOptions())
	cookie := signedIn(t, s)
	handler := s.handler()
	refused := func(name, value string) {
		t.Helper()
		r := request("GET", "/api/v1/sources", "")
		r.Header.Set("Cookie", "notion_kafka_session="+value)
		if answer := quickly(handler, r); answer.status != 401 || cookieOf(t, answer) != nil {
			t.Errorf("%s: status %d, %v", name, answer.status, answer.header)
		}
	}
	value, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(value) != 40 {
		t.Fatal(len(value), err)
	}
	for bit := range 8 * len(value) {
		value[bit/8] ^= 1 << (bit % 8)
		refused("a changed bit", base64.RawURLEncoding.EncodeToString(value))
		value[bit/8] ^= 1 << (bit % 8)
	}
	for name, value := range map[string]string{
		"nothing": "", "no base64": "!", "cut": cookie.Value[:40], "longer": cookie.Value + "AAAA", "padded": cookie.Value + "==",
		"the end alone": cookie.Value[:11], "zeros": base64.RawURLEncoding.EncodeToString(make([]byte, 40)), "long": strings.Repeat("A", 50_000),
	} {
		refused(name, value)
	}
	r := request("GET", "/api/v1/sources", "")
	r.Header.Set("Cookie", "notion_kafka_session=of-another-console; notion_kafka_session="+cookie.Value)
	if got := ask(t, s.handler(), r).status; got != 200 {
		t.Errorf("beside that of another console of the host: %d", got)
	}
}

// An ended session is none, though its browser may still send it.
func TestAnEndedSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, newFake(), guardedOptions())
		cookie := signedIn(t, s)
		<-time.After(12 * time.Hour)
		expect(t, s, by(cookie, request("GET", "/api/v1/sources", "")), 401, wrongPassword)
	})
}

// The form is no way around what slows guesses down; both ways count together.
func TestGuessesByTheForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		warnings := &attrLog{Handler: slog.DiscardHandler}
		o := guardedOptions()
		o.Logger = slog.New(warnings)
		s := newServer(t, newFake(), o)
		guess := func() (answer reply, took time.Duration) {
			begun := time.Now()
			answer = ask(t, s.handler(), signing("ops", "wrong", ""))
			return answer, time.Since(begun)
		}
		for n := range 10 {
			if n%2 == 0 {
				ask(t, s.handler(), withLogin(request("GET", "/api/v1/sources", ""), "wrong"))
			} else if answer, took := guess(); answer.status != 303 || took != 0 {
				t.Errorf("guess %d: status %d after %v", n+1, answer.status, took)
			}
		}
		if answer, took := guess(); answer.header.Get("Location") != "./login?said=wrong" || took != time.Second {
			t.Errorf("guess 11: to %s after %v", answer.header.Get("Location"), took)
		}
		for range 10 {
			go guess()
		}
		synctest.Wait()
		page := expectPage(t, s, signing("ops", "right", ""), 429, "Error: that is not possible",
			"too many wrong passwords came from 192.0.2.1, and this one was not checked: try again in 10 seconds", "Sign in", "Go to the sources")
		if got := page.header.Get("Retry-After"); got != "10" || cookieOf(t, page) != nil {
			t.Errorf("Retry-After %q, cookie %v", got, cookieOf(t, page))
		}
		<-time.After(5 * time.Minute)
		want := []string{"wrong passwords for the console from=192.0.2.1 count=1", "wrong passwords for the console from=192.0.2.1 count=20"}
		if diff := cmp.Diff(want, warnings.lines); diff != "" {
			t.Errorf("the log (-want +got):\n%s", diff)
		}
	})
}

// Neither password nor session is in the log or in a response beside the cookie.
func TestNoPasswordAndNoSessionIsLogged(t *testing.T) {
	var log strings.Builder
	o := Options{Username: "ops", Password: "s3cr3t-right", Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	s := newServer(t, newFake(), o)
	cookie := cookieOf(t, ask(t, s.handler(), signing("ops", "s3cr3t-right", "")))
	answers := []reply{
		ask(t, s.handler(), signing("ops", "s3cr3t-wrong", "")),
		ask(t, s.handler(), by(cookie, request("GET", "/login", ""))),
		ask(t, s.handler(), by(cookie, asBrowser(request("GET", "/nowhere", "")))),
		ask(t, s.handler(), by(cookie, request("PUT", "/api/v1/sources/acme/pause", ""))),
	}
	for _, secret := range []string{"s3cr3t", cookie.Value} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s is in the log:\n%s", secret, &log)
		}
		for _, answer := range answers {
			if strings.Contains(answer.body, secret) || strings.Contains(answer.header.Get("Location"), secret) {
				t.Errorf("%s is in a response: %+v", secret, answer)
			}
		}
	}
}
