package main

import (
	"time"

	"notion-kafka/config"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// nextTimes is how many times of a trigger a review lists.
const nextTimes = 5

// trigger returns the trigger at a path in words, and when it is due after a time. Of a
// trigger that is wrong it says nothing.
func (r *review) trigger(path string, t config.Trigger, after time.Time) control.TriggerReview {
	result := control.TriggerReview{Next: []time.Time{}}
	zone, err := t.Location()
	if err != nil || r.problemAt(path) != "" {
		return result
	}
	result.Sentence, result.Zone = triggerSentence(t), zone.String()
	if t.Off {
		return result
	}
	due, err := trigger("", t) // without a name there is no jitter
	if err != nil {
		return control.TriggerReview{Next: []time.Time{}}
	}
	result.Next = nextOf(due, after.In(zone).Truncate(time.Second))
	return result
}

// nextOf lists the next times of a trigger.
func nextOf(due schedule.Trigger, after time.Time) []time.Time {
	times := []time.Time{}
	for len(times) < nextTimes {
		at, ok := due.Next(after)
		if !ok {
			break
		}
		times, after = append(times, at), at
	}
	return times
}

// triggerSentence returns a trigger as a sentence goes on: "every day at 06:00
// (Europe/Berlin)".
func triggerSentence(t config.Trigger) string {
	zone := t.Timezone
	if zone == "" {
		zone = "UTC"
	}
	day, weekly := t.Weekday()
	switch {
	case t.Off:
		return "never: deletes are not captured"
	case t.Manual:
		return "by hand only"
	case t.Every > 0:
		return "every " + span(t.Every)
	case t.DailyAt != "":
		return "every day at " + t.DailyAt + " (" + zone + ")"
	case weekly:
		return "every " + day.String() + " at " + t.At + " (" + zone + ")"
	}
	return cronSentence(t.Cron) + " (" + zone + ")"
}
