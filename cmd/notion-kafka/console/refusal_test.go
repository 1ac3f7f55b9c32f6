package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"notion-kafka/producer/control"
)

// problemOf reads a response that has to be a problem.
func problemOf(t *testing.T, answer reply) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal([]byte(answer.body), &p); err != nil || answer.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("status %d of type %q is no problem: %v", answer.status, answer.header.Get("Content-Type"), err)
	}
	if p.Status != answer.status || p.Title != http.StatusText(p.Status) || p.Type != "about:blank" {
		t.Errorf("status is %d, and the problem says %+v", answer.status, p)
	}
	return p
}

// expect sends a request and checks the problem in the response.
func expect(t *testing.T, s *Server, r *http.Request, status int, detail string) reply {
	t.Helper()
	answer := ask(t, s.handler(), r)
	p := problemOf(t, answer)
	if p.Status != status || p.Detail != detail || p.Instance != r.URL.Path {
		t.Errorf("%s %s: %d %s (instance %s)\nwant %d %s", r.Method, r.URL, p.Status, p.Detail, p.Instance, status, detail)
	}
	return answer
}

// exampleOf returns a valid request for a route.
func exampleOf(r route) *http.Request {
	method, path, _ := strings.Cut(r.pattern, " ")
	path = strings.NewReplacer("{source}", "acme", "{stream}", stream, "{run}", "run-1", "{topic}", topic, "{draft}", "draft-1", "{partition}", "0", "{offset}", "1").Replace(path)
	if strings.HasSuffix(path, "/history") {
		path += "?key=p"
	}
	body := ""
	if r.takes.body {
		body = map[string]string{"POST /api/v1/sources": `{"name":"sales"}`, "PUT /api/v1/log-level": `{"level":"info"}`}[r.pattern]
		if body == "" {
			body = "{}"
		}
	}
	return request(method, path, body)
}

func TestEveryEndpointRefusesWhatItDoesNotTake(t *testing.T) {
	big := `{"name":"` + strings.Repeat("x", maxBody) + `"}`
	for _, r := range newServer(t, newFake(), Options{}).api() {
		t.Run(r.pattern, func(t *testing.T) {
			backend := newFake()
			s := newServer(t, backend, Options{})
			example := func(change func(*http.Request)) *http.Request {
				given := exampleOf(r)
				change(given)
				return given
			}
			with := func(body string) *http.Request {
				given := exampleOf(r)
				changed := request(given.Method, given.URL.Path, body)
				changed.Header.Set("Content-Type", "application/json")
				return changed
			}
			known := "this path takes " + strings.Join(r.takes.query, ", ")
			if len(r.takes.query) == 0 {
				known = "this path takes none"
			}
			expect(t, s, example(func(given *http.Request) { given.URL.RawQuery = "forgte=true" }), 400, `unknown query parameter "forgte": `+known)
			expect(t, s, example(func(given *http.Request) { given.URL.RawQuery = "a=%zz" }), 400, `the query cannot be read: invalid URL escape "%zz"`)
			expect(t, s, example(func(given *http.Request) { given.Header.Set("Accept", "text/html, application/json;q=0") }), 406,
				"the response is application/json, which the Accept header does not name")
			if !r.takes.body {
				expect(t, s, with("{}"), 400, exampleOf(r).Method+" takes no body here, only the path and the query")
				return
			}
			expect(t, s, with(big), 413, "the body is longer than 1048576 bytes")
			expect(t, s, example(func(given *http.Request) { given.Header.Del("Content-Type") }), 415,
				`the body must be JSON and say so: Content-Type: application/json, not ""`)
			expect(t, s, example(func(given *http.Request) { given.Header.Set("Content-Type", "text/plain") }), 415,
				`the body must be JSON and say so: Content-Type: application/json, not "text/plain"`)
			expect(t, s, with("[]"), 400, "the body must be a JSON object, not an array")
			expect(t, s, with("name: acme"), 400, "the body is not JSON: invalid character 'a' in literal null (expecting 'u'), at byte 1")
			expect(t, s, with("{} {}"), 400, "the body is not JSON: invalid character '{' after top-level value, at byte 3")
			if len(backend.done) > 0 {
				t.Errorf("the backend was called: %q", backend.done)
			}
		})
	}
}

