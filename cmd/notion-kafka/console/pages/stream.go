package pages

import (
	"notion-kafka/cmd/notion-kafka/console/rows"
	"notion-kafka/producer/control"
)

// StreamPage is the page of one stream.
type StreamPage struct {
	Shell
	Source control.Source
	control.Stream
	Name  string
	State string
	Run   string
	Runs  []runRow // that read the stream, with its own counts; the newest first
}

func (StreamPage) template() string { return "stream" }

// mostRunsOfStream is how many runs the page of a stream shows.
const mostRunsOfStream = 30

// NewStream makes the page of a stream. runs are those of its source, the newest first.
func NewStream(shell Shell, source control.Source, stream control.Stream, runs []control.Run) StreamPage {
	shell.Section, shell.Live = "sources", true
	page := StreamPage{Shell: shell, Source: source, Stream: stream, Name: nameOf(stream.Stream, stream.Title)}
	page.Heading = page.Name
	page.State, page.Run = stateOf(stream, runs)
	for _, run := range runs {
		if len(page.Runs) == mostRunsOfStream {
			break
		}
		for _, s := range run.Streams {
			if s.Stream == stream.Stream {
				own := run
				own.Streams, own.Error, own.Status = []control.StreamRun{s}, "", s.Status
				page.Runs = append(page.Runs, rowOf(own, shell.Now))
			}
		}
	}
	return page
}

// Link is the address of the database at Notion; "": not known.
func (p StreamPage) Link() string {
	return rows.SecureLink(p.URL)
}

// ShowsOverdue reports whether it matters when the stream is late: it is, or will be.
func (p StreamPage) ShowsOverdue() bool {
	return p.Health == control.SourceLate || p.Health == control.SourceReady && p.Overdue.After(p.Now)
}

// MayAct reports whether the page has buttons.
func (p StreamPage) MayAct() bool { return !p.ReadOnly && !p.Source.Shadowed }

// Held is the page of the deletes of a stream that wait for a person.
type Held struct {
	Shell
	control.HeldDeletes
	Name   string
	Looked int // pages that Notion was asked about
	Fates  []fateCount
	More   int  // held pages that are not listed
	Dated  bool // it is known since when some are missing
}

// A fateCount is how many of the pages that were looked at have a fate.
type fateCount struct {
	Fate  control.Fate
	Count int
}

func (Held) template() string { return "held" }

// LookAt is how many held pages a look asks Notion about.
const LookAt = 20

// NewHeld makes the page.
func NewHeld(shell Shell, held control.HeldDeletes) Held {
	shell.Section = "sources"
	page := Held{Shell: shell, HeldDeletes: held, Name: nameOf(held.Stream, held.Title), More: held.Held - len(held.Pages)}
	page.Heading = "Held deletes of " + page.Name
	counts := map[control.Fate]int{}
	for _, one := range held.Pages {
		page.Dated = page.Dated || !one.Missed.IsZero()
		if one.Fate != "" {
			page.Looked++
			counts[one.Fate]++
		}
	}
	for _, fate := range []control.Fate{control.Trashed, control.Gone, control.StillThere, control.Unknown} {
		if counts[fate] > 0 {
			page.Fates = append(page.Fates, fateCount{fate, counts[fate]})
		}
	}
	return page
}

// fateText is a fate in words.
func fateText(fate control.Fate) string {
	switch fate {
	case control.Trashed:
		return "in the trash"
	case control.Gone:
		return "gone, or not shared any more"
	case control.StillThere:
		return "still there"
	case control.Unknown:
		return "unknown"
	}
	return ""
}
