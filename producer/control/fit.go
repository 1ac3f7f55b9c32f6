package control

import (
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

const (
	// maxRun bounds the record of a run; the order of one that has not ended comes on
	// top. The frame around it, {"n":…,"run":…}, has less than entryFrame bytes.
	maxRun     = 16 << 10
	entryFrame = 64
	maxLog     = 64 << 10
)

// Fit makes a run fit into its record of the history, 16 KiB: it first cuts long
// errors and titles, to 500 characters and then to 200, and then leaves streams
// out and counts them in StreamsLeftOut, the last ones first: those that
// succeeded and changed nothing, then the others that succeeded, then the rest.
// The run that is given stays as it is.
func Fit(run Run) Run {
	const room = maxRun - entryFrame
	for _, most := range []int{500, 200} {
		if size(run) <= room {
			return run
		}
		run = withTextsOf(run, most)
	}
	if size(run) <= room {
		return run
	}
	return withStreamsIn(run, room)
}

// withTextsOf is the run with errors and titles of so many characters at most.
func withTextsOf(run Run, most int) Run {
	run.Error = cut(run.Error, most)
	streams := make([]StreamRun, len(run.Streams))
	for i, s := range run.Streams {
		s.Error, s.Title = cut(s.Error, most), cut(s.Title, most)
		streams[i] = s
	}
	run.Streams = streams
	return run
}

// withStreamsIn is the run with as many of its streams as room, in bytes, takes.
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

// The weights of what a run did for a stream: what a person looks for first is
// left out last.
const (
	troubled = iota
	changed
	quiet
)

func weigh(s StreamRun) int {
	switch {
	case s.Status != Succeeded || s.Error != "" || s.Held > 0 || s.Stuck > 0 || s.Partial > 0:
		return troubled
	case s.Published > 0 || s.Deleted > 0:
		return changed
	}
	return quiet
}

// fitLog makes a log fit into its record, 64 KiB: where it is longer, it keeps
// the lines of the first quarter of that room and of the last three.
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

// cut shortens a text to so many characters, the last of them an ellipsis.
func cut(text string, most int) string {
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

// size is how many bytes a value has as JSON; nothing of this package's types
// fails to encode.
func size(v any) int {
	text, err := json.Marshal(v, written)
	if err != nil {
		panic(err)
	}
	return len(text)
}
