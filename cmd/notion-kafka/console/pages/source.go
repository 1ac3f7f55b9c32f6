package pages

import (
	"time"

	"notion-kafka/producer/control"
)

// A sourceHead is the upper part of the pages of one source.
type sourceHead struct {
	Shell
	control.Source
	definition
	Tab   string // streams, runs or settings
	Until string
	Asks  urgent // what a person has to decide
	// Streams that can be run alone.
	Choices []choice
}

// A choice is a stream in a form.
type choice struct{ Stream, Name string }

func headOf(shell Shell, source control.Source, tab string, runs []control.Run) sourceHead {
	shell.Heading, shell.Section, shell.Live = source.Name, "sources", tab != "settings"
	head := sourceHead{Shell: shell, Source: source, definition: definitionOf(source), Tab: tab, Asks: urgentOf(source, runs)}
	if !source.NextRun.IsZero() {
		head.Until = until(source.NextRun, shell.Now)
	}
	return head
}

// MayAct reports whether the page has buttons for the source.
func (h sourceHead) MayAct() bool { return !h.ReadOnly && !h.Shadowed }

// SourceStreams is the page of a source with its streams.
type SourceStreams struct {
	sourceHead
	Strip    strip
	Days     dayChart
	Budget   *budgetChart // nil: not known
	Unknown  string       // why the streams are not known; "" if they are
	Streams  []streamRow
	Left     int  // streams that are not selected
	Troubled bool // some stream has trouble
}

// A streamRow is a stream in the table of its source.
type streamRow struct {
	control.Stream
	Name  string
	State string // in words, beside the status
	Run   string // the run that reads it or that failed; ""
}

func (SourceStreams) template() string { return "source" }

// A SourceDetail is what is known of a source beside its list entry.
type SourceDetail struct {
	Runs    []control.Run // the newest first
	Streams []control.Stream
	Unknown error             // why Streams are not known; nil if they are
	Spent   *control.Spending // nil: not known
}

// NewSourceStreams makes the page.
func NewSourceStreams(shell Shell, source control.Source, detail SourceDetail) SourceStreams {
	page := SourceStreams{
		sourceHead: headOf(shell, source, "streams", detail.Runs),
		Strip:      stripOf(detail.Runs), Days: daysOf(source.Days, shell.Now), Budget: budgetOf(detail.Spent),
	}
	if detail.Unknown != nil {
		page.Unknown = detail.Unknown.Error()
		detail.Streams = streamsOfLast(source.LastRun)
	}
	for _, stream := range detail.Streams {
		row := streamRow{Stream: stream, Name: nameOf(stream.Stream, stream.Title)}
		row.State, row.Run = stateOf(stream, detail.Runs)
		if !stream.Enabled {
			page.Left++
		} else {
			page.Choices = append(page.Choices, choice{stream.Stream, row.Name})
			page.Troubled = page.Troubled || row.IsTroubled()
		}
		page.Streams = append(page.Streams, row)
	}
	return page
}

// streamsOfLast are the streams of a run, for a source whose owner does not answer.
func streamsOfLast(run *control.Run) (streams []control.Stream) {
	if run == nil {
		return nil
	}
	for _, s := range run.Streams {
		streams = append(streams, control.Stream{
			Stream: s.Stream, Title: s.Title, Topic: s.Topic, Sync: s.Sync, Enabled: true, Status: s.Status, Error: s.Error, Rows: -1, Held: s.Held, Stuck: s.Stuck, Cursor: s.Cursor,
		})
	}
	return streams
}

// IsTroubled reports whether a person should look at the stream.
func (r streamRow) IsTroubled() bool {
	return r.Enabled && (r.Error != "" || r.Held > 0 || r.Stuck > 0 || r.Health == control.SourceFailing || r.Health == control.SourceLate)
}

