package daemon

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// titled names a database by its title.
func titled(title string) string {
	if strings.TrimSpace(title) == "" {
		return "an untitled database"
	}
	return "database " + strconv.Quote(control.Shortened(title, longestName))
}

// said ends a reason as a sentence.
func said(reason string) string {
	reason = strings.TrimSpace(reason)
	if strings.HasSuffix(reason, ".") {
		return reason
	}
	return reason + "."
}

// says sets a place's answer and its text, a sentence each.
func (at *spot) says(answer control.FindAnswer, sentences ...string) {
	at.place.Answer = answer
	var said []string
	for _, one := range sentences {
		if one != "" {
			said = append(said, one)
		}
	}
	at.place.Text = strings.Join(said, " ")
}

func (at *spot) topic() string { return "Topic " + at.stream.Topic }

func (at *spot) trigger(flags string) string {
	return fmt.Sprintf("`notion-kafka trigger %s%s`", at.task.Name, flags)
}

// A cause is why a stream is not read, and what a person does about it.
type cause struct{ text, advice string }

// blocked is why the stream is not read; empty if it is.
func (at *spot) blocked() cause {
	name := at.task.Name
	switch refused := at.refusedNow(); {
	case at.task.Paused():
		return cause{fmt.Sprintf("source %s is paused", name), fmt.Sprintf("`notion-kafka resume %s` lets it run again", name)}
	case refused != "":
		return cause{refused, fmt.Sprintf("Reconnect source %s on its page, or replace its token", name)}
	case at.stream.Status == control.Failed && at.stream.Error != "":
		return cause{"its last read failed: " + at.stream.Error, at.again()}
	case at.stream.Status == control.NeedsAttention && at.stream.Error != "" && at.stream.Held+at.stream.Stuck == 0:
		return cause{at.stream.Error, at.again()}
	}
	if failed := at.failedWhole(); failed != "" {
		return cause{"the last run of the source failed: " + failed, at.again()}
	}
	return cause{}
}

// failedWhole is the error of the source's last run, if that could not begin with its
// streams.
func (at *spot) failedWhole() (reason string) {
	if at.d.opts.Control == nil {
		return ""
	}
	at.d.opts.Control.View(func(m *control.Memory) {
		if last, some := m.LastRun(at.task.Name); some && last.Run.Status == control.Failed {
			reason = last.Run.Error
		}
	})
	return reason
}

// again is when the stream is read next.
func (at *spot) again() string {
	switch next := at.stream.NextRun; {
	case at.stream.Health == control.SourceRunning:
		return "A run is reading the stream now"
	case next.IsZero():
		return fmt.Sprintf("No trigger starts a run: %s does", at.trigger(""))
	case next.Before(time.Now()):
		return "The next run is about to begin"
	default:
		return "The next run is due at " + control.Stamp(next)
	}
}

// toSelect says how a stream is selected.
func (s *seeker) toSelect(stream string) string {
	if s.d.fromFile(s.task.Name) {
		return fmt.Sprintf("To select it, write `- match: %s` under streams: of source %s in the configuration file, before any rule that leaves it out.", stream, s.task.Name)
	}
	return fmt.Sprintf("To select it, change the streams of source %s: in the console under its settings, or with `notion-kafka sources edit %s`.", s.task.Name, s.task.Name)
}

// next says when the stream is read next, and what is in the way.
func (at *spot) next() string {
	if why := at.blocked(); why.text != "" {
		return fmt.Sprintf("The stream is not being read: %s %s.", said(why.text), why.advice)
	}
	return at.again() + "."
}

// nextScan says when something is found that only a scan finds.
func (at *spot) nextScan() string {
	settings, _ := at.task.Select(at.stream.Stream, producer.DatabaseOf(at.stream.Stream), at.stream.Title)
	full := at.trigger(" --full")
	switch why := at.blocked(); {
	case why.text != "":
		return fmt.Sprintf("No scan finds that, because the stream is not being read: %s %s.", said(why.text), why.advice)
	case settings.FullTable:
		return "The next run finds that. " + at.again() + "."
	case settings.Sweep == nil:
		return fmt.Sprintf("The stream has no sweep, so only %s finds that.", full)
	}
	return fmt.Sprintf("The next sweep finds that, or %s at once.", full)
}
