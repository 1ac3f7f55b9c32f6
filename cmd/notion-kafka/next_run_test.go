package main

import (
	"strings"
	"testing"
)

// The table of sources tells a sweep from a run.
func TestSourcesTellSweepsFromRuns(t *testing.T) {
	swept := strings.Replace(source, `"next_run":`, `"next_run_sweeps":true,"next_run":`, 1)
	d := newFakeDaemon(t, map[string][]string{"GET /api/v1/sources": {"200 [" + swept + "," + strings.Replace(source, "acme", "beta", 1) + "]"}})
	_, out, talk := d.run("", "sources")
	if strings.Count(out, "2026-03-01T06:05:00Z (sweep)  ") != 1 || strings.Count(out, "2026-03-01T06:05:00Z") != 2 {
		t.Errorf("%s%s", out, talk)
	}
}
