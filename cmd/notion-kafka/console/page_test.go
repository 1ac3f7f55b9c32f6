package console

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"notion-kafka/cmd/notion-kafka/console/pages"
	"notion-kafka/producer/control"
)

// visit is a browser's request for a page.
func visit(path string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Host = "localhost:8080"
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// press is what a browser sends when a button of a page is pressed.
func press(path string, fields url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(fields.Encode()))
	r.Host = "localhost:8080"
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "http://localhost:8080")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func TestEveryPage(t *testing.T) {
	const acme, table = "/sources/acme", "/catalog/" + topic
	for path, h1 := range map[string]string{
		"/sources": "Sources", "/sources?q=nothing&status=late": "Sources",
		acme: "acme", acme + "/runs": "acme", acme + "/settings": "acme", acme + "/delete": "Delete source", acme + "/again": "Read acme again",
		acme + "/streams/" + stream: "Engineering Tasks", acme + "/streams/" + stream + "/held": "Held deletes of Engineering Tasks",
		acme + "/streams/" + stream + "/held?look=20": "Held deletes", acme + "/streams/" + stream + "/reset": "Read Engineering Tasks again",
		"/runs": "Runs", "/runs?source=acme&status=failed&trigger=manual": "Runs", "/runs/run-1": "Run of", "/runs/run-1?level=warn&q=x": "Run of",
		"/system": "System", "/find": "Find", "/find?page=acme": "Find",
		"/find?page=https://www.notion.so/Old-59833787-2cf9-4fdf-8782-e53db20768a5": "Find",
		"/catalog": "Catalog", "/catalog?q=nothing": "Catalog", table: "Engineering Tasks", table + "?view=log&op=delete&key=p&q=x&col=Name&col=Due&before=0:7": "Engineering Tasks",
		table + "/schema": "Engineering Tasks", table + "/schema?version=1&with=2": "Engineering Tasks", table + "/use": "Engineering Tasks", table + "/records/0/1": "A deleted page",
	} {
		t.Run(path, func(t *testing.T) {
			s := newServer(t, newFake(), Options{})
			answer := ask(t, s.handler(), visit(path))
			if answer.status != http.StatusOK || !strings.Contains(answer.body, h1) || !strings.Contains(answer.body, "</html>") {
				t.Errorf("%d, without %q: %s", answer.status, h1, answer.body)
			}
			if got := answer.header.Get("Referrer-Policy"); got != "same-origin" {
				t.Errorf("Referrer-Policy %q: a browser would send Origin: null with the page's forms", got)
			}
			if csp := answer.header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe") {
				t.Errorf("Content-Security-Policy %q", csp)
			}
			head := visit(path)
			head.Method = http.MethodHead
			if got := ask(t, s.handler(), head).status; got != http.StatusOK {
				t.Errorf("HEAD: status %d", got)
			}
		})
	}
}

func TestEveryButton(t *testing.T) {
	const acme = "/sources/acme"
	run2 := "../../runs/run-2?said=started"
	for _, test := range []struct {
		path, fields, done, next string
	}{
		{acme + "/run", "", "start acme {Streams:[] Full:false Republish:false Failed:false}", run2},
		{acme + "/run", "stream=" + stream, "start acme {Streams:[" + stream + "] Full:false Republish:false Failed:false}", run2},
		{acme + "/failed", "", "start acme {Streams:[] Full:false Republish:false Failed:true}", run2},
		{acme + "/pause", "", "pause acme", "../../sources/acme?said=paused"},
		{acme + "/pause", "from=list", "pause acme", "../../sources?said=paused"},
		{acme + "/resume", "", "resume acme", "../../sources/acme?said=resumed"},
		{acme + "/delete", "", "delete acme", "../../sources?said=deleted"},
		{acme + "/again", "how=read", "start acme {Streams:[] Full:true Republish:false Failed:false}", run2},
		{acme + "/again", "how=publish", "start acme {Streams:[] Full:true Republish:true Failed:false}", run2},
		{acme + "/streams/" + stream + "/reset", "how=read", "reset " + stream + " forget=false; start acme {Streams:[" + stream + "] Full:false Republish:false Failed:false}", "../../../../runs/run-2?said=started"},
		{acme + "/streams/" + stream + "/reset", "how=publish", "reset " + stream + " forget=true; start acme {Streams:[" + stream + "] Full:false Republish:false Failed:false}", "../../../../runs/run-2?said=started"},
		{acme + "/streams/" + stream + "/held", "decision=delete", "confirm " + stream, "../../../../runs/run-1?said=confirmed"},
		{acme + "/streams/" + stream + "/held", "decision=keep", "dismiss " + stream, "../../../../sources/acme/streams/" + stream + "?said=dismissed"},
		{"/runs/run-1/cancel", "", "cancel run-1", "../../runs/run-1?said=cancelled"},
		{"/system/log-level", "level=debug", "", "../system?said=level"},
	} {
		t.Run(test.path+" "+test.fields, func(t *testing.T) {
			fields, err := url.ParseQuery(test.fields)
			if err != nil {
				t.Fatal(err)
			}
			backend := newFake()
			answer := ask(t, newServer(t, backend, Options{}).handler(), press(test.path, fields))
			if answer.status != http.StatusSeeOther || answer.header.Get("Location") != test.next || strings.Join(backend.done, "; ") != test.done {
				t.Errorf("%d to %q, done %q; %s", answer.status, answer.header.Get("Location"), backend.done, answer.body)
			}
		})
	}
}

