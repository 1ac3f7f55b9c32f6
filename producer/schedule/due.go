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
