package control

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// endedOn is a run that ended at a time and published so much.
func endedOn(at string, status Status, s StreamRun) Run {
	end, err := time.Parse(time.RFC3339, at)
	if err != nil {
		panic(err)
	}
	return Run{Status: status, StartedAt: end.Add(-time.Hour), FinishedAt: end, Streams: []StreamRun{s, s}}
}

// A run counts on the day it ended, in UTC, whichever order the days come in.
func TestDaysSumTheRunsOfADay(t *testing.T) {
	days := Days{}
	for _, run := range []Run{
		endedOn("2026-11-29T23:59:59Z", Succeeded, StreamRun{Snapshot: 5}),
		endedOn("2026-11-30T00:00:00Z", Succeeded, StreamRun{Created: 1, Updated: 2, Deleted: 3}),
		endedOn("2026-11-30T04:00:00+05:00", Failed, StreamRun{Updated: 1}),
		endedOn("2026-12-01T08:00:00Z", Failed, StreamRun{}),
	} {
		before := fmt.Sprint(days)
		with := days.With(run)
		if after := fmt.Sprint(days); after != before {
			t.Errorf("With changed the days before it: %s", after)
		}
		days = with
	}
	want := []Day{
		{Day: "2026-11-29", Snapshot: 10, Updated: 2, Failed: 1},
		{Day: "2026-11-30", Created: 2, Updated: 4, Deleted: 6},
		{Day: "2026-12-01", Failed: 1},
	}
	if diff := cmp.Diff(want, days.Days); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Of the last day it is known which topics have what, however many runs the history has
// forgotten.
func TestDaysTellTheTopicsOfTheLastDay(t *testing.T) {
	stream := func(topic string, s StreamRun) StreamRun {
		s.Topic = topic
		return s
	}
	run := func(day int, streams ...StreamRun) Run {
		return Run{Status: Succeeded, FinishedAt: time.Date(2026, 11, day, 9, 0, 0, 0, time.UTC), Streams: streams}
	}
	days := Days{}
	for _, one := range []Run{
		run(29, stream("tasks", StreamRun{Snapshot: 5})),
		run(30, stream("tasks", StreamRun{Created: 1}), stream("quiet", StreamRun{Unchanged: 3})),
		run(29, stream("tasks", StreamRun{Updated: 100})), // ended before midnight, and is counted late
		run(30, stream("tasks", StreamRun{Updated: 2}), stream("wiki", StreamRun{Deleted: 4, Status: Failed}), StreamRun{Created: 9}),
	} {
		before := fmt.Sprint(days)
		with := days.With(one)
		if after := fmt.Sprint(days); after != before {
			t.Errorf("With changed the days before it: %s", after)
		}
		days = with
	}
	want := map[string]Day{
		"tasks": {Day: "2026-11-30", Created: 1, Updated: 2},
		"wiki":  {Day: "2026-11-30", Deleted: 4, Failed: 1},
	}
	if diff := cmp.Diff(want, days.Topics); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for day, want := range map[string]int{"2026-11-30": 1, "2026-12-01": 0} {
		if got := days.Topic("tasks", day); got.Day != day || got.Created != want {
			t.Errorf("%s: %+v", day, got)
		}
	}
}

// At most 35 days are kept, and none older than that, with runs on every day or on few.
func TestDaysKeepThirtyFive(t *testing.T) {
	often, seldom := Days{}, Days{}
	began := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for n := range 100 {
		run := Run{Status: Failed, FinishedAt: began.AddDate(0, 0, n)}
		often = often.With(run)
		if n%10 == 0 {
			seldom = seldom.With(run)
		}
	}
	if first := often.Days[0].Day; len(often.Days) != 35 || first != "2026-03-07" {
		t.Errorf("%d days from %s on", len(often.Days), first)
	}
	if first := seldom.Days[0].Day; len(seldom.Days) != 4 || first != "2026-03-02" {
		t.Errorf("%d days from %s on", len(seldom.Days), first)
	}
}

// The memory has the days that were last written; a bad record changes nothing.
func TestDaysAreRemembered(t *testing.T) {
	m := NewMemory()
	key, value, err := Record{DaysKey("acme"), Days{}.With(endedOn("2026-11-29T12:00:00Z", Succeeded, StreamRun{Created: 1}))}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Apply(key, value, time.Now()); err != nil {
		t.Fatal(err)
	}
	want := []Day{{Day: "2026-11-29", Created: 2}}
	for _, bad := range []string{`{"days":[{"day":"<script>"}]}`, `{"days":[{"day":"2026-11-29"},{"day":"2026-11-29"}]}`, `{"days":3}`, `nonsense`} {
		if err := m.Apply(key, []byte(bad), time.Now()); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	if diff := cmp.Diff(want, m.Days("acme").Days); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := m.Apply(key, nil, time.Now()); err != nil || m.Days("acme").Days != nil {
		t.Errorf("removed: %v, %v", m.Days("acme"), err)
	}
}
