package producer

import (
	"slices"
	"testing"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// A run that comes in vain makes due again what it was to do, and nothing else that is
// being read.
func TestOnlyWhatWasOrderedIsDueAgain(t *testing.T) {
	known := map[string]Settings{
		"slow": {FullTable: true, Trigger: schedule.Every{Interval: 24 * time.Hour}},
		"fast": {Trigger: schedule.Every{Interval: 10 * time.Second}},
	}
	jobs := newJobs()
	slow, fast := jobKey{"slow", scanning}, jobKey{"fast", polling}
	jobs.take(slow, true)
	jobs.take(fast, true)
	if got := jobs.enter(Order{Trigger: control.BySchedule, Streams: []string{"fast"}}, known, func(string) bool { return false }); got != Occupied {
		t.Fatalf("admission %v", got)
	}
	jobs.release(slow)
	jobs.release(fast)
	if missed := jobs.Missed(); !slices.Equal(missed, []string{"fast"}) {
		t.Errorf("due again are %q", missed)
	}
}
