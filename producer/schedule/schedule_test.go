package schedule_test

import (
	"math/rand/v2"
	"testing"
	"testing/quick"
	"time"

	"notion-kafka/producer/schedule"
)

var start = time.Date(2026, 3, 29, 0, 59, 30, 0, time.UTC)

// most is the largest jitter there can be; asked notes its bound.
func most(asked *time.Duration) func(time.Duration) time.Duration {
	return func(below time.Duration) time.Duration {
		*asked = below
		return below - 1
	}
}

func TestEvery(t *testing.T) {
	for _, c := range []struct {
		interval time.Duration
		jitter   time.Duration // the bound it is drawn below; 0: none is drawn
	}{
		{time.Second, 100 * time.Millisecond},
		{time.Minute, 6 * time.Second},
		{5 * time.Minute, 30 * time.Second},
		{5*time.Minute - 10, 30*time.Second - 1},
		{24 * time.Hour, 30 * time.Second},
		{10, 1},
		{9, 0},
		{0, 0},
	} {
		t.Run(c.interval.String(), func(t *testing.T) {
			due, ok := schedule.Every{Interval: c.interval}.Next(start)
			if want := start.Add(c.interval); !ok || !due.Equal(want) {
				t.Errorf("without jitter due %s (%t), want %s", due, ok, want)
			}
			var asked time.Duration
			due, ok = schedule.Every{Interval: c.interval, Jitter: most(&asked)}.Next(start)
			want := start.Add(c.interval)
			if c.jitter > 0 {
				want = want.Add(c.jitter - 1)
			}
			if !ok || asked != c.jitter || !due.Equal(want) {
				t.Errorf("with the most jitter (below %s) due %s (%t), want %s (below %s)", asked, due, ok, want, c.jitter)
			}
		})
	}
}

// Whatever the jitter draws, a job is never early, and late by no more than a
// tenth of its interval and 30 s.
func TestEveryIsNeverEarlyAndLittleLate(t *testing.T) {
	property := func(seconds uint32, seed uint64) bool {
		interval := time.Duration(seconds)*time.Second + time.Millisecond
		random := rand.New(rand.NewPCG(seed, 0))
		every := schedule.Every{Interval: interval, Jitter: func(below time.Duration) time.Duration { return time.Duration(random.Int64N(int64(below))) }}
		for last := range 50 {
			from := start.Add(time.Duration(last) * time.Hour)
			due, ok := every.Next(from)
			late := due.Sub(from) - interval
			if !ok || late < 0 || late >= interval/10 || late >= 30*time.Second {
				t.Logf("interval %s: late by %s (%t)", interval, late, ok)
				return false
			}
		}
		return true
	}
	if err := quick.Check(property, nil); err != nil {
		t.Error(err)
	}
}

// Spreading works only if jobs that share an interval come apart.
func TestJitterSpreads(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	every := schedule.Every{Interval: 5 * time.Minute, Jitter: func(below time.Duration) time.Duration { return time.Duration(random.Int64N(int64(below))) }}
	dues := map[time.Time]bool{}
	for range 100 {
		due, _ := every.Next(start)
		dues[due] = true
	}
	if len(dues) < 90 {
		t.Errorf("100 jobs are due at %d times", len(dues))
	}
}

// An interval is counted in time that passes, also where clocks are set.
func TestEveryCountsAcrossClockChanges(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here:", err)
	}
	last := time.Date(2026, 3, 29, 1, 30, 0, 0, berlin)
	due, _ := schedule.Every{Interval: time.Hour}.Next(last)
	if want := time.Date(2026, 3, 29, 3, 30, 0, 0, berlin); !due.Equal(want) {
		t.Errorf("due %s, want %s", due, want)
	}
}

func TestManualIsNeverDue(t *testing.T) {
	for _, last := range []time.Time{{}, start} {
		if due, ok := (schedule.Manual{}).Next(last); ok {
			t.Errorf("after %s it is due at %s", last, due)
		}
	}
}
