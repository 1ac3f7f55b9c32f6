package control

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func quietStream(i int) StreamRun {
	return StreamRun{
		Stream: fmt.Sprintf("database_248104cd-477e-80fd-b757-%012d", i), Title: "Engineering tasks", Topic: fmt.Sprint("notion.acme.engineering_tasks_", i),
		Sync: "incremental", Kind: Incremental, Status: Succeeded, Read: 100, Unchanged: 100,
	}
}

func changedStream(i int) StreamRun {
	s := quietStream(i)
	s.Published, s.Unchanged = 100, 0
	return s
}

func failedStream(i, characters int) StreamRun {
	s := quietStream(i)
	s.Status, s.Error = Failed, strings.Repeat("é", characters)
	return s
}

func runOf(streams ...StreamRun) Run {
	return Run{ID: "20260101T000000Z-0123456789ab", Source: "acme", Status: Succeeded, Streams: streams}
}

func several(n int, of func(i int) StreamRun) (streams []StreamRun) {
	for i := range n {
		streams = append(streams, of(i))
	}
	return streams
}

func TestFitLeavesOutWhatMattersLeast(t *testing.T) {
	failed := func(characters int) func(int) StreamRun {
		return func(i int) StreamRun { return failedStream(i, characters) }
	}
	long := runOf(quietStream(0))
	long.Error = strings.Repeat("x", 100_000)
	for name, test := range map[string]struct {
		run                    Run
		quiet, changed, failed string // how many are kept: none, some or all
		characters             int    // of an error that is kept; 0: none
	}{
		"a short run":             {run: runOf(quietStream(1), changedStream(2), failedStream(3, 3)), quiet: "all", changed: "all", failed: "all", characters: 3},
		"long errors, that fit":   {run: runOf(failedStream(1, 5000)), failed: "all", characters: 5000},
		"long errors":             {run: runOf(several(10, failed(5000))...), failed: "all", characters: 500},
		"many long errors":        {run: runOf(several(20, failed(5000))...), failed: "all", characters: 200},
		"very many long errors":   {run: runOf(several(100, failed(5000))...), failed: "some", characters: 200},
		"a long error of the run": {run: long, quiet: "all"},
		"many quiet streams":      {run: runOf(several(1000, quietStream)...), quiet: "some"},
		"many that changed":       {run: runOf(several(1000, changedStream)...), changed: "some"},
		"one that changed among":  {run: runOf(append(several(1000, quietStream), changedStream(1))...), quiet: "some", changed: "all"},
		"one that failed at the end": {
			run: runOf(append(several(1000, changedStream), failedStream(1, 3))...), changed: "some", failed: "all", characters: 3,
		},
		"quiet ones before many": {run: runOf(append(several(10, quietStream), several(1000, changedStream)...)...), quiet: "none", changed: "some"},
	} {
		t.Run(name, func(t *testing.T) {
			fit := Fit(test.run)
			for weight, want := range []string{troubled: test.failed, changed: test.changed, quiet: test.quiet} {
				had, has := 0, 0
				for _, s := range test.run.Streams {
					if weigh(s) == weight {
						had++
					}
				}
				for _, s := range fit.Streams {
					if weigh(s) != weight {
						continue
					}
					has++
					if n := utf8.RuneCountInString(s.Error); n != test.characters && weight == troubled {
						t.Errorf("an error has %d characters, want %d", n, test.characters)
					}
				}
				got := "some"
				switch has {
				case had:
					got = "all"
				case 0:
					got = "none"
				}
				if had > 0 && got != want {
					t.Errorf("of weight %d it keeps %d of %d, want %s", weight, has, had, want)
				}
			}
		})
	}
}