func TestWhatTheBackendRefuses(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
	}{
		{&control.Error{Kind: control.Invalid, Message: "why not"}, 422},
		{&control.Error{Kind: control.NotFound, Message: "why not"}, 404},
		{&control.Error{Kind: control.Conflict, Message: "why not"}, 409},
		{&control.Error{Kind: control.Unavailable, Message: "why not"}, 503},
		{&control.Error{Kind: control.Internal, Message: "why not"}, 500},
	} {
		for _, r := range newServer(t, newFake(), Options{}).api() {
			switch r.pattern {
			case "GET /api/v1/sources", "GET /api/v1/sources/{source}", "GET /api/v1/runs", "GET /api/v1/instances", "GET /api/v1/log-level", "PUT /api/v1/log-level":
				continue // these call no method of the backend that can fail
			}
			backend := newFake()
			backend.err = test.err
			said := ask(t, newServer(t, backend, Options{}).handler(), exampleOf(r))
			if p := problemOf(t, said); p.Status != test.status || p.Detail != "why not" {
				t.Errorf("%s: %d %s, want %d why not", r.pattern, p.Status, p.Detail, test.status)
			}
			if got := said.header.Get("Retry-After"); (got == "5") != (test.status == 503) {
				t.Errorf("%s: status %d with Retry-After %q", r.pattern, test.status, got)
			}
		}
	}
}

// An instance that has not read the control topic yet reports nothing as unknown.
func TestInstanceThatHasJustStarted(t *testing.T) {
	backend := newFake()
	backend.asleep = &control.Error{Kind: control.Unavailable, Message: "not read yet"}
	s := newServer(t, backend, Options{Insecure: true})
	for _, path := range []string{"/api/v1/sources", "/api/v1/sources/acme", "/api/v1/runs/run-1", "/api/v1/runs/run-1/events"} {
		expect(t, s, request(http.MethodGet, path, ""), http.StatusServiceUnavailable, "not read yet")
	}
}

// An instance that does not know yet what another one has just made waits for it. Only
// what is unknown then is reported as unknown; an instance that cannot find out reports
// that.
func TestUnknownNamesAreLookedUpAgain(t *testing.T) {
	sales := control.Source{Name: "sales", Status: control.SourceReady, Origin: control.FromConsole}
	for _, test := range []struct {
		method, path string
		news         func(b *fakeBackend) // makes it known
	}{
		{"GET", "/api/v1/runs/run-2", func(b *fakeBackend) { b.run.ID = "run-2" }},
		{"GET", "/api/v1/runs/run-2/events", func(b *fakeBackend) {
			b.run.ID = "run-2"
			go func() { defer close(b.changes); b.changes <- change{run: b.run} }()
		}},
		{"DELETE", "/api/v1/runs/run-2", func(b *fakeBackend) { b.run.ID = "run-2" }},
		{"GET", "/api/v1/sources/sales", func(b *fakeBackend) { b.sources = append(b.sources, sales) }},
		{"GET", "/api/v1/sources/sales/runs", func(b *fakeBackend) { b.sources = append(b.sources, sales) }},
		{"PUT", "/api/v1/sources/sales/pause", func(b *fakeBackend) { b.sources = append(b.sources, sales) }},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			heard, deaf, behind := newFake(), newFake(), newFake()
			heard.news = func() { test.news(heard) }
			if got := ask(t, newServer(t, heard, Options{}).handler(), request(test.method, test.path, "")); got.status/100 != 2 {
				t.Errorf("what it heard of when it caught up is answered with %d %s", got.status, got.body)
			}
			if got := ask(t, newServer(t, deaf, Options{}).handler(), request(test.method, test.path, "")); got.status != http.StatusNotFound {
				t.Errorf("what is nowhere is answered with %d %s", got.status, got.body)
			}
			behind.behind = &control.Error{Kind: control.Unavailable, Message: "kafka is away"}
			expect(t, newServer(t, behind, Options{}), request(test.method, test.path, ""), http.StatusServiceUnavailable, "kafka is away")
		})
	}
}

func TestInvalidUTF8IsSent(t *testing.T) {
	backend := newFake()
	backend.err = &control.Error{Kind: control.Conflict, Message: "page \xff is stuck"}
	expect(t, newServer(t, backend, Options{}), request("GET", "/api/v1/catalog", ""), 409, "page \ufffd is stuck")
}

