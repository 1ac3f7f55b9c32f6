// Package schedule computes when something is due. A trigger is a pure function of
// time: it keeps no clock, starts nothing, and always gives the same answer.
//
// A trigger counts from the last start alone. So a job that was missed, once or
// ten times, is due once: at a time that has passed, which means now. When it has
// started, the next time counts from that start.
package schedule

import (
	"strconv"
	"time"

	"github.com/zeebo/xxh3"
)

// A Trigger computes when a job is due again, later than its last start. ok is false
// if it never is by itself.
type Trigger interface {
	Next(lastStart time.Time) (due time.Time, ok bool)
}

// Every is due one interval after the last start, and a little later: jitter
// spreads jobs that share an interval over at most a tenth of it, and at most
// 30 s. The interval is time that passes, whatever clocks are set to.
type Every struct {
	Interval time.Duration
	// Name decides the jitter; empty: no jitter. The jitter changes once an
	// interval, so that jobs of one name that were started together are due
	// together.
	Name string
}

const maxJitter = 30 * time.Second

// Next returns the last start plus the interval and the jitter.
func (e Every) Next(lastStart time.Time) (time.Time, bool) {
	return lastStart.Add(e.Interval + e.jitter(lastStart)), true
}

// jitter is a hash: every call gives the same, in other instances too.
func (e Every) jitter(lastStart time.Time) time.Duration {
	below := min(e.Interval/10, maxJitter)
	if e.Name == "" || below <= 0 {
		return 0
	}
	draw := strconv.FormatInt(lastStart.Truncate(e.Interval).Unix(), 10) + " " + e.Name
	return time.Duration(xxh3.HashString(draw) % uint64(below)) //nolint:gosec // less than below, which is a duration
}

// Manual is never due by itself.
type Manual struct{}

// Next is never.
func (Manual) Next(time.Time) (time.Time, bool) { return time.Time{}, false }
