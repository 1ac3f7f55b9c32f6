package schedule_test

import (
	"fmt"
	"testing"
	"testing/quick"
	"time"

	"notion-kafka/producer/schedule"
)

var start = time.Date(2026, 3, 29, 0, 59, 30, 0, time.UTC)

// sourceNames are names as people give them, alike but for a number.
func sourceNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("team-%d", i)
	}
	return names
}

func late(t *testing.T, e schedule.Every, lastStart time.Time) time.Duration {
	t.Helper()
	due, ok := e.Next(lastStart)
	if !ok {
		t.Fatalf("after %s it is never due", lastStart)
	}
	return due.Sub(lastStart) - e.Interval
}

func TestEvery(t *testing.T) {
	for _, c := range []struct {
		interval, below time.Duration // the jitter is below this; 0: there is none
	}{
		{time.Second, 100 * time.Millisecond},
		{time.Minute, 6 * time.Second},
		{5 * time.Minute, 30 * time.Second},
		{24 * time.Hour, 30 * time.Second},
		{10, 1},
		{9, 0},
		{0, 0},
	} {
		t.Run(c.interval.String(), func(t *testing.T) {
			if by := late(t, schedule.Every{Interval: c.interval}, start); by != 0 {
				t.Errorf("late by %s without a name", by)
			}
			var most time.Duration
			for _, name := range sourceNames(1000) {
				by := late(t, schedule.Every{Interval: c.interval, Name: name}, start)
				if by < 0 || by > max(0, c.below-1) {
					t.Errorf("%s is late by %s, want less than %s", name, by, c.below)
				}
				most = max(most, by)
			}
			if most < c.below*9/10 {
				t.Errorf("no one is later than %s, want nearly %s", most, c.below)
			}
		})
	}
}

// A job is never early. It is late by a tenth of its interval at most, and by less
// than 30 s, and always by the same.
func TestEveryIsNeverEarlyAndLittleLate(t *testing.T) {
	property := func(seconds, at uint32, name string) bool {
		every := schedule.Every{Interval: time.Duration(seconds)*time.Second + time.Millisecond, Name: name}
		from := time.Unix(int64(at), 0)
		by := late(t, every, from)
		return by == late(t, every, from) && by >= 0 && by <= every.Interval/10 && by < 30*time.Second
	}
	if err := quick.Check(property, nil); err != nil {
		t.Error(err)
	}
}

// A thousand sources that were started in one second are not due in one second.
// Sources that are due together once are not due together again and again.
func TestJitterSpreads(t *testing.T) {
	names := sourceNames(1000)
	first, second := map[int]int{}, map[[2]int]int{}
	for _, name := range names {
		every := schedule.Every{Interval: 5 * time.Minute, Name: name}
		due, _ := every.Next(start)
		again, _ := every.Next(due)
		a, b := int(due.Sub(start).Seconds()), int(again.Sub(due).Seconds())
		first[a]++
		second[[2]int{a, b}]++
	}
	for after, n := range first {
		if n > 60 { // 33 on the average
			t.Errorf("%d of 1000 are due %d s after the start", n, after)
		}
	}
	for after, n := range second {
		if n > 10 { // 1 on the average
			t.Errorf("%d of 1000 are due %d s after the start, and again %d s after that", n, after[0], after[1])
		}
	}
}

// The sweeps of a source's streams start one after the other, and are due together
// the next time.
func TestJitterKeepsTogetherWhatWasStartedTogether(t *testing.T) {
	every := schedule.Every{Interval: 24 * time.Hour, Name: "acme"}
	by := late(t, every, start)
	for _, after := range []time.Duration{time.Nanosecond, time.Second, time.Minute, time.Hour} {
		if other := late(t, every, start.Add(after)); other != by {
			t.Errorf("started %s later it is late by %s, want %s", after, other, by)
		}
	}
	if other := late(t, every, start.Add(24*time.Hour)); other == by {
		t.Errorf("the next time it is late by %s again", other)
	}
}

// An interval is counted in time that passes, also where clocks are set.
func TestEveryCountsAcrossClockChanges(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
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