// Every button of a page leads to a route, and what it leads to is not a 404 or 405.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	s := newServer(t, newFake(), Options{Username: "ops", Password: "right", Metrics: http.NotFoundHandler()})
	seen, open := map[string]bool{}, []string{"/sources"}
	for len(open) > 0 {
		path := open[0]
		open = open[1:]
		r := visit(path)
		r.SetBasicAuth("ops", "right")
		answer := ask(t, s.handler(), r)
		if answer.status != http.StatusOK && !strings.HasPrefix(path, "/metrics") && !strings.HasPrefix(path, "/oauth/") {
			t.Errorf("%s: status %d", path, answer.status)
		}
		if !strings.HasPrefix(answer.header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, link := range linksOf(t, path, answer.body) {
			if !seen[link] {
				seen[link] = true
				open = append(open, link)
			}
		}
	}
	for _, wanted := range []string{"/runs/run-1", "/sources/acme/streams/" + stream, "/sources/acme/streams/" + stream + "/reset", "/system", "/api/v1/openapi.json"} {
		if !seen[wanted] {
			t.Errorf("no link leads to %s, of %d", wanted, len(seen))
		}
	}
}

func linksOf(t *testing.T, at, body string) (links []string) {
	t.Helper()
	from, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	for rest := body; ; {
		_, after, found := strings.Cut(rest, `href="`)
		if !found {
			return links
		}
		var link string
		link, rest, _ = strings.Cut(after, `"`)
		to, err := from.Parse(strings.ReplaceAll(link, "&amp;", "&"))
		if err != nil {
			t.Errorf("%s links to %q: %v", at, link, err)
			continue
		}
		if to.Host == "" {
			to.Fragment = ""
			links = append(links, to.String())
		}
	}
}

func TestPagesOfWhatIsNotThere(t *testing.T) {
	for _, path := range []string{
		"/sources/nobody", "/sources/nobody/runs", "/sources/nobody/settings", "/sources/acme/streams/nothing", "/sources/acme/streams/nothing/held", "/sources/acme/streams/nothing/reset",
		"/runs/none", "/nowhere", "/assets/0/style.css",
	} {
		if got := ask(t, newServer(t, newFake(), Options{}).handler(), visit(path)).status; got != http.StatusNotFound {
			t.Errorf("%s: status %d", path, got)
		}
	}
}

func TestFindKnowsRuns(t *testing.T) {
	if body := ask(t, newServer(t, newFake(), Options{}).handler(), visit("/find?page=+run-1+")).body; !strings.Contains(body, `href="./runs/run-1"`) {
		t.Errorf("no run is found: %s", body)
	}
}

func TestNoPageNeedsASlashAtItsEnd(t *testing.T) {
	for path, next := range map[string]string{"/sources/": "../sources", "/sources/acme/?q=1": "../../sources/acme?q=1"} {
		answer := ask(t, newServer(t, newFake(), Options{}).handler(), visit(path))
		if got := answer.header.Get("Location"); answer.status != http.StatusSeeOther || got != next {
			t.Errorf("%s: %d to %q, want %q", path, answer.status, got, next)
		}
	}
}

