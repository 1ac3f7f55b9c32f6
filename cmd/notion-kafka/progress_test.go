package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

// A screen simulates a terminal: it executes the escape sequences that a progress uses,
// and fails the test on any other and on lines that are too long.
type screen struct {
	t              *testing.T
	columns, lines int
	text           []string // every line ever shown, from the top
	frames         int
}

var upAndErase = regexp.MustCompile(`^\r\x1b\[(\d+)A\x1b\[J`)

func (s *screen) Write(frame []byte) (int, error) {
	s.t.Helper()
	s.frames++
	rest := string(frame)
	if found := upAndErase.FindStringSubmatch(rest); found != nil {
		up, err := strconv.Atoi(found[1])
		if err != nil || up < 1 || up > len(s.text) || up >= s.lines {
			s.t.Fatalf("goes up %s of %d lines, on a terminal of %d", found[1], len(s.text), s.lines)
		}
		s.text, rest = s.text[:len(s.text)-up], rest[len(found[0]):]
	}
	if rest != "" && !strings.HasSuffix(rest, "\n") {
		s.t.Errorf("%q ends within a line", rest)
	}
	for line := range strings.Lines(rest) {
		line = strings.TrimSuffix(line, "\n")
		if width(line) >= s.columns || strings.ContainsAny(line, "\r\x1b\x07") {
			s.t.Errorf("the line %q is too long, or not for print", line)
		}
		s.text = append(s.text, line)
	}
	return len(frame), nil
}

func (s *screen) wants(lines ...string) {
	s.t.Helper()
	if diff := cmp.Diff(strings.Join(lines, "\n"), strings.Join(s.text, "\n")); diff != "" {
		s.t.Errorf("on the screen (-want +got)\n%s", diff)
	}
}

func newScreen(t *testing.T, columns, lines int) (*progress, *screen) {
	s := &screen{t: t, columns: columns, lines: lines}
	return newProgress(s, func() (int, int) { return s.columns, s.lines }), s
}

// running returns a run of a source that is under way.
func running(source string, streams ...control.StreamRun) control.Run {
	return control.Run{ID: source + "'s run", Source: source, Status: control.Running, Streams: streams}
}

func ended(run control.Run) control.Run {
	run.Status = control.Succeeded
	return run
}

func TestProgressFollowsRuns(t *testing.T) {
	p, s := newScreen(t, 100, 24)
	databases := control.StreamRun{Stream: "databases", Kind: control.FullScan, Status: control.Running}
	tasks := control.StreamRun{Stream: "database_1", Title: "Tasks", Kind: control.FullScan, Status: control.Running, Read: 400, Published: 25, Expected: 1600}
	notes := control.StreamRun{Stream: "database_2", Title: "Notes", Kind: control.Incremental, Status: control.Running, Read: 3}

	p.show(running("zebra", databases))
	s.wants("zebra  databases  scan  0 read  0 published")

	p.show(running("acme", tasks, notes))
	s.wants(
		"acme  Tasks       scan         400 read  25 published  [=======                       ]  25 %",
		"acme  Notes       incremental    3 read   0 published",
		"zebra  databases  scan           0 read   0 published",
	)

	fmt.Fprintln(p, "something happened")
	tasks.Read, notes.Status = 1700, control.Succeeded
	p.show(running("acme", tasks, notes))
	fmt.Fprint(p, "and more\nof it\n")
	s.wants(
		"something happened",
		"and more",
		"of it",
		"acme  Tasks       scan  1700 read  25 published  [==============================] 100 %",
		"zebra  databases  scan     0 read   0 published",
	)

	p.show(ended(running("acme", tasks, notes)))
	s.wants("something happened", "and more", "of it", "zebra  databases  scan  0 read  0 published")

	p.end()
	fmt.Fprintln(p, "the end")
	s.wants("something happened", "and more", "of it", "the end")
}

// An unchanged frame is not drawn again.
func TestProgressDrawsChangesOnly(t *testing.T) {
	p, s := newScreen(t, 80, 24)
	run := running("acme", control.StreamRun{Stream: "databases", Status: control.Running, Read: 1})
	p.show(run)
	p.show(run)
	p.show(running("other"))
	if s.frames != 1 {
		t.Errorf("drawn %d times, want once", s.frames)
	}
}

// Text that does not fit is cut, and lines that do not fit are counted.
func TestProgressFitsTheTerminal(t *testing.T) {
	var streams []control.StreamRun
	for i := range 9 {
		streams = append(streams, control.StreamRun{
			Stream: fmt.Sprintf("database_%d", i), Title: "プロジェクト管理データベース（社内用）🗂️", Status: control.Running, Read: i, Expected: 10,
		})
	}
	for _, columns := range []int{2, 10, 30, 60, 79, 80, 120} {
		for lines := 3; lines < 15; lines++ {
			p, s := newScreen(t, columns, lines)
			fmt.Fprintln(p, "0")
			p.show(running("acme", streams...))
			if want := min(10, lines); len(s.text) != want {
				t.Errorf("%d lines on a terminal of %d", len(s.text), lines)
			}
			fmt.Fprintln(p, "1")
			p.end()
			s.wants("0", "1")
		}
	}
	p, s := newScreen(t, 80, 5)
	p.show(running("acme", streams...))
	if got := s.text[len(s.text)-1]; got != "… and 6 more" {
		t.Errorf("the last line is %q", got)
	}
}

// A title comes from other people: it cannot control the terminal.
func TestProgressPrintsTitlesOnly(t *testing.T) {
	p, s := newScreen(t, 80, 24)
	p.show(running("acme", control.StreamRun{Title: "a\x1b[2J\nb\r\x07\u202ec", Kind: control.Sweep, Status: control.Running}))
	s.wants("acme  a [2J b   c  sweep  0 read  0 published")
}

// If stderr is not a terminal, nothing is drawn and messages are unchanged.
func TestProgressNeedsATerminal(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p := process{Err: file}
	show, end := p.watch()
	end()
	if show != nil || p.Err != file {
		t.Error("a file is taken for a terminal")
	}
}

func TestCut(t *testing.T) {
	tests := map[string]struct {
		text    string
		columns int
		want    string
	}{
		"fits":             {"Tasks", 5, "Tasks"},
		"too long":         {"Tasks", 4, "Tas…"},
		"wide":             {"管理表", 6, "管理表"},
		"wide and odd":     {"管理表", 5, "管理…"},
		"no half of it":    {"管理表", 4, "管…"},
		"marks have none":  {"u\u0308ber", 4, "u\u0308ber"},
		"none left at all": {"Tasks", 1, "…"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := cut(test.text, test.columns); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