func TestInvalidInputIsExplained(t *testing.T) {
	cursor := "/api/v1/sources/acme/streams/" + stream + "/cursor"
	for _, test := range []struct {
		method, path, body string
		status             int
		detail             string
	}{
		{"GET", "/api/v1/sources/sales", "", 404, `there is no source "sales"`},
		{"POST", "/api/v1/sources", "", 400, "there is no body; it must be a JSON object"},
		{"POST", "/api/v1/sources", `{"token":"ntn_1"}`, 422, "name is missing: every source has one, such as acme"},
		{"POST", "/api/v1/sources", `{"name":7,"token":"ntn_1"}`, 400, "/name must be text, not a number"},
		{"POST", "/api/v1/sources", `{"name":"acme"}`, 409, `there is a source "acme" already`},
		{"PUT", "/api/v1/sources/acme", `{"name":"sales"}`, 422, `name is "sales" in the body and "acme" in the path: ` +
			"a source cannot be renamed; leave the name out of the body, or make another source"},
		{"DELETE", "/api/v1/sources/sales", "", 404, `there is no source "sales"`},
		{"PUT", "/api/v1/sources/sales/pause", "", 404, `there is no source "sales"`},
		{"PUT", "/api/v1/sources/sales/resume", "", 404, `there is no source "sales"`},
		{"GET", "/api/v1/sources/sales/streams", "", 404, `there is no source "sales"`},
		{"GET", "/api/v1/sources/acme/streams/users/cursor", "", 404, `source acme has no stream "users"`},
		{"DELETE", "/api/v1/sources/acme/streams/users/cursor", "", 404, `source acme has no stream "users"`},
		{"DELETE", cursor + "?forget=yes", "", 400, `query parameter forget must be true or false, not "yes"`},
		{"DELETE", cursor + "?forget", "", 400, `query parameter forget must be true or false, not ""`},
		{"DELETE", cursor + "?forget=true&forget=false", "", 400, `query parameter "forget" is given 2 times`},
		{"POST", "/api/v1/sources/acme/streams/users/confirm-deletes", "", 404, `source acme has no stream "users"`},
		{"POST", "/api/v1/sources/acme/streams/users/dismiss-deletes", "", 404, `source acme has no stream "users"`},
		{"POST", "/api/v1/sources/sales/runs", "", 404, `there is no source "sales"`},
		{"POST", "/api/v1/sources/acme/runs", `{"fulll":true}`, 400, "unknown key /fulll; /api/v1/openapi.json describes the body"},
		{"POST", "/api/v1/sources/acme/runs", `{"Full":true}`, 400, "unknown key /Full; /api/v1/openapi.json describes the body"},
		{"POST", "/api/v1/sources/acme/runs", `{"full":"true"}`, 400, "/full must be true or false, not text"},
		{"POST", "/api/v1/sources/acme/runs", `{"streams":"databases"}`, 400, "/streams must be an array, not text"},
		{"POST", "/api/v1/sources/acme/runs", `{"streams":[{}]}`, 400, "/streams/0 must be text, not an object"},
		{"POST", "/api/v1/sources/acme/runs", `{"full":true,"full":false}`, 400, "the body is not JSON: duplicate object member name, at byte 13"},
		{"POST", "/api/v1/sources/acme/runs", "null", 400, "the body must be a JSON object, not null"},
		{"POST", "/api/v1/sources/acme/runs", "{\"streams\":[\"\xff\"]}", 400, "the body is not JSON: invalid UTF-8, at byte 13"},
		{"GET", "/api/v1/sources/sales/runs", "", 404, `there is no source "sales"`},
		{"GET", "/api/v1/runs/run-9", "", 404, `there is no run "run-9"`},
		{"DELETE", "/api/v1/runs/run-9", "", 404, `there is no run "run-9"`},
		{"GET", "/api/v1/runs/run-9/events", "", 404, `there is no run "run-9"`},
		{"GET", "/api/v1/catalog/nothing", "", 404, `there is no topic "nothing" in the catalog`},
		{"GET", "/api/v1/catalog/nothing/records", "", 404, `there is no topic "nothing" in the catalog`},
		{"GET", "/api/v1/runs?status=green", "", 400, `query parameter status must be one of [queued running succeeded failed needs_attention cancelled], not "green"`},
		{"GET", "/api/v1/runs?trigger=cron", "", 400, `query parameter trigger must be one of [schedule manual startup], not "cron"`},
		{"GET", "/api/v1/runs?limit=1001", "", 400, `query parameter limit must be a whole number from 1 to 1000, not "1001"`},
		{"GET", "/api/v1/runs?source=acne", "", 404, `there is no source "acne"`},
		{"GET", "/api/v1/catalog/" + topic + "/records?limit=0", "", 400, `query parameter limit must be a whole number from 1 to 100, not "0"`},
		{"GET", "/api/v1/catalog/" + topic + "/records?limit=101", "", 400, `query parameter limit must be a whole number from 1 to 100, not "101"`},
		{"GET", "/api/v1/catalog/" + topic + "/records?limit=ten", "", 400, `query parameter limit must be a whole number from 1 to 100, not "ten"`},
		{"GET", "/api/v1/sources/acme/streams/" + stream + "/held?look=101", "", 400, `query parameter look must be a whole number from 0 to 100, not "101"`},
		{"GET", "/api/v1/sources/acme/streams/" + stream + "/held?look=-1", "", 400, `query parameter look must be a whole number from 0 to 100, not "-1"`},
		{"PUT", "/api/v1/log-level", `{"level":"loud"}`, 422, `level is "loud"; use debug, info, warn or error`},
		{"PUT", "/api/v1/log-level", `{"level":1}`, 400, "/level must be text, not a number"},
		{"GET", "/api/v1/run", "", 404, "there is nothing at this path; /api/v1/openapi.json lists all paths"},
		{"GET", "/oauth/", "", 404, "there is nothing at this path; /api/v1/openapi.json lists all paths"},
		{"GET", "/metrics", "", 404, "there is nothing at this path; /api/v1/openapi.json lists all paths"},
		{"PATCH", "/api/v1/sources/acme", `{}`, 405, "PATCH is not possible here, only DELETE, GET, HEAD, PUT"},
		{"POST", "/healthz", "", 405, "POST is not possible here, only GET, HEAD"},
	} {
		t.Run(test.method+" "+test.path+" "+test.body, func(t *testing.T) {
			answer := expect(t, newServer(t, newFake(), Options{}), request(test.method, test.path, test.body), test.status, test.detail)
			if allow := answer.header.Get("Allow"); (allow == "") == (test.status == 405) {
				t.Errorf("status %d with Allow %q", test.status, allow)
			}
		})
	}
}

