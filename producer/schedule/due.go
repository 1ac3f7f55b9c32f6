package schedule

import "time"

// Due is when a job that was last started then is due; one that never was is
// due now.
func Due(trigger Trigger, last time.Time) (due time.Time, ok bool) {
	due, ok = trigger.Next(last)
	if ok && last.IsZero() {
		due = time.Now()
	}
	return due, ok
}

// chances is how many times a job is due before it is overdue. Times are counted, and no
// duration is set, because the times of a calendar differ, as over a weekend.
const chances = 3

// Overdue is when a trigger is due for the third time since a job last succeeded: if it
// has not succeeded again by then, it is late. ok is false if the trigger is not due so
// often by itself, or if the job never succeeded.
func Overdue(trigger Trigger, succeeded time.Time) (at time.Time, ok bool) {
	at, ok = succeeded, !succeeded.IsZero()
	for range chances {
		if ok {
			at, ok = trigger.Next(at)
		}
	}
	return at, ok
}
