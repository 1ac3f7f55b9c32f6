package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/term"

	"notion-kafka/producer/control"
)

// A progress shows the streams that are being read in the last lines of a terminal, one
// line each. Text written to it scrolls by above them at once: libraries that draw such
// lines buffer the text until their next frame, and a program that is killed loses it.
type progress struct {
	out  io.Writer
	size func() (columns, lines int) // of the terminal

	mu    sync.Mutex
	runs  map[string]control.Run // under way, by id
	drawn []string               // the lines on the screen
}

func newProgress(out io.Writer, size func() (columns, lines int)) *progress {
	return &progress{out: out, size: size, runs: map[string]control.Run{}}
}

// watch begins to show runs if Err is a terminal; else show is nil. Until end is called,
// text written to Err scrolls by above them.
func (p *process) watch() (show func(control.Run), end func()) {
	terminal, ok := p.terminal()
	if !ok {
		return nil, func() {}
	}
	to, spare := p.onScreen(terminal), 0
	if _, replaced := to.(asciiMarks); replaced {
		spare = 4 // a line has two … at most, which are two characters longer in ASCII
	}
	lines := newProgress(to, func() (columns, lines int) {
		columns, lines, err := term.GetSize(int(terminal.Fd()))
		if err != nil || columns <= 0 || lines <= 0 {
			columns, lines = 80, 24
		}
		return max(columns-spare, 1), lines
	})
	p.Err = shown{lines}
	return lines.show, lines.end
}

// terminal returns the terminal that Err writes to, if it is one.
func (p *process) terminal() (*os.File, bool) {
	return terminalOf(p.Err)
}

// show displays a run as it is now, and removes a run that has ended.
func (s *progress) show(run control.Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if run.Status.Ended() {
		delete(s.runs, run.ID)
	} else {
		s.runs[run.ID] = run
	}
	if lines := s.lines(); !slices.Equal(lines, s.drawn) {
		_ = s.draw(nil, lines) // a lost frame loses no data
	}
}

// end removes the lines. From now on text is written straight through.
func (s *progress) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs = map[string]control.Run{}
	_ = s.draw(nil, nil)
}

// Write implements io.Writer for whole lines.
func (s *progress) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.draw(text, s.drawn); err != nil {
		return 0, err
	}
	return len(text), nil
}

// draw replaces the lines on the screen with text and new lines below it, in one
// write, so that nobody sees the screen between the two.
func (s *progress) draw(text []byte, lines []string) error {
	var frame bytes.Buffer
	if n := len(s.drawn); n > 0 {
		fmt.Fprintf(&frame, "\r\x1b[%dA\x1b[J", n) // up to the first line, and all below erased (ECMA-48: CUU, ED)
	}
	frame.Write(text)
	for _, line := range lines {
		frame.WriteString(line + "\n")
	}
	s.drawn = lines
	if frame.Len() == 0 {
		return nil
	}
	_, err := s.out.Write(frame.Bytes())
	return err
}

// lines returns a line for each stream under way, by source, leaving the terminal at
// least one line to write in.
func (s *progress) lines() []string {
	runs := slices.SortedFunc(maps.Values(s.runs), func(a, b control.Run) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
	})
	var all []reading
	for _, run := range runs {
		for _, stream := range run.Streams {
			if stream.Status == control.Running {
				all = append(all, reading{run.Source, stream})
			}
		}
	}
	columns, room := s.size()
	room = max(room-1, 1)
	if len(all) <= room {
		return table(all, columns)
	}
	shown := table(all[:room-1], columns)
	return append(shown, cut(fmt.Sprintf("… and %d more", len(all)-len(shown)), columns-1))
}

// A reading is a stream that is being read.
type reading struct {
	source string
	control.StreamRun
}

const (
	widestTitle = 40 // columns
	widestBar   = 30 // columns, its brackets left out
)

// table returns a line for each stream, narrower than the terminal: a full line makes
// some terminals begin another.
func table(streams []reading, columns int) []string {
	var names, kinds, read, published []string
	for _, s := range streams {
		names = append(names, cut(s.source+"  "+cmp.Or(s.Title, s.Stream), widestTitle))
		kinds = append(kinds, string(s.Kind))
		read = append(read, fmt.Sprintf("%d read", s.Read))
		published = append(published, fmt.Sprintf("%d published", s.Published))
	}
	names, kinds, read, published = alignLeft(names), alignLeft(kinds), alignRight(read), alignRight(published)
	var lines []string
	for i, s := range streams {
		line := strings.Join([]string{names[i], kinds[i], read[i], published[i]}, "  ")
		line += bar(s.Read, s.Expected, columns-1-width(line))
		lines = append(lines, cut(line, columns-1))
	}
	return lines
}

// bar draws the share of the expected rows that was read, in at most so many columns;
// "" if that is unknown or there is no room.
func bar(read, expected, columns int) string {
	const around = len("  [] 100 %")
	inside := min(columns-around, widestBar)
	if expected <= 0 || inside < 5 {
		return ""
	}
	part := min(float64(read)/float64(expected), 1) // there may be more rows than before
	done := int(part * float64(inside))
	return fmt.Sprintf("  [%s%s] %3d %%", strings.Repeat("=", done), strings.Repeat(" ", inside-done), int(part*100))
}
