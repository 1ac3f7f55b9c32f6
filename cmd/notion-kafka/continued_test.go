package main

import (
	"bytes"
	"strings"
	"testing"
)

// If the daemon of a followed run dies, the command follows the run that continues it.
func TestInterruptedRunIsFollowedInTheNext(t *testing.T) {
	const dead = `{"id": "R1", "source": "acme", "status": "failed", "error": "interrupted, continued by run R2", "streams": []}`
	d := newFakeDaemon(t, map[string][]string{
		"GET /api/v1/runs/R1/events": {eventsOf(dead)},
		"GET /api/v1/runs/R2/events": {eventsOf(strings.ReplaceAll(succeededRun, "R1", "R2"))},
	})
	var out, talk bytes.Buffer
	if code := execute(t.Context(), []string{"runs", "follow", "R1", "--api", d.url}, process{Out: &out, Err: &talk}); code != 0 {
		t.Errorf("exit %d\n%s%s", code, out.String(), talk.String())
	}
	if !strings.Contains(talk.String(), "run R1 was interrupted; following run R2, which continues it") {
		t.Errorf("it says:\n%s", talk.String())
	}
}