// The record of any run has at most maxRun bytes, leaves out no stream that would fit,
// and counts those that it leaves out.
func TestFitAlwaysFits(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	texts := []string{"", "x", "é", "👩‍🚀", "\x00", "\"", "\xff", "<", "a sentence of several words. "}
	text := func() string { return strings.Repeat(texts[random.IntN(len(texts))], random.IntN(400)) }
	for range 40 {
		var run Run
		run.Error, run.StreamsLeftOut = text(), random.IntN(3)
		for i := range random.IntN(120) {
			s := quietStream(i)
			s.Status = []Status{Succeeded, Failed, NeedsAttention, Cancelled, Running}[random.IntN(5)]
			s.Published = random.IntN(2) * random.IntN(1000)
			s.Error, s.Title = text(), text()
			for range random.IntN(4) * random.IntN(60) {
				s.Columns = append(s.Columns, text())
			}
			run.Streams = append(run.Streams, s)
		}
		before := size(run)
		_, value, err := Record{RunKey("acme", 1<<30), Entry{N: 1 << 30, Run: run}}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if len(value) > maxRun {
			t.Errorf("a record has %d bytes", len(value))
		}
		fit := Fit(run)
		left := len(run.Streams) - len(fit.Streams)
		if left != fit.StreamsLeftOut-run.StreamsLeftOut {
			t.Errorf("%d streams were left out, and it counts %d", left, fit.StreamsLeftOut-run.StreamsLeftOut)
		}
		if left > 0 && len(value) < maxRun*3/4 {
			t.Errorf("%d streams were left out of a record of %d bytes", left, len(value))
		}
		if before <= maxRun-entryFrame && !cmp.Equal(fit, run) {
			t.Error("a run that fits was changed")
		}
		if size(run) != before {
			t.Fatal("the run that was given was changed")
		}
	}
}

func TestLogsAreCutInTheMiddle(t *testing.T) {
	numbered := func(n, long int) (lines []string) {
		for i := range n {
			lines = append(lines, fmt.Sprintf("%d %s", i, strings.Repeat("\"", long)))
		}
		return lines
	}
	for name, test := range map[string]struct {
		lines []string
		cut   bool
	}{
		"none":          {nil, false},
		"few":           {numbered(10, 100), false},
		"many":          {numbered(5000, 30), true},
		"a few long":    {numbered(10, 6000), true},
		"one very long": {numbered(1, 100_000), true},
	} {
		t.Run(name, func(t *testing.T) {
			log := Log{Run: "20260101T000000Z-0123456789ab", Lines: test.lines}
			_, value, err := Record{LastLogKey("acme"), log}.Encode()
			if err != nil {
				t.Fatal(err)
			}
			got, err := decode[Log](value)
			if err != nil {
				t.Fatal(err)
			}
			if got.Cut != test.cut || got.Run != log.Run || len(value) > maxLog {
				t.Errorf("run %s, cut %v, %d bytes", got.Run, got.Cut, len(value))
			}
			head := 0
			for head < len(got.Lines) && got.Lines[head] == test.lines[head] {
				head++
			}
			tail := got.Lines[head:]
			if diff := cmp.Diff(test.lines[len(test.lines)-len(tail):], tail, cmpopts.EquateEmpty()); diff != "" {
				t.Error("not the first lines and the last ones: ", diff)
			}
			if name == "many" && (len(tail) < 2*head || len(tail) > 4*head || len(value) < maxLog*9/10) {
				t.Errorf("%d lines of the beginning and %d of the end, %d bytes", head, len(tail), len(value))
			}
		})
	}
}

func TestCut(t *testing.T) {
	for _, test := range []struct {
		text string
		most int
		want string
	}{
		{"", 3, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"éèêë", 4, "éèêë"},
		{"éèêëe", 4, "éèê…"},
		{"👩👩👩", 2, "👩…"},
		{"\xff\xff\xff", 2, "\xff…"},
	} {
		if got := Shortened(test.text, test.most); got != test.want {
			t.Errorf("Shortened(%q, %d) = %q, want %q", test.text, test.most, got, test.want)
		}
	}
}

// Of many changes of columns the first are kept, and the others counted.
func TestFitCountsTheColumnsThatItLeavesOut(t *testing.T) {
	for _, test := range []struct{ changes, characters, kept int }{{400, 10, 400}, {400, 100, 20}, {400, 600, 3}} {
		s := changedStream(1)
		for i := range test.changes {
			s.Columns = append(s.Columns, fmt.Sprint(i, strings.Repeat("x", test.characters)))
		}
		run := runOf(s, changedStream(2), changedStream(3))
		if test.kept == 3 {
			run.Streams = several(5, func(int) StreamRun { return s })
		}
		fit := Fit(run)
		if fit.StreamsLeftOut > 0 {
			t.Errorf("%+v: %d streams are left out", test, fit.StreamsLeftOut)
		}
		got := fit.Streams[0].Columns
		if test.kept < test.changes {
			if last := got[len(got)-1]; last != fmt.Sprintf("and %d more: the log of the run has them", test.changes-test.kept) {
				t.Errorf("%+v: it ends with %q", test, last)
			}
			got = got[:len(got)-1]
		}
		if len(got) != test.kept {
			t.Errorf("%+v: %d are kept", test, len(got))
		}
	}
}
