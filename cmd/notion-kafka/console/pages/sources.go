package pages

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"notion-kafka/producer/control"
)

// Sources is the list of all sources.
type Sources struct {
	Shell
	// Filter is what the list was narrowed to.
	Filter SourceFilter
	// All is how many sources there are.
	All int
	// Tallies count the sources of each status that has one, for links.
	Tallies []Tally
	Urgent  []urgent
	Rows    []sourceRow
	// Unfinished are the drafts of Add source.
	Unfinished []unfinished
}

// A SourceFilter narrows the list of sources.
type SourceFilter struct {
	Text   string // in the name, the description or the workspace
	Status control.SourceStatus
}

// A Tally is how many sources have a status.
type Tally struct {
	Status control.SourceStatus
	Count  int
}

// An urgent is a source that waits for a person.
type urgent struct {
	Name, Text string
	Reconnect  bool
	Held       string // the stream whose deletes are held; "": none, or not known which
}

func urgentOf(source control.Source, runs []control.Run) urgent {
	one := urgent{Name: source.Name, Text: urgentText(source), Reconnect: source.Status == control.SourceNeedsReconnect && definitionOf(source).OAuth}
	if source.Totals.Held == 0 {
		return one
	}
	seen := map[string]bool{}
	for _, run := range runs {
		for _, s := range run.Streams {
			if !seen[s.Stream] && s.Held > 0 {
				one.Held = s.Stream
				return one
			}
			seen[s.Stream] = true
		}
	}
	return one
}

// A sourceRow is a source in the list.
type sourceRow struct {
	control.Source
	definition
	Strip   strip
	Last    *runRow
	Until   string // the next run
	Today   int    // changes
	Missing bool   // its state is not known: it never ran
}

func (Sources) template() string { return "sources" }

// NewSources makes the list. runs returns the last runs of a source, the newest first;
// drafts are those that can be gone on with.
func NewSources(shell Shell, sources []control.Source, runs func(source string) []control.Run, filter SourceFilter, drafts []control.Draft) Sources {
	shell.Heading, shell.Section, shell.Live = "Sources", "sources", true
	page := Sources{Shell: shell, Filter: filter, All: len(sources)}
	if !shell.ReadOnly {
		page.Unfinished = unfinishedOf(drafts)
	}
	tally := map[control.SourceStatus]int{}
	for _, source := range sources {
		row := sourceRowOf(source, shell.Now)
		if source.Shadowed {
			if filter.fits(row) {
				page.Rows = append(page.Rows, row)
			}
			continue
		}
		tally[source.Status]++
		if NeedsPerson(source) {
			page.Urgent = append(page.Urgent, urgentOf(source, runs(source.Name)))
		}
		if filter.fits(row) {
			row.Strip = stripOf(runs(source.Name))
			page.Rows = append(page.Rows, row)
		}
	}
	for status, n := range tally {
		page.Tallies = append(page.Tallies, Tally{status, n})
	}
	slices.SortFunc(page.Tallies, func(a, b Tally) int { return cmp.Compare(a.Status.Words(), b.Status.Words()) })
	return page
}

func sourceRowOf(source control.Source, now time.Time) sourceRow {
	row := sourceRow{Source: source, definition: definitionOf(source), Missing: source.LastRun == nil}
	if source.LastRun != nil {
		last := rowOf(*source.LastRun, now)
		row.Last = &last
	}
	if !source.NextRun.IsZero() {
		row.Until = until(source.NextRun, now)
	}
	today := now.UTC().Format(time.DateOnly)
	for _, day := range source.Days {
		if day.Day == today {
			row.Today = changesOf(day)
		}
	}
	return row
}

func (f SourceFilter) fits(row sourceRow) bool {
	if f.Status != "" && row.Status != f.Status {
		return false
	}
	text := strings.ToLower(row.Name + "\n" + row.Description + "\n" + row.Workspace)
	return strings.Contains(text, strings.ToLower(strings.TrimSpace(f.Text)))
}

// NeedsPerson reports whether a source waits for a person.
func NeedsPerson(source control.Source) bool { return urgentText(source) != "" }

// urgentText is what a person has to know of a source at once; "" where it does not wait
// for anybody.
func urgentText(source control.Source) string {
	switch {
	case source.Shadowed:
		return ""
	case source.Status == control.SourceNeedsReconnect:
		return "needs reconnecting: " + firstSentence(source.Reason)
	case source.Totals.Held > 0:
		return "holds back " + some(source.Totals.Held, "delete") + " until a person decides"
	case source.Totals.Stuck > 0:
		return some(source.Totals.Stuck, "page") + " cannot be published"
	case source.Status == control.SourceNeedsAttention:
		return "needs attention: " + firstSentence(source.Reason)
	}
	return ""
}
