package console

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

// A live answer is read while it arrives.
type live struct {
	status int
	header http.Header
	body   io.Reader
}

// open sends a request to a running console; the response ends with the test at the
// latest.
func open(t *testing.T, url string) live {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return live{answer.StatusCode, answer.Header, answer.Body}
}

// rest reads a response to its end.
func (l live) rest(t *testing.T) string {
	t.Helper()
	body, err := io.ReadAll(l.body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// standing returns a run with a status, as in an event.
func standing(status control.Status) (control.Run, string) {
	return control.Run{ID: "run-1", Source: "acme", Trigger: control.ByHand, Status: status, StartedAt: noon()},
		`data: {"id":"run-1","source":"acme","trigger":"manual","status":"` + string(status) +
			`","started_at":"2026-11-20T12:00:00Z","requests":0,"throttled_seconds":0,"streams":[]}`
}

func TestEventsHaveEveryChange(t *testing.T) {
	backend := newFake()
	served := httptest.NewServer(newServer(t, backend, Options{}).handler())
	defer served.Close()
	var want []string
	go func() {
		defer close(backend.changes)
		for _, status := range []control.Status{control.Queued, control.Running, control.Succeeded} {
			run, _ := standing(status)
			backend.changes <- change{run: run}
		}
	}()
	for i, status := range []control.Status{control.Queued, control.Running, control.Succeeded} {
		_, data := standing(status)
		want = append(want, "event: run", "id: "+[]string{"1", "2", "ended"}[i], data, "")
	}
	answer := open(t, served.URL+"/api/v1/runs/run-1/events")
	got := strings.Split(answer.rest(t), "\n")
	if diff := cmp.Diff(append(want, ""), got); diff != "" {
		t.Errorf("events:\n%s", diff)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no", "Content-Length": "",
	} {
		if got := answer.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestEventsBreakOffWithAProblem(t *testing.T) {
	backend := newFake()
	go func() {
		run, _ := standing(control.Running)
		backend.changes <- change{run: run}
		backend.changes <- change{err: &control.Error{Kind: control.Unavailable, Message: "kafka is away"}}
	}()
	answer := ask(t, newServer(t, backend, Options{}).handler(), request("GET", "/api/v1/runs/run-1/events", ""))
	_, data := standing(control.Running)
	want := "event: run\nid: 1\n" + data + "\n\n" +
		`event: problem` + "\n" + `data: {"type":"about:blank","title":"Service Unavailable","status":503,"detail":"kafka is away","instance":"/api/v1/runs/run-1/events"}` + "\n\n"
	if diff := cmp.Diff(want, answer.body); diff != "" {
		t.Error(diff)
	}
}

func TestEventsHaveKeepAlives(t *testing.T) {
	backend := newFake()
	served := httptest.NewServer(newServer(t, backend, Options{KeepAlive: time.Millisecond}).handler())
	defer served.Close()
	lines := bufio.NewScanner(open(t, served.URL+"/api/v1/runs/run-1/events").body)
	for range 3 {
		if lines.Scan(); lines.Text() != ": still here" {
			t.Fatalf("%q is no comment", lines.Text())
		}
		lines.Scan()
	}
	close(backend.changes)
}

func TestFollowingEndsWithTheClient(t *testing.T) {
	backend := newFake()
	served := httptest.NewServer(newServer(t, backend, Options{}).handler())
	defer served.Close()
	ctx, goAway := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, served.URL+"/api/v1/runs/run-1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		run, _ := standing(control.Running)
		backend.changes <- change{run: run}
	}()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	goAway()
	<-backend.left
	if _, err := io.Copy(new(bytes.Buffer), answer.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("the stream ended with %v", err)
	}
}

func TestBrowserStopsAfterTheLastEvent(t *testing.T) {
	r := request("GET", "/api/v1/runs/run-1/events", "")
	r.Header.Set("Last-Event-ID", "ended")
	if got := ask(t, newServer(t, newFake(), Options{}).handler(), r).status; got != http.StatusNoContent {
		t.Errorf("status %d, want 204", got)
	}
}

func TestEventsRespectTheAcceptHeader(t *testing.T) {
	s := newServer(t, newFake(), Options{})
	r := request("GET", "/api/v1/runs/run-1/events", "")
	r.Header.Set("Accept", "application/json")
	expect(t, s, r, http.StatusNotAcceptable, "the response is text/event-stream, which the Accept header does not name")
	if got := ask(t, s.handler(), request("HEAD", "/api/v1/runs/run-1/events", "")).status; got != http.StatusOK {
		t.Errorf("HEAD: status %d, want 200", got)
	}
}
