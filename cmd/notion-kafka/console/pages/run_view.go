package pages

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"notion-kafka/producer/control"
)

// counts are the rows of a run over its streams.
type counts struct{ Read, Published, Unchanged, Deleted, Held, Stuck int }

func countsOf(run control.Run) (c counts) {
	for _, s := range run.Streams {
		c.Read, c.Published, c.Unchanged, c.Deleted = c.Read+s.Read, c.Published+s.Published, c.Unchanged+s.Unchanged, c.Deleted+s.Deleted
		c.Held, c.Stuck = c.Held+s.Held, c.Stuck+s.Stuck
	}
	return c
}

// A runRow is a run in a table.
type runRow struct {
	control.Run
	counts
	What string // it read
	Took string
	Note string // why it did not succeed, or what it stands for
}

func rowOf(run control.Run, now time.Time) runRow {
	return runRow{Run: run, counts: countsOf(run), What: whatOf(run), Took: tookBy(run, now), Note: noteOf(run)}
}

func rowsOf(runs []control.Run, now time.Time) (rows []runRow) {
	for _, run := range runs {
		rows = append(rows, rowOf(run, now))
	}
	return rows
}

// whatOf is what a run read, in words: "sweep of 3 streams", "Customers".
func whatOf(run control.Run) string {
	kinds, streams := map[control.Kind]bool{}, map[string]string{}
	for _, s := range run.Streams {
		kinds[s.Kind], streams[s.Stream] = true, nameOf(s.Stream, s.Title)
	}
	n := len(streams) + run.StreamsLeftOut
	what := some(n, "stream")
	if n == 1 && len(streams) == 1 {
		what = slices.Collect(maps.Values(streams))[0]
	}
	switch {
	case n == 0:
		return "–"
	case len(kinds) == 1 && kinds[control.Sweep]:
		return "sweep of " + what
	case len(kinds) == 1 && kinds[control.FullScan]:
		return "full read of " + what
	}
	return what
}

// sum is how many runs a history has, and how they ended.
func sum(runs []control.Run) string {
	all, changed, failed := 0, 0, 0
	for _, run := range runs {
		all += max(run.Folded, 1)
		if c := countsOf(run); c.Published+c.Deleted > 0 {
			changed++
		}
		if run.Status == control.Failed {
			failed++
		}
	}
	return fmt.Sprintf("%s: %s changed something, %s failed", some(all, "run"), count(changed), count(failed))
}

// tookBy is how long a run took, up to now if it has not ended.
func tookBy(run control.Run, now time.Time) string {
	switch {
	case run.Status == control.Queued || run.StartedAt.IsZero():
		return "–"
	case run.FinishedAt.IsZero():
		return took(now.Sub(run.StartedAt))
	}
	return took(run.FinishedAt.Sub(run.StartedAt))
}

// noteOf is the first thing that a person wants to know of a run beside its status.
func noteOf(run control.Run) string {
	if why := troubleOf(run); why != "" {
		return firstSentence(why)
	}
	changes := 0
	for _, s := range run.Streams {
		changes += len(s.Columns)
	}
	switch {
	case changes > 0:
		return some(changes, "change") + " of columns"
	case run.Folded > 1:
		return some(run.Folded, "run") + " that changed nothing"
	}
	return ""
}

// troubleOf is the first error of a run; "" where it has none.
func troubleOf(run control.Run) string {
	if run.Error != "" {
		return run.Error
	}
	for _, s := range run.Streams {
		if s.Error != "" {
			return nameOf(s.Stream, s.Title) + ": " + s.Error
		}
	}
	return ""
}

// nameOf is the name of a stream for people: its database's title.
func nameOf(stream, title string) string {
	if title = plain(title); strings.ContainsFunc(title, isVisible) {
		return shortened(title, 120)
	}
	if stream == databasesStream {
		return "Databases"
	}
	return stream
}

func isVisible(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

// databasesStream is the stream of the databases themselves.
const databasesStream = "databases"
