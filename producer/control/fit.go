package control

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

const (
	// maxRun bounds the record of a run, without the order of one that has not ended.
	// The frame around the run, {"n":…,"run":…}, has less than entryFrame bytes.
	maxRun     = 16 << 10
	entryFrame = 64
	maxLog     = 64 << 10
)

// Fit shortens a run so that its record of the history has at most 16 KiB. It first
// cuts texts to 500 characters and a stream's columns to 20, then to 200 and 3. If that is
// not enough it leaves streams out, from the end of the list, and counts them in StreamsLeftOut:
// first those that succeeded and changed nothing, then the others that succeeded,
// then the rest. The given run is not changed.
func Fit(run Run) Run {
	const room = maxRun - entryFrame
	whole := run
	for _, most := range []struct{ characters, columns int }{{500, 20}, {200, 3}} {
		if size(run) <= room {
			return run
		}
		run = withTextsOf(whole, most.characters, most.columns)
	}
	if size(run) <= room {
		return run
	}
	return withStreamsIn(run, room)
}

// withTextsOf returns the run with its texts cut to most characters, and of the changes of
// columns the first few.
func withTextsOf(run Run, most, columns int) Run {
	run.Error = Shortened(run.Error, most)
	streams := make([]StreamRun, len(run.Streams))
	for i, s := range run.Streams {
		s.Error, s.Title = Shortened(s.Error, most), Shortened(s.Title, most)
		s.Columns = firstOf(s.Columns, columns, most)
		streams[i] = s
	}
	run.Streams = streams
	return run
}

// firstOf returns the first texts, each cut to so many characters, and how many more there
// are.
func firstOf(texts []string, most, characters int) (first []string) {
	for i, text := range texts {
		if i == most {
			return append(first, fmt.Sprintf("and %d more: the log of the run has them", len(texts)-most))
		}
		first = append(first, Shortened(text, characters))
	}
	return first
}

// withStreamsIn returns the run with as many of its streams as fit into room bytes.
func withStreamsIn(run Run, room int) Run {
	all := run.Streams
	run.Streams, run.StreamsLeftOut = []StreamRun{}, run.StreamsLeftOut+len(all)
	room -= size(run)
	keep := make([]bool, len(all))
	for weight := range quiet + 1 {
		for i, s := range all {
			if weigh(s) != weight {
				continue
			}
			if room -= size(s) + len(","); room < 0 {
				return chosen(run, all, keep)
			}
			keep[i] = true
		}
	}
	return chosen(run, all, keep)
}

func chosen(run Run, all []StreamRun, keep []bool) Run {
	for i, s := range all {
		if keep[i] {
			run.Streams = append(run.Streams, s)
			run.StreamsLeftOut--
		}
	}
	return run
}

// The weights of a stream in a run. A person looks for the troubled ones first, so
// these are left out last.
const (
	troubled = iota
	changed
	quiet
)

func weigh(s StreamRun) int {
	switch {
	case s.Status != Succeeded || s.Error != "" || s.Held > 0 || s.Stuck > 0 || s.Partial > 0:
		return troubled
	case s.Published > 0 || s.Deleted > 0 || len(s.Columns) > 0:
		return changed
	}
	return quiet
}

// fitLog shortens a log to its record of 64 KiB. Of a longer log it keeps the first
// lines that fit into a quarter of that, and the last lines that fit into the rest.
func fitLog(log Log) Log {
	room := maxLog - size(Log{Run: log.Run, Cut: true})
	total := 0
	for _, line := range log.Lines {
		total += size(line) + len(",")
	}
	if total <= room {
		return log
	}
	head := 0
	for left := room / 4; head < len(log.Lines); head++ {
		if left -= size(log.Lines[head]) + len(","); left < 0 {
			break
		}
	}
	tail := len(log.Lines)
	for left := room * 3 / 4; tail > head; tail-- {
		if left -= size(log.Lines[tail-1]) + len(","); left < 0 {
			break
		}
	}
	lines := make([]string, 0, head+len(log.Lines)-tail)
	lines = append(append(lines, log.Lines[:head]...), log.Lines[tail:]...)
	return Log{Run: log.Run, Lines: lines, Cut: true}
}

// Stamp is a time as texts for people have it, in UTC.
func Stamp(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// Shortened is a text cut to most characters, the last of them an ellipsis.
func Shortened(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	n := 0
	for at := range text {
		if n++; n == most {
			return text[:at] + "…"
		}
	}
	return text
}

// size is the length of a value as JSON, in bytes. The types of this package always
// encode.
func size(v any) int {
	text, err := json.Marshal(v, written)
	if err != nil {
		panic(err)
	}
	return len(text)
}
