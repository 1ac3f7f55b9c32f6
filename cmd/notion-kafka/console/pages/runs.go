package pages

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"notion-kafka/producer/control"
)

// Runs is the list of the runs of all sources.
type Runs struct {
	Shell
	Filter  control.RunFilter
	Sources []string
	Runs    []runRow
	Full    bool // there may be more
}

func (Runs) template() string { return "runs" }

// NewRuns makes the list. sources are the names to choose from.
func NewRuns(shell Shell, filter control.RunFilter, sources []string, runs []control.Run) Runs {
	shell.Heading, shell.Section, shell.Live = "Runs", "runs", true
	return Runs{shell, filter, sources, rowsOf(runs, shell.Now), len(runs) >= filter.Limit}
}

// Statuses are the statuses to choose from.
func (Runs) Statuses() []control.Status {
	return []control.Status{control.Running, control.Queued, control.Succeeded, control.NeedsAttention, control.Failed, control.Cancelled}
}

// Triggers are the triggers to choose from.
func (Runs) Triggers() []control.Trigger {
	return []control.Trigger{control.BySchedule, control.ByHand, control.AtStartup}
}

// RunPage is the page of one run.
type RunPage struct {
	Shell
	control.Run
	Total    counts
	Took     string
	Verdict  string // in words, once the run has ended
	Streams  []streamOfRun
	Changed  []streamOfRun // whose columns changed
	Log      []logLine
	LogKept  bool
	LogCut   bool
	Level    string // "" or warn
	Text     string // that the shown lines have
	Failed   bool   // some stream can be run again
	Next     time.Time
	AllLines int
}

// A streamOfRun is a stream in a run.
type streamOfRun struct {
	control.StreamRun
	Name    string
	Percent int    // of the expected rows; -1: unknown
	Left    string // the time that is left, as far as it can be told
}

// A logLine is a line of a run's log.
type logLine struct {
	N                 int
	At                time.Time
	Level, Text, Rest string
	Class             string
}

func (RunPage) template() string { return "run" }

// A RunDetail is what the page of a run shows beside the run.
type RunDetail struct {
	Log         *control.Log   // nil: not kept
	Source      control.Source // empty if the source was deleted
	Limit       int            // requests a minute; 0: not known
	Level, Text string         // of the log
}

// NewRun makes the page of a run.
func NewRun(shell Shell, run control.Run, detail RunDetail) RunPage {
	shell.Section, shell.Live = "runs", !run.Status.Ended()
	shell.Heading = "Run of " + run.Source
	page := RunPage{Shell: shell, Run: run, Total: countsOf(run), Took: tookBy(run, shell.Now), Level: detail.Level, Text: detail.Text}
	for _, s := range run.Streams {
		one := streamOfRun{StreamRun: s, Name: nameOf(s.Stream, s.Title), Percent: -1}
		if s.Expected > 0 {
			one.Percent = min(100*s.Read/s.Expected, 100)
		}
		if s.Status == control.Running && s.Expected > s.Read && detail.Limit > 0 {
			one.Left = about(time.Duration((s.Expected-s.Read)/rowsPerRequest+1)*time.Minute/time.Duration(detail.Limit)) + " left"
		}
		page.Failed = page.Failed || s.Status == control.Failed
		page.Streams = append(page.Streams, one)
		if len(s.Columns) > 0 {
			page.Changed = append(page.Changed, one)
		}
	}
	page.Failed = page.Failed || run.Status == control.Failed
	if last := detail.Source.LastRun; last != nil && last.ID == run.ID {
		page.Next = detail.Source.NextRun
	}
	page.Verdict = verdict(run, page.Total, page.Took, detail.Source)
	if detail.Log != nil && detail.Log.Run == run.ID {
		page.LogKept, page.LogCut, page.AllLines = true, detail.Log.Cut, len(detail.Log.Lines)
		page.Log = logLines(detail.Log.Lines, detail.Level, detail.Text)
	}
	return page
}

// verdict is how a run ended, in one sentence; "" while it has not.
func verdict(run control.Run, c counts, took string, source control.Source) string {
	done := fmt.Sprintf("%s published, %s deleted", count(c.Published), count(c.Deleted))
	if c.Published+c.Deleted == 0 {
		done = "nothing had changed"
	}
	switch run.Status {
	case control.Succeeded:
		return fmt.Sprintf("Succeeded after %s: %s.", took, done)
	case control.NeedsAttention:
		return fmt.Sprintf("Ended after %s and needs a person: %s. Beside that, %s.", took, attention(c), done)
	case control.Failed:
		next := "Nothing is lost: the next run goes on from here."
		if source.Status == control.SourceNeedsReconnect {
			next = "Nothing is lost: it goes on when the source is connected again."
		}
		return fmt.Sprintf("Failed after %s: %s. %s", took, firstSentence(troubleOf(run)), next)
	case control.Cancelled:
		return fmt.Sprintf("Cancelled after %s. What it had published stays; a read that was under way goes on where it was.", took)
	}
	return ""
}

func attention(c counts) string {
	var what []string
	if c.Held > 0 {
		what = append(what, some(c.Held, "delete")+" held back")
	}
	if c.Stuck > 0 {
		what = append(what, some(c.Stuck, "page")+" cannot be published")
	}
	if len(what) == 0 {
		return "see below"
	}
	return strings.Join(what, ", ")
}

// MayCancel reports whether the page has the button.
func (p RunPage) MayCancel() bool { return !p.ReadOnly && !p.Status.Ended() }

// MayRunFailed reports whether the page offers to run again what failed.
func (p RunPage) MayRunFailed() bool { return !p.ReadOnly && p.Status == control.Failed && p.Failed }

// logLines are the lines of a log that have a level and a text.
func logLines(lines []string, level, text string) (shown []logLine) {
	for i, line := range lines {
		one := logLineOf(i+1, line)
		if level == "warn" && one.Class == "" || text != "" && !strings.Contains(strings.ToLower(line), strings.ToLower(text)) {
			continue
		}
		shown = append(shown, one)
	}
	return shown
}

// logLineOf reads a line of the program's own log.
func logLineOf(n int, line string) logLine {
	var fields map[string]any
	if json.Unmarshal([]byte(line), &fields) != nil {
		return logLine{N: n, Text: plain(line)}
	}
	one := logLine{N: n}
	one.Level, _ = fields["level"].(string)
	one.Text, _ = fields["msg"].(string)
	if at, ok := fields["time"].(string); ok {
		one.At, _ = time.Parse(time.RFC3339Nano, at)
	}
	var rest []string
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if key == "time" || key == "level" || key == "msg" || key == "run" || key == "source" {
			continue
		}
		rest = append(rest, key+"="+fmt.Sprint(fields[key]))
	}
	one.Text, one.Rest, one.Level = shortened(plain(one.Text), 2000), shortened(plain(strings.Join(rest, " ")), 2000), plain(one.Level)
	switch one.Level {
	case "WARN":
		one.Class = "attention"
	case "ERROR":
		one.Class = "bad"
	}
	return one
}