func TestInternalErrorsGoToTheLog(t *testing.T) {
	for name, breaks := range map[string]func(*fakeBackend){
		"an error": func(b *fakeBackend) { b.err = errSecret },
		"a panic":  func(b *fakeBackend) { b.panics = true },
	} {
		t.Run(name, func(t *testing.T) {
			backend, log := newFake(), new(bytes.Buffer)
			breaks(backend)
			s := newServer(t, backend, Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
			for _, path := range []string{"/api/v1/catalog", "/api/v1/runs/run-1/events"} {
				log.Reset()
				p := problemOf(t, ask(t, s.handler(), request("GET", path, "")))
				told, reference, _ := strings.Cut(p.Detail, "under reference ")
				if told != "GET "+path+" failed: the log of this instance has the reason " || p.Status != 500 {
					t.Errorf("%d %s", p.Status, p.Detail)
				}
				if reference == "" || !strings.Contains(log.String(), "reference="+reference) ||
					!strings.Contains(log.String(), "s3cr3t") && !strings.Contains(log.String(), "the backend lost its head") {
					t.Errorf("the log does not tell of %q: %s", reference, log)
				}
			}
		})
	}
}

func TestLongPathsAreCutInTheLog(t *testing.T) {
	for name, path := range map[string]string{"unknown": "/api/v1/nothing/", "of a run": "/api/v1/runs/", "of a source": "/api/v1/sources/"} {
		var log strings.Builder
		backend := newFake()
		backend.err = errors.New("the backend lost its head")
		handler := newServer(t, backend, Options{Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}).handler()
		ask(t, handler, request(http.MethodPut, path+strings.Repeat("é", 10_000)+"/pause", ""))
		if !strings.Contains(log.String(), path) {
			t.Errorf("%s: the log does not name the path: %.200s", name, log.String())
		}
		for line := range strings.Lines(log.String()) {
			if len(line) > 2000 {
				t.Errorf("%s: a line of %d bytes: %.200s", name, len(line), line)
			}
		}
	}
}
