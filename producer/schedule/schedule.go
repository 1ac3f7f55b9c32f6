// Package schedule says when something is due. A trigger is a pure function of
// time: it keeps no clock and starts nothing.
package schedule

import "time"

// A Trigger answers when a job that was last started at some time is due
// again. ok is false where it never is by itself.
type Trigger interface {
	Next(lastStart time.Time) (due time.Time, ok bool)
}

// Every is due one interval after the last start, and a little later: Jitter
// spreads jobs that share an interval over at most a tenth of it, and at most
// 30 s.
type Every struct {
	Interval time.Duration
	Jitter   func(below time.Duration) time.Duration // nil: none
}

const maxJitter = 30 * time.Second

// Next is the last start, the interval and the jitter added up.
func (e Every) Next(lastStart time.Time) (time.Time, bool) {
	due := lastStart.Add(e.Interval)
	if below := min(e.Interval/10, maxJitter); e.Jitter != nil && below > 0 {
		due = due.Add(e.Jitter(below))
	}
	return due, true
}

// Manual is never due by itself.
type Manual struct{}

// Next is never.
func (Manual) Next(time.Time) (time.Time, bool) { return time.Time{}, false }
