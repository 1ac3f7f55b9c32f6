package producer

import (
	"slices"
	"testing"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
	"notion-kafka/producer/state"
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

// A job that only sees a page, in an answer that is older than the published version, does
// not make that version count as older than it is.
func TestOlderAnswerDoesNotDateAPublishedVersionBack(t *testing.T) {
	jobs := newJobs()
	scan, poll := jobKey{"tasks", scanning}, jobKey{"tasks", polling}
	jobs.take(scan, true)
	jobs.take(poll, true)
	id, at := state.PageID{1}, time.Now()
	jobs.published(poll, []change{{id: id, op: OpUpdate}}, at)
	jobs.published(scan, []change{{id: id}}, at.Add(-time.Minute))
	if !jobs.newer("tasks", id, at.Add(-time.Second)) {
		t.Error("an answer from before the published version counts as newer than it")
	}
}
