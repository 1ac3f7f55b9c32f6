package console

import (
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"notion-kafka/producer/control"
)

// A person gets a page that says what happened and what to do, with the status that a
// program gets.
func TestAPersonReadsAnError(t *testing.T) {
	const nowhere = "there is nothing at this path; /api/v1/openapi.json lists all paths"
	for _, test := range []struct {
		method, path string
		status       int
		words        []string
	}{
		{"GET", "/nowhere", 404, []string{"Error: there is no such page", nowhere, "Go to the sources"}},
		{"HEAD", "/nowhere", 404, nil},
		{"GET", "/sources/acme/x?y=%3Cscript%3E", 404, []string{"Error: there is no such page", nowhere, "Go to the sources"}},
		{"GET", "/%3Cscript%3Ealert(1)", 404, []string{"Error: there is no such page", nowhere, "Go to the sources"}},
		{"DELETE", "/login", 405, []string{"Error: that is not possible", "DELETE is not possible here, only GET, HEAD, POST", "Sign in", "Go to the sources"}},
	} {
		r := asBrowser(request(test.method, test.path, ""))
		answer := ask(t, newServer(t, newFake(), Options{}).handler(), r)
		if got := wordsOf(t, answer); answer.status != test.status || test.words != nil && got != strings.Join(test.words, "\n") {
			t.Errorf("%s %s: %d\n%s", test.method, test.path, answer.status, got)
		}
		if found := regexp.MustCompile(`(?i)<script>|<style|\sstyle=|\son\w+=|https?:|(href|src|action)="/`).FindString(answer.body); found != "" {
			t.Errorf("%s: the page has %q, which its policy or a prefix forbids", test.path, found)
		}
	}
}

// What an instance does not tell is in its log under the page's reference. The address is
// tried again, unless it was a form's.
func TestAPersonReadsThatSomethingFailed(t *testing.T) {
	var log strings.Builder
	s := newServer(t, newFake(), Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	broken := s.watched(s.guarded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, errSecret) })))
	answer := ask(t, broken, asBrowser(request("GET", "/catalog/x/records?key=a%26b", "")))
	reference := regexp.MustCompile(`under reference (\w{8})`).FindStringSubmatch(answer.body)
	if answer.status != 500 || reference == nil || !strings.Contains(log.String(), "reference="+reference[1]) || strings.Contains(answer.body, "s3cr3t") {
		t.Fatalf("status %d: %s\nlog: %s", answer.status, answer.body, &log)
	}
	if want := `<a class="button" href="../../catalog/x/records?key=a%26b">Try again</a>`; !strings.Contains(answer.body, want) {
		t.Errorf("no %s: %s", want, answer.body)
	}
	if posted := ask(t, broken, asBrowser(posted("/sources/acme/pause", nil))); posted.status != 500 || strings.Contains(posted.body, "Try again") {
		t.Errorf("a form: %d %s", posted.status, posted.body)
	}
	panics := s.watched(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("at the disco") }))
	if answer := ask(t, panics, asBrowser(request("GET", "/sources", ""))); answer.status != 500 || !strings.HasPrefix(wordsOf(t, answer), "Error: that did not work\nGET /sources failed: the log of this instance has the reason under reference ") {
		t.Errorf("a panic: %d %s", answer.status, answer.body)
	}
}

// An error's text may be anyone's; it stays text.
func TestAnErrorOfAPageIsText(t *testing.T) {
	s := newServer(t, newFake(), Options{})
	hostile := &control.Error{Kind: control.Unavailable, Message: `<script>alert(1)</script>"><img src=x onerror=alert(1)>{{.}}`}
	broken := s.guarded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, hostile) }))
	answer := ask(t, broken, asBrowser(request("GET", "/sources", "")))
	if want := "Error: that did not work\n" + hostile.Message + "\nTry again\nGo to the sources"; answer.status != 503 || wordsOf(t, answer) != want || answer.header.Get("Retry-After") != "5" {
		t.Errorf("status %d: %s", answer.status, answer.body)
	}
	if strings.Contains(answer.body, "<script>alert") || strings.Contains(answer.body, "<img") {
		t.Error(answer.body)
	}
}

// A program gets JSON wherever it asks, and so does whoever opens an address of the API.
func TestAProgramReadsJSON(t *testing.T) {
	s := newServer(t, newFake(), Options{})
	for _, accept := range []string{"", "*/*", "application/json", "text/html;q=0, */*", "text/*"} {
		r := request("GET", "/nowhere", "")
		r.Header.Set("Accept", accept)
		expect(t, s, r, 404, "there is nothing at this path; /api/v1/openapi.json lists all paths")
	}
	for _, path := range []string{"/api/v1/nothing", "/assets/x", "/metrics"} {
		expect(t, s, asBrowser(request("GET", path, "")), 404, "there is nothing at this path; /api/v1/openapi.json lists all paths")
	}
}