// stateOf says in words what a stream is doing, or what is wrong with it, and which run
// has more.
func stateOf(stream control.Stream, runs []control.Run) (state, run string) {
	for _, one := range runs {
		for _, s := range one.Streams {
			if s.Stream != stream.Stream {
				continue
			}
			if s.Status == control.Running && one.Status == control.Running {
				return progressText(s), one.ID
			}
			if stream.Error != "" && s.Error != "" {
				return firstSentence(s.Error), one.ID
			}
		}
		if run == "" && one.Status.Ended() && stream.Error == "" {
			break
		}
	}
	switch {
	case stream.Error != "":
		return firstSentence(stream.Error), ""
	case stream.Scanning != "":
		return plain(stream.Scanning), ""
	}
	return "", ""
}

// progressText is how far a read has come.
func progressText(s control.StreamRun) string {
	what := "reading"
	if s.Kind == control.FullScan && s.Snapshot > 0 {
		what = "first read"
	}
	if s.Expected > s.Read {
		return what + ": " + count(s.Read) + " of about " + count(s.Expected)
	}
	return what + ": " + some(s.Read, "row")
}

// SourceRuns is the page of a source with its runs.
type SourceRuns struct {
	sourceHead
	Sum  string
	Runs []runRow
	Kept int
}

func (SourceRuns) template() string { return "source_runs" }

// NewSourceRuns makes the page of a source's runs, the newest first.
func NewSourceRuns(shell Shell, source control.Source, runs []control.Run) SourceRuns {
	return SourceRuns{headOf(shell, source, "runs", runs), sum(runs), rowsOf(runs, shell.Now), control.HistorySize}
}

// SourceSettings is the page of a source with its definition and what changes the whole
// source.
type SourceSettings struct {
	sourceHead
	Written string // the definition, as JSON
}

func (SourceSettings) template() string { return "source_settings" }

// MayEdit reports whether the page leads to the steps that change the source: one of the
// file is changed there.
func (s SourceSettings) MayEdit() bool { return s.MayAct() && s.Origin == control.FromConsole }

// NewSourceSettings makes the page.
func NewSourceSettings(shell Shell, source control.Source) SourceSettings {
	return SourceSettings{headOf(shell, source, "settings", nil), pretty(source.Definition)}
}

// SourceDelete asks whether a source is to be deleted.
type SourceDelete struct {
	sourceHead
	Topics []string
}

func (SourceDelete) template() string { return "source_delete" }

// NewSourceDelete makes the page.
func NewSourceDelete(shell Shell, source control.Source, streams []control.Stream) SourceDelete {
	page := SourceDelete{sourceHead: headOf(shell, source, "settings", nil)}
	page.Heading = "Delete " + source.Name
	for _, stream := range streams {
		if stream.Topic != "" {
			page.Topics = append(page.Topics, stream.Topic)
		}
	}
	return page
}

// SourceAgain asks how a whole source, or one stream of it, is to be read again.
type SourceAgain struct {
	sourceHead
	Stream   string // "": all streams
	Name     string // of the stream
	Topics   []string
	Rows     int // that are read: held ones are not there
	Held     int
	Requests int // that reading again takes, as far as is known
	Minutes  string
}

func (SourceAgain) template() string { return "again" }

// rowsPerRequest is how many rows Notion answers at most to one query.
const rowsPerRequest = 100

// NewSourceAgain makes the page. limit is how many requests a minute Notion allows.
func NewSourceAgain(shell Shell, source control.Source, streams []control.Stream, stream string, limit int) SourceAgain {
	page := SourceAgain{sourceHead: headOf(shell, source, "streams", nil), Stream: stream}
	page.Live = false
	for _, one := range streams {
		if !one.Enabled || stream != "" && one.Stream != stream {
			continue
		}
		page.Name = nameOf(one.Stream, one.Title)
		rows := max(one.Rows-one.Held, 0)
		page.Rows, page.Held = page.Rows+rows, page.Held+one.Held
		page.Requests += rows/rowsPerRequest + 1
		if one.Topic != "" {
			page.Topics = append(page.Topics, one.Topic)
		}
	}
	page.Heading = "Read " + source.Name + " again"
	if stream != "" {
		page.Heading = "Read " + page.Name + " again"
	}
	if limit > 0 {
		page.Minutes = about(time.Duration(page.Requests) * time.Minute / time.Duration(limit))
	}
	return page
}
