package main

import (
	"fmt"
	"strings"
	"testing"
)

// confirm-deletes of hundreds of pages prints how long that takes and its progress, and
// follows the run that continues it when the owner changes.
func TestConfirmDeletesPrintsDurationAndProgress(t *testing.T) {
	const name = "database_248104cd-477e-80fd-b757-e945d38000bd"
	run := func(id, status, why string, read int) string {
		return fmt.Sprintf(`{"id":%q,"source":"acme","trigger":"manual","status":%q,"error":%q,"streams":[{"stream":%q,"title":"Private","kind":"scan","status":%q,"read":%d,"expected":703}]}`,
			id, status, why, name, status, read)
	}
	var counted []string
	for read := 0; read <= 500; read += 5 {
		counted = append(counted, run("R1", "running", "", read))
	}
	counted = append(counted, run("R1", "failed", "interrupted, continued by run R2", 500))
	held := strings.Replace(streams, `"rows":0,"held":0`, `"rows":1200,"held":703`, 1)
	for budget, says := range map[string]string{
		"0":  "703 pages are held, and each is looked up by its id: about 4 minutes at 180 requests a minute (Notion's Free and Plus plans), 2 at 600 (Business and Enterprise)",
		"90": "703 pages are held, and each is looked up by its id: about 8 minutes at 90 requests a minute",
	} {
		d := newFakeDaemon(t, map[string][]string{
			"GET /api/v1/sources/acme/streams": {"200 " + held}, "POST " + streamPath + "/confirm-deletes": {"202 " + run("R1", "queued", "", 0)},
			"GET /api/v1/runs/R1/events": {eventsOf(counted...)}, "GET /api/v1/runs/R2/events": {eventsOf(run("R2", "running", "", 150), run("R2", "succeeded", "", 203))},
		})
		code, _, talk := d.run("", "state", "confirm-deletes", "--source", "acme", "--stream", name, "--set", "notion.requests_per_minute="+budget)
		if code != 0 || !strings.Contains(talk, says) || !strings.Contains(talk, "following run R2") {
			t.Errorf("exit %d, budget %s\n%s", code, budget, talk)
		}
		if n := strings.Count(talk, " of about 703"); n != 7 || !strings.Contains(talk, "stream "+name+" (Private): 355 of about 703 read") {
			t.Errorf("%d lines of progress\n%s", n, talk)
		}
	}
}

// It does so without a daemon too.
func TestConfirmDeletesPrintsDurationWithoutADaemon(t *testing.T) {
	tt := serving(t)
	db, _ := tt.hold()
	_, talk := tt.must(0, "state", "confirm-deletes", "--source", "notion", "--stream", db.ID())
	if !strings.Contains(talk, "30 pages are held, and each is looked up by its id: about 1 minute at 180 requests a minute") {
		t.Errorf("it says\n%s", talk)
	}
}

// If a reset stops a run, the command follows the run that continues it.
func TestRunStoppedByAResetIsFollowedInTheNext(t *testing.T) {
	const stopped = `{"id": "R1", "source": "acme", "status": "cancelled", "error": "stopped for the reset of stream databases, continued by run R2", "streams": []}`
	d := newFakeDaemon(t, map[string][]string{
		"GET /api/v1/runs/R1/events": {eventsOf(stopped)}, "GET /api/v1/runs/R2/events": {eventsOf(strings.ReplaceAll(succeededRun, "R1", "R2"))},
	})
	if code, _, talk := d.run("", "runs", "follow", "R1"); code != 0 || !strings.Contains(talk, "following run R2, which continues it") {
		t.Errorf("exit %d\n%s", code, talk)
	}
}
