package schedule_test

import (
	"testing"
	"time"

	"notion-kafka/producer/schedule"
)

// twice is due two times after the epoch of the test, and then never.
type twice struct{ from time.Time }

func (t twice) Next(last time.Time) (time.Time, bool) {
	return last.Add(time.Hour), last.Before(t.from.Add(2 * time.Hour))
}

// A job is overdue by its trigger, not after a fixed time.
func TestOverdueIsTheThirdTimeThatATriggerIsDue(t *testing.T) {
	ended := time.Date(2026, 10, 1, 6, 10, 0, 0, time.UTC) // a Thursday
	for name, test := range map[string]struct {
		trigger schedule.Trigger
		want    string
	}{
		"every five minutes":     {schedule.Every{Interval: 5 * time.Minute}, "2026-10-01T06:25:00Z"},
		"every day":              {schedule.Every{Interval: 24 * time.Hour}, "2026-10-04T06:10:00Z"},
		"over a weekend":         {calendar(t, "0 6 * * 1-5", time.UTC), "2026-10-06T06:00:00Z"},
		"by hand":                {schedule.Manual{}, ""},
		"only twice more":        {twice{ended}, ""},
		"a night of two o'clock": {calendar(t, "30 2 * * *", zone(t, "Europe/Berlin")), "2026-10-04T00:30:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			at, ok := schedule.Overdue(test.trigger, ended)
			if got := at.UTC().Format(time.RFC3339); ok != (test.want != "") || ok && got != test.want {
				t.Errorf("overdue at %s (%t), want %q", got, ok, test.want)
			}
		})
	}
}

// What never succeeded is not overdue: nobody can say since when.
func TestWhatNeverSucceededIsNotOverdue(t *testing.T) {
	if at, ok := schedule.Overdue(schedule.Every{Interval: time.Minute}, time.Time{}); ok {
		t.Errorf("overdue at %s", at)
	}
}