// What a link puts into the address of a page never becomes text of the page.
func TestNoticesAreFromAClosedList(t *testing.T) {
	s := newServer(t, newFake(), Options{})
	if body := ask(t, s.handler(), visit("/sources?said=paused")).body; !strings.Contains(body, pages.Paused.Text()) {
		t.Errorf("the page does not say that a source was paused: %s", body)
	}
	if body := ask(t, s.handler(), visit("/sources?said=call+0800+123")).body; strings.Contains(body, "0800") || strings.Contains(body, `class="notice"`) {
		t.Errorf("the page says what the link says: %s", body)
	}
}

func TestAssetsAreKeptForEver(t *testing.T) {
	s := newServer(t, newFake(), Options{Username: "ops", Password: "right"})
	for _, name := range []string{"style.css", "app.js", "theme.js", "icon.svg"} {
		answer := ask(t, s.handler(), visit("/"+pages.AssetPath(name)))
		if answer.status != http.StatusOK || !strings.Contains(answer.header.Get("Cache-Control"), "immutable") || answer.body == "" {
			t.Errorf("%s: %d %v", name, answer.status, answer.header)
		}
	}
	if got := ask(t, s.handler(), visit("/"+pages.AssetPath("../pages.go"))).status; got == http.StatusOK {
		t.Error("a file beside the assets is served")
	}
}

// A source whose owner does not answer has its page all the same, with what its last run
// did.
func TestASourceWithoutItsOwnerHasAPage(t *testing.T) {
	backend := ownerless{newFake()}
	answer := ask(t, newServer(t, backend, Options{}).handler(), visit("/sources/acme"))
	if answer.status != http.StatusOK || !strings.Contains(answer.body, "nobody owns it") || !strings.Contains(answer.body, topic) {
		t.Errorf("%d %s", answer.status, answer.body)
	}
}

func TestAPausedSourceIsSetBackWithoutARun(t *testing.T) {
	backend := pausedBackend{newFake()}
	answer := ask(t, newServer(t, backend, Options{}).handler(), press("/sources/acme/streams/"+stream+"/reset", url.Values{"how": {"read"}}))
	if got := answer.header.Get("Location"); got != "../../../../sources/acme/streams/"+stream+"?said=reset" || !slices.Contains(backend.done, "reset "+stream+" forget=false") {
		t.Errorf("%d to %q, done %q", answer.status, got, backend.done)
	}
}

func TestAReadOnlyConsoleHasNoButtons(t *testing.T) {
	s := newServer(t, newFake(), Options{ReadOnly: true})
	for _, path := range []string{"/sources", "/sources/acme", "/sources/acme/streams/" + stream, "/sources/acme/settings", "/sources/acme/streams/" + stream + "/held", "/runs/run-1", "/system"} {
		body := ask(t, s.handler(), visit(path)).body
		if strings.Contains(body, `method="post"`) || strings.Contains(body, "oauth/start") {
			t.Errorf("%s has a form or a link that changes something: %s", path, body)
		}
	}
}

// An ownerless backend has a source whose owner is gone.
type ownerless struct{ *fakeBackend }

func (ownerless) Streams(_ context.Context, _ string) ([]control.Stream, error) {
	return nil, &control.Error{Kind: control.Unavailable, Message: "nobody owns it"}
}

// A pausedBackend has a source that is paused.
type pausedBackend struct{ *fakeBackend }

func (pausedBackend) Start(_ context.Context, _ string, _ control.Order) (control.Run, error) {
	return control.Run{}, &control.Error{Kind: control.Conflict, Message: "source acme is paused: resume it first"}
}

// A page does not wait for the checks of what this instance needs: it says what the last
// ones found.
func TestPagesWarnOfAnInstanceThatIsNotReady(t *testing.T) {
	backend := newFake()
	backend.wrong = map[string]error{"kafka": errors.New("dial tcp kafka-1:9092: connection refused")}
	s := newServer(t, backend, Options{})
	ask(t, s.handler(), request("GET", "/readyz", ""))
	if body := ask(t, s.handler(), visit("/sources")).body; !strings.Contains(body, "kafka-1:9092: connection refused") {
		t.Errorf("the page does not say that Kafka is away: %s", body)
	}
}

// A person may come with basic authentication too, which has no session.
func TestAReadOnlyConsoleHasNoButtonsForBasicAuthentication(t *testing.T) {
	s := newServer(t, newFake(), Options{ReadOnly: true, Username: "ops", Password: "right"})
	r := visit("/sources/acme")
	r.SetBasicAuth("ops", "right")
	if body := ask(t, s.handler(), r).body; strings.Contains(body, "Run now") || !strings.Contains(body, "Read only") {
		t.Errorf("the page has buttons: %s", body)
	}
}
