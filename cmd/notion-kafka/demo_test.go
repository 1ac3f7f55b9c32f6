package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Further sources are added in the demo as it says: on the simulated Notion's page, and
// with the token that it prints.
func TestDemoAddsSources(t *testing.T) {
	tt, at := newTerminal(t), freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, ended := newWatched("Ctrl-C ends it"), make(chan int, 1)
	go func() {
		args := append([]string{"demo", "--set", "console.listen=" + at}, tt.flags[4:]...)
		ended <- execute(ctx, args, process{Out: out, Err: io.Discard, Environ: tt.environ})
	}()
	<-out.seen
	printed := regexp.MustCompile(`(http://\S+/add)\n\s+(ntn_\S+)`).FindStringSubmatch(out.String())
	if printed == nil {
		t.Fatalf("it prints:\n%s", out)
	}
	r := newReader(t)
	r.open(printed[1])
	r.press("Start", nil)
	r.follow("Connect with Notion")
	form := url.Values{"decision": {"allow"}, "person": {chosenIn(r.named("person"))}, "database": {attr(r.named("database"), "value")}}
	r.goes(http.MethodPost, r.at.String(), form)
	r.sees("/connect", "1 database")
	r.adds("second")

	r.open("/add")
	r.press("Start", nil)
	r.press("Check", map[string]string{"token": printed[2]})
	r.sees("/connect", "3 databases")
	r.adds("third")

	for _, source := range []string{"second", "third"} {
		var stdout, stderr written
		code := execute(ctx, []string{"trigger", source, "--wait", "--api", "http://" + at}, process{Out: &stdout, Err: &stderr})
		if code != 0 || !strings.Contains(stdout.String(), "notion."+source+".") {
			t.Errorf("a run of %s: exit %d\n%s%s", source, code, &stdout, &stderr)
		}
	}
	line := regexp.MustCompile(` (schema notion\.demo\.\S+ .*)\n`).FindStringSubmatch(out.String())
	if line == nil {
		t.Fatalf("it prints no line for a schema:\n%s", out)
	}
	var stdout, stderr written
	code := execute(ctx, strings.Fields(line[1]), process{Out: &stdout, Err: &stderr})
	if code != 0 || !strings.Contains(stdout.String(), "CREATE TABLE") || !strings.Contains(stdout.String(), "`estimate_days` DOUBLE") {
		t.Errorf("%s: exit %d\n%s%s", line[1], code, &stdout, &stderr)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("the demo ended with exit %d", code)
	}
}

// A second demo does not print the addresses of the first one's console: it says how it
// runs beside it.
func TestDemoWhoseConsoleIsTaken(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	taken := strings.TrimPrefix(other.URL, "http://")
	if err := isFree(t.Context(), taken); err == nil || !strings.Contains(err.Error(), taken) || !strings.Contains(err.Error(), "--set console.listen=") {
		t.Errorf("%v", err)
	}
	for _, free := range []string{"", "127.0.0.1:0"} {
		if err := isFree(t.Context(), free); err != nil {
			t.Errorf("%q: %v", free, err)
		}
	}
}
