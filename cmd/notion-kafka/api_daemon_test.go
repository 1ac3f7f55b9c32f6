package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// A fakeDaemon serves scripted responses of the API, and records the requests.
type fakeDaemon struct {
	t       *testing.T
	url     string
	answers map[string][]string // by method and path: a status and a body for each request; the last one is repeated

	after map[string]map[string][]string // by a request: the answers from then on

	mu      sync.Mutex
	asked   []string            // method, path, body
	cookies map[string][]string // by request
}

// newFakeDaemon starts one with a script such as {"GET /api/v1/sources": {"200 []"}};
// the body of a stream of events begins with "event:".
func newFakeDaemon(t *testing.T, answers map[string][]string) *fakeDaemon {
	t.Helper()
	t.Chdir(t.TempDir()) // a directory without a configuration file
	d := &fakeDaemon{t: t, answers: answers, cookies: map[string][]string{}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

func (d *fakeDaemon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		d.t.Error(err)
	}
	username, password, _ := r.BasicAuth()
	if username+password != "" {
		username += ":" + password + " "
	}
	key := r.Method + " " + r.URL.EscapedPath()
	if r.URL.RawQuery != "" {
		key += "?" + r.URL.RawQuery
	}
	if len(body) > 0 && r.Header.Get("Content-Type") != "application/json" {
		d.t.Errorf("%s: a body of the type %q", key, r.Header.Get("Content-Type"))
	}
	d.mu.Lock()
	d.asked = append(d.asked, strings.TrimSpace(username+key+" "+string(body)))
	d.cookies[key] = r.Header["Cookie"]
	maps.Copy(d.answers, d.after[key])
	script := d.answers[key]
	if len(script) > 1 {
		d.answers[key] = script[1:]
	}
	d.mu.Unlock()
	status, text := http.StatusNotFound, problemText(404, "there is nothing at this path")
	if len(script) > 0 {
		_, err := fmt.Sscanf(script[0], "%d", &status)
		if err != nil {
			d.t.Errorf("%s: the script %q", key, script[0])
		}
		_, text, _ = strings.Cut(script[0], " ")
	}
	switch {
	case strings.HasPrefix(text, "event:"), strings.HasPrefix(text, ":"):
		w.Header().Set("Content-Type", "text/event-stream")
	case status >= 400:
		w.Header().Set("Content-Type", "application/problem+json")
	case status/100 == 3:
		w.Header().Set("Location", cmp.Or(text, "/elsewhere"))
		w.Header().Set("Set-Cookie", "notion_kafka_browser=ABC; Path=/; HttpOnly")
	default:
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func (d *fakeDaemon) requests() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string{}, d.asked...)
}

// run runs one command line against the daemon, with stdin piped in.
func (d *fakeDaemon) run(stdin string, args ...string) (code int, out, talk string) {
	d.t.Helper()
	var stdout, stderr bytes.Buffer
	args = append(args, "--api", d.url)
	code = execute(d.t.Context(), args, process{Out: &stdout, Err: &stderr, In: strings.NewReader(stdin), Environ: []string{"NOTION_TOKEN=t"}})
	return code, stdout.String(), stderr.String()
}

func problemText(status int, detail string) string {
	return fmt.Sprintf(`{"type":"about:blank","title":%q,"status":%d,"detail":%q}`, http.StatusText(status), status, detail)
}
