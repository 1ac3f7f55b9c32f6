//go:build real

package main_test

import (
	"encoding/json"
	"syscall"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// Two instances share eight sources. When one is stopped, the other continues with all
// of them without waiting for a session to expire.
func TestSourcesMoveWhenAnInstanceEnds(t *testing.T) {
	t.Parallel()
	w := newSourceStage(t, sharedParts(t), longestTest, layout{sources: 8, databases: 1, pages: 50})
	first := w.startDaemon()
	first.publishes(time.Time{}, w.sources...)
	second := w.startDaemon()
	second.await(second.talk, "it was given a shard", logged("serving a shard"))

	edit := func(version int) time.Time {
		for _, src := range w.sources {
			src.setVersion(src.databases[0].notion.Pages(notiontest.Live)[0], version)
		}
		return time.Now()
	}
	edit(2)
	terminated := time.Now()
	first.signal(syscall.SIGTERM)
	if end := first.wait(); end.code != 0 {
		t.Errorf("SIGTERM ended the first instance with exit code %d\n%s", end.code, end.talk)
	}
	second.publishes(edit(3), w.sources...)
	took := time.Since(terminated)
	if session := 10 * time.Second; took >= session {
		t.Errorf("the other instance had published every source after %v: it waited for the session of %v to run out", took, session)
	}
	edit(4)
	second.signal(syscall.SIGTERM)
	if end := second.wait(); end.code != 0 {
		t.Errorf("SIGTERM ended the second instance with exit code %d\n%s", end.code, end.talk)
	}
	w.mustRun("once")
	t.Logf("the second instance had published an edit of every source %v after SIGTERM to the first; %v",
		took.Round(time.Millisecond), w.checkPolled())
}

// startDaemon starts an instance that runs every source each second.
func (s *stage) startDaemon() *child {
	s.t.Helper()
	return s.start("run", "--set", "defaults.trigger.every=1s", "--log-format", "json")
}

// publishes waits until the child has published something of each source, in runs that
// ended after a moment.
func (c *child) publishes(since time.Time, sources ...*testSource) {
	c.t.Helper()
	left := map[string]bool{}
	for _, src := range sources {
		left[src.source] = true
	}
	c.await(c.talk, "it published every source", func(text string) bool {
		var line struct {
			Time                time.Time
			Msg, Source, Status string
			Published           int
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			c.t.Errorf("not a line of a JSON log: %v: %s", err, text)
		}
		if line.Msg == "run done" && line.Status == "succeeded" && line.Published > 0 && line.Time.After(since) {
			delete(left, line.Source)
		}
		return len(left) == 0
	})
}
