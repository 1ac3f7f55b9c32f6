package pages

import (
	"strings"
	"testing"

	"notion-kafka/producer/control"
)

// A run tells what changed of the columns on its page, and how much in the lists of runs.
func TestARunTellsWhatChangedOfColumns(t *testing.T) {
	run := control.Run{ID: "r", Source: "acme", Status: control.Succeeded, Folded: 3, Streams: []control.StreamRun{
		{Stream: "database_1", Title: "Tasks", Columns: []string{`property "<b>" was removed: column b stays and is null`, "column sprint begins"}},
		{Stream: "database_2", Title: "Notes"},
	}}
	text := draw(t, piece{"run", NewRun(onDesk, run, RunDetail{})})
	_, columns, _ := strings.Cut(text, `<div id="columns"`)
	columns, _, _ = strings.Cut(columns, "</div>")
	for _, want := range []string{"Tasks", "&#34;&lt;b&gt;&#34; was removed", "column sprint begins"} {
		if !strings.Contains(columns, want) {
			t.Errorf("the page does not say %q:\n%s", want, columns)
		}
	}
	if strings.Contains(columns, "Notes") {
		t.Error("the page names a stream whose columns did not change")
	}
	if got := rowOf(run, noon).Note; got != "2 changes of columns" {
		t.Errorf("a list of runs says %q", got)
	}
	run.Streams = run.Streams[1:]
	if text := draw(t, piece{"run", NewRun(onDesk, run, RunDetail{})}); strings.Contains(text, "<h2>Columns") {
		t.Error("there is a section of columns, and none changed")
	}
}
