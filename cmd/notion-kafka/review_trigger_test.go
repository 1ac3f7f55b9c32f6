package main

import (
	"testing"
	"time"
	_ "time/tzdata" // the same zones wherever the tests run

	"github.com/google/go-cmp/cmp"

	"notion-kafka/config"
	"notion-kafka/producer/control"
)

// A cron line of a common shape is a sentence, and any other is said field by field.
func TestCronLinesInWords(t *testing.T) {
	for line, want := range map[string]string{
		"0 6 * * *":           "every day at 06:00",
		"30 6,18 * * *":       "every day at 06:30 and 18:30",
		"0 9-11 * * *":        "every day at 09:00, 10:00 and 11:00",
		"0 6 * * 1-5":         "at 06:00 on Monday to Friday",
		"0 6 * * MON-FRI":     "at 06:00 on Monday to Friday",
		"0 6 * * 0,6":         "at 06:00 on Sunday and Saturday",
		"0 6 * * 5-7":         "at 06:00 on Friday to Sunday",
		"0 6 * JAN,7 mon":     "at 06:00 on Monday in January and July",
		"0 6 1 * *":           "at 06:00 on day 1 of the month",
		"0 6 01,15 * *":       "at 06:00 on days 1 and 15 of the month",
		"0 6 1-7 3-5 *":       "at 06:00 on days 1 to 7 of the month in March to May",
		"0 6 13 * FRI":        "at 06:00 on day 13 of the month and also on every Friday",
		"0 6 13 * MON,FRI":    "at 06:00 on day 13 of the month and also on every Monday and every Friday",
		"* * * * *":           "every minute",
		"*/1 * * * *":         "every minute",
		"*/15 * * * *":        "every 15 minutes",
		"*/15 8-17 * * 1-5":   "every 15 minutes from 08:00 to 17:59 on Monday to Friday",
		"*/30 9 * * *":        "every 30 minutes from 09:00 to 09:59",
		"0 * * * *":           "at minute 0 past every hour",
		"5,35 * * * *":        "at minutes 5 and 35 past every hour",
		"15 */2 * * *":        "at minute 15 of every 2nd hour from 00:00 on",
		"0 8-17 * * *":        "at minute 0 past every hour from 08:00 to 17:59",
		"0 6,7,8,9,1,2,3 * *": `by the cron line "0 6,7,8,9,1,2,3 * *"`,
		"*/7 * * * *":         "at minute */7, hour *, day of the month *, month *, day of the week *",
		"0 6-18/2 * * *":      "at minute 0, hour 6-18/2, day of the month *, month *, day of the week *",
		"0 6 */2 * 1":         "at minute 0, hour 6, day of the month */2, month *, day of the week 1",
		"0 6 13 * 1-5":        "at minute 0, hour 6, day of the month 13, month *, day of the week 1-5",
		"10-20 6 * * *":       "at minute 10-20, hour 6, day of the month *, month *, day of the week *",
	} {
		if got := cronSentence(line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// A trigger is said with its zone, and its times are the clock's there when clocks are set.
func TestATriggerInWordsAndTimes(t *testing.T) {
	at := func(texts ...string) []time.Time {
		times := []time.Time{}
		for _, text := range texts {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			times = append(times, at)
		}
		return times
	}
	before := at("2026-10-24T21:17:03.5Z")[0] // clocks are set back on the 25th at 01:00 UTC
	for _, test := range []struct {
		trigger config.Trigger
		want    control.TriggerReview
	}{
		{config.Trigger{DailyAt: "02:30", Timezone: "Europe/Berlin"}, control.TriggerReview{Sentence: "every day at 02:30 (Europe/Berlin)", Zone: "Europe/Berlin",
			Next: at("2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00", "2026-10-27T02:30:00+01:00", "2026-10-28T02:30:00+01:00", "2026-10-29T02:30:00+01:00")}},
		{config.Trigger{Cron: "0 6 * * 1-5", Timezone: "America/New_York"}, control.TriggerReview{Sentence: "at 06:00 on Monday to Friday (America/New_York)", Zone: "America/New_York",
			Next: at("2026-10-26T06:00:00-04:00", "2026-10-27T06:00:00-04:00", "2026-10-28T06:00:00-04:00", "2026-10-29T06:00:00-04:00", "2026-10-30T06:00:00-04:00")}},
		{config.Trigger{WeeklyOn: "sunday", At: "06:00"}, control.TriggerReview{Sentence: "every Sunday at 06:00 (UTC)", Zone: "UTC",
			Next: at("2026-10-25T06:00:00Z", "2026-11-01T06:00:00Z", "2026-11-08T06:00:00Z", "2026-11-15T06:00:00Z", "2026-11-22T06:00:00Z")}},
		{config.Trigger{Every: 5 * time.Minute}, control.TriggerReview{Sentence: "every 5 minutes", Zone: "UTC",
			Next: at("2026-10-24T21:22:03Z", "2026-10-24T21:27:03Z", "2026-10-24T21:32:03Z", "2026-10-24T21:37:03Z", "2026-10-24T21:42:03Z")}},
		{config.Trigger{Manual: true}, control.TriggerReview{Sentence: "by hand only", Zone: "UTC", Next: at()}},
		{config.Trigger{Off: true}, control.TriggerReview{Sentence: "never: deletes are not captured", Zone: "UTC", Next: at()}},
	} {
		got := new(review).trigger("trigger", test.trigger, before)
		if diff := cmp.Diff(test.want, got, cmp.Comparer(func(a, b time.Time) bool { return a.Format(time.RFC3339Nano) == b.Format(time.RFC3339Nano) })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.trigger, diff)
		}
	}
	wrong := &review{problems: []control.SpecProblem{{Path: "trigger.cron", Message: "is wrong"}}}
	if got := wrong.trigger("trigger", config.Trigger{Every: time.Hour}, before); got.Sentence != "" || got.Next == nil || len(got.Next) > 0 {
		t.Errorf("of a wrong trigger it says %+v", got)
	}
}
