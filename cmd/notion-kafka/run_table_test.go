package main

import (
	"strings"
	"testing"

	"notion-kafka/producer/control"
)

// What changed of the columns of a stream is below the table, a line each.
func TestChangesOfColumnsAreBelowTheTableOfARun(t *testing.T) {
	run := control.Run{Source: "acme", Streams: []control.StreamRun{
		{Stream: "database_1", Title: "Tasks", Columns: []string{"column sprint begins", "property \"a\x1b[2J\nb\" was removed: column a stays and is null"}},
		{Stream: "database_2", Title: "Notes"},
	}}
	if got := note(run); got != "2 changes of columns" {
		t.Errorf("a list of runs says %q", got)
	}
	var out strings.Builder
	if err := printRuns(&out, run); err != nil {
		t.Fatal(err)
	}
	want := "database_1 (Tasks): column sprint begins\ndatabase_1 (Tasks): property \"a [2J b\" was removed: column a stays and is null\n"
	if _, after, _ := strings.Cut(out.String(), "Notes"); !strings.HasSuffix(after, "\n"+want) {
		t.Errorf("below the table is\n%s\nwant\n%s", after, want)
	}
}
