//go:build real

package main_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

// A number that becomes a text and a number again, and a formula that changes its result,
// each have a column for every type. The registry takes every version under its strictest
// rule, and a reader that knows the first version only can read all records.
func TestTypesThatChange(t *testing.T) {
	t.Parallel()
	s := newTypedStage(t, notiontest.Options{})
	db := s.workspace.AddDatabase("Tasks", notiontest.Prop{Name: "Estimate", Kind: notiontest.KindNumber}, notiontest.Prop{Name: "Total", Kind: notiontest.KindFormula})
	first := []notiontest.Values{{"Name": "A", "Estimate": 3, "Total": 3.5}, {"Name": "B", "Estimate": 5, "Total": 5}}
	pages := db.DataSource().AddPages(2, time.Now().Add(-72*time.Hour), time.Minute, func(i int) notiontest.Values { return first[i] })
	a, b := pages[0], pages[1]
	source, topic, stream := db.DataSource(), s.topic("tasks"), "database_"+db.ID()
	subject := topic + "-value"

	s.mustRun("once")
	s.demand(subject, "FULL_TRANSITIVE")
	steps := []struct {
		change        func()
		polled, swept int // pages that are published
	}{
		{func() { source.RetypeProperty("Estimate", notiontest.KindRichText) }, 0, 2},
		{func() { s.workspace.Edit(a, notiontest.Values{"Estimate": "seven"}) }, 1, 0},
		// From here on page A is among those of the newest minutes, which every poll reads.
		{func() {
			source.Recompute("Total", func(id string) any { return map[string]string{a: "three", b: "five"}[id] })
		}, 1, 1},
		{func() { source.RetypeProperty("Estimate", notiontest.KindNumber) }, 1, 1},
		{func() { source.Recompute("Total", func(string) any { return 8 }) }, 1, 1},
		{func() { source.RenameProperty("Estimate", "Size") }, 1, 1},
		{func() { source.RemoveProperty("Size") }, 1, 1},
		{func() { source.RestoreProperty("Size") }, 1, 1},
	}
	for i, step := range steps {
		step.change()
		polled := s.mustRun("once").streams(t)[stream].Published
		swept := s.mustRun("once", "--full").streams(t)[stream].Published
		if polled != step.polled || swept != step.swept {
			t.Errorf("step %d: the poll published %d pages, want %d, and the scan after it %d, want %d", i, polled, step.polled, swept, step.swept)
		}
	}

	versions := s.versions(subject)
	var table strings.Builder
	for i, columns := range versions {
		fmt.Fprintf(&table, "version %d\n", i+1)
		for _, c := range columns {
			fmt.Fprintf(&table, "  %s\n", c)
		}
	}
	t.Logf("the versions of %s under FULL_TRANSITIVE:\n%s", subject, &table)
	if diff := cmp.Diff([]string{"name", "estimate", "total", "estimate_rich_text", "total_string"}, namesOf(s.wantPinned(stream, topic))); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	for i, columns := range versions[1:] {
		if before := namesOf(versions[i]); !slices.Equal(before, namesOf(columns)[:len(before)]) {
			t.Errorf("version %d has the columns %v, and the one before had %v", i+2, namesOf(columns), before)
		}
	}

	// The first schema with a formula is the one that has a page's result.
	began := 1 + slices.IndexFunc(versions, func(columns []column) bool { return slices.Contains(namesOf(columns), "total") })
	all := s.consume(topic)
	old := s.consume(topic, "--reader-version", strconv.Itoa(began))
	rows := map[string][][]string{}
	table.Reset()
	for i, r := range all {
		row, seen := r.cells(t, "estimate", "total", "estimate_rich_text", "total_string"), old[i].cells(t, "estimate", "total", "estimate_rich_text")
		if !slices.Equal(seen, []string{row[0], row[1], "no such field"}) {
			t.Errorf("record %d is %v, and a reader of version %d sees %v", i, row, began, seen)
		}
		rows[r.Key] = append(rows[r.Key], row)
		fmt.Fprintf(&table, "%s  %-48v  version %d: %v\n", r.cells(t, "title")[0], row, began, seen[:2])
	}
	t.Logf("estimate, total, estimate_rich_text, total_string of every record, and what a reader of version %d sees:\n%s", began, &table)
	const unknown = "no such field" // in the schema of that time
	want := map[string][][]string{
		a: {
			{"3.0", "3.5", unknown, unknown},
			{"null", "3.5", "3", unknown},
			{"null", "3.5", "seven", unknown},
			{"null", "null", "seven", "three"},
			{"null", "null", "null", "three"}, // "seven" is no number
			{"null", "8.0", "null", "null"},
			{"null", "8.0", "null", "null"}, // renamed
			{"null", "8.0", "null", "null"}, // removed
			{"null", "8.0", "null", "null"}, // restored
		},
		b: {
			{"5.0", "5.0", unknown, unknown},
			{"null", "5.0", "5", unknown},
			{"null", "null", "5", "five"},
			{"5.0", "null", "null", "five"},
			{"5.0", "8.0", "null", "null"},
			{"5.0", "8.0", "null", "null"},
			{"null", "8.0", "null", "null"},
			{"5.0", "8.0", "null", "null"},
		},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("the versions of the pages (-want +got):\n%s", diff)
	}
}
