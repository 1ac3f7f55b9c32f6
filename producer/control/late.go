package control

import "time"

// A Success is the last run that succeeded for a stream.
type Success struct {
	Stream  string
	At      time.Time // its end
	Overdue time.Time // when the stream's trigger is due for the third time since; zero while it is paused, and where it never is
}

// lateAfter is how long after a stream is overdue it counts as late. The last success of a
// quiet source is written to the control topic once a minute, so another instance may not
// have heard of it for longer than that.
const lateAfter = 90 * time.Second

// IsLate reports whether something is late that is overdue at a time; zero: it never is.
func IsLate(overdue, now time.Time) bool {
	return !overdue.IsZero() && now.After(overdue.Add(lateAfter))
}
