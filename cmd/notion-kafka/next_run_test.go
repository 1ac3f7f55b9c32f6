package main

import (
	"strings"
	"testing"
)

// The table of sources marks a next run that only sweeps.
func TestSourcesTellSweepsFromRuns(t *testing.T) {
	swept := strings.Replace(source, `"next_run":`, `"next_run_sweeps":true,"next_run":`, 1)
	d := newFakeDaemon(t, map[string][]string{"GET /api/v1/sources": {"200 [" + swept + "," + strings.Replace(source, "acme", "beta", 1) + "]"}})
	_, out, talk := d.run("", "sources")
	if strings.Count(out, "2126-03-01T06:05:00Z (sweep)  ") != 1 || strings.Count(out, "2126-03-01T06:05:00Z") != 2 {
		t.Errorf("%s%s", out, talk)
	}
}

// A run that is due already is shown as due now, with the time that it missed; JSON has
// the time as it is.
func TestSourcesShowARunThatWasMissed(t *testing.T) {
	missed := strings.Replace(source, "2126-", "2026-", 1)
	swept := strings.Replace(strings.Replace(missed, "acme", "beta", 1), `"next_run":`, `"next_run_sweeps":true,"next_run":`, 1)
	d := newFakeDaemon(t, map[string][]string{"GET /api/v1/sources": {"200 [" + missed + "," + swept + "]"}})
	_, out, talk := d.run("", "sources")
	if !strings.Contains(out, " now (missed 06:05)  ") || !strings.Contains(out, " now (sweep, missed 06:05)  ") || strings.Contains(out, "2026-03-01T06:05:00Z") {
		t.Errorf("%s%s", out, talk)
	}
	if _, out, talk := d.run("", "sources", "--output", "json"); strings.Count(out, "2026-03-01T06:05:00Z") != 2 {
		t.Errorf("%s%s", out, talk)
	}
}
