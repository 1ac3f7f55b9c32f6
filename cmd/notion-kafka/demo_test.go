package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// The lines that the demo prints make a second source and connect it on the simulated
// Notion's page; the new source is read.
func TestDemoConnectsASecondSource(t *testing.T) {
	tt, at := newTerminal(t), freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, ended := newWatched("Ctrl-C ends it"), make(chan int, 1)
	go func() {
		args := append([]string{"demo", "--set", "console.listen=" + at}, tt.flags[4:]...)
		ended <- execute(ctx, args, process{Out: out, Err: io.Discard, Environ: tt.environ})
	}()
	<-out.seen
	made := regexp.MustCompile(`curl -d '([^']*)' -H 'Content-Type: application/json' (\S+)`).FindStringSubmatch(out.String())
	start := regexp.MustCompile(`http://\S+/oauth/start\?source=second`).FindString(out.String())
	if made == nil || start == "" {
		t.Fatalf("it prints:\n%s", out)
	}
	answer, err := http.Post(made[2], "application/json", strings.NewReader(made[1]))
	if err != nil || answer.StatusCode != http.StatusCreated {
		t.Fatalf("%v, %v", answer, err)
	}
	answer.Body.Close()

	v := newVisitor(t)
	consent, page := v.do(http.MethodGet, start, nil)
	form := url.Values{"decision": {"allow"}, "person": {regexp.MustCompile(`<option value="([^"]+)"`).FindStringSubmatch(page)[1]}}
	for _, db := range regexp.MustCompile(`name="database" value="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		form.Add("database", db[1])
	}
	if _, page := v.do(http.MethodPost, consent.String(), form); !strings.Contains(page, "It reads at once") {
		t.Fatalf("the page: %s", page)
	}
	var stdout, stderr bytes.Buffer
	code := execute(ctx, []string{"trigger", "second", "--wait", "--api", "http://" + at}, process{Out: &stdout, Err: &stderr})
	if code != 0 || !strings.Contains(stdout.String(), "notion.second.") {
		t.Errorf("a run: exit %d\n%s%s", code, &stdout, &stderr)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("the demo ended with exit %d", code)
	}
}
