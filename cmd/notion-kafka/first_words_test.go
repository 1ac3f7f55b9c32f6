package main

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// saysInRun runs the daemon until its log has a text, and returns that line.
func (tt *terminal) saysInRun(text string, flags ...string) string {
	tt.t.Helper()
	ctx, stop := context.WithCancel(tt.t.Context())
	defer stop()
	talk, ended := newWatched(text), make(chan int, 1)
	go func() {
		args := slices.Concat([]string{"run", "--log-format", "text"}, tt.flags, flags)
		ended <- execute(ctx, args, process{Out: io.Discard, Err: talk, Environ: tt.environ})
	}()
	select {
	case <-talk.seen:
	case code := <-ended:
		tt.t.Fatalf("run ended with exit %d and never said %q:\n%s", code, text, talk)
	}
	stop()
	if code := <-ended; code != 0 {
		tt.t.Errorf("run ended with exit %d", code)
	}
	for line := range strings.Lines(talk.String()) {
		if strings.Contains(line, text) {
			return line
		}
	}
	return ""
}

// A daemon without a source logs that it waits and reads nothing.
func TestRunWithoutASourceSaysThatItWaits(t *testing.T) {
	tt := newTerminal(t)
	tt.withoutToken()
	line := tt.saysInRun("nothing is read until then", "--set", "console.listen=127.0.0.1:0")
	if !strings.Contains(line, "level=WARN") || !strings.Contains(line, "waiting") || !strings.Contains(line, "NOTION_TOKEN") || !strings.Contains(line, "/add ") {
		t.Error(line)
	}
}

// A first run logs the address of the embedded broker, and a command to look into it.
func TestRunSaysWhereTheEmbeddedBrokerIs(t *testing.T) {
	tt := newTerminal(t)
	tt.addTasks(1)
	if err := os.WriteFile("crm.yaml", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	line := tt.saysInRun("to look into the embedded broker", "--config", "crm.yaml")
	for _, want := range []string{"level=INFO", "kafka=127.0.0.1:", "registry=http://127.0.0.1:", " --config crm.yaml tail notion.notion.databases --from-beginning"} {
		if !strings.Contains(line, want) {
			t.Errorf("it does not say %q: %s", want, line)
		}
	}
}
