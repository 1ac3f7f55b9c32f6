package notion

import (
	"net/http"
	"sync"
	"time"
)

// clockAgreement is how far the clocks of two answers may differ and still agree.
const clockAgreement = 5 * time.Minute

// A clock knows how far Notion's clock is ahead of ours. The next read begins at the
// time of an earlier answer, so a Date in the future would lose edits, and one in
// the past only reads some edits again. Therefore a Date is believed when it agrees
// with the known clock, or with the previous answer: then somebody has set a clock.
// Any other Date counts only where it is the earlier time: an answer out of a cache
// is as old as its Date.
type clock struct {
	mu    sync.Mutex
	known *time.Duration // nil until two answers in a row agreed
	heard *time.Duration // from the last answer; nil before the first
}

// hear learns from the Date header of an answer that just came, in whole seconds,
// and returns Notion's time. Without a Date it learns nothing and returns zero.
func (c *clock) hear(header http.Header) time.Time {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	now := time.Now().Truncate(time.Second)
	skew := date.Sub(now)
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.heard
	c.heard = &skew
	if agrees(skew, c.known) || agrees(skew, before) {
		c.known = &skew
		return date
	}
	if c.known != nil {
		now = now.Add(*c.known)
	}
	if date.Before(now) {
		return date
	}
	return now
}

func agrees(skew time.Duration, with *time.Duration) bool {
	return with != nil && (skew-*with).Abs() <= clockAgreement
}

// ClockSkew is how far Notion's clock is ahead of this machine's, accurate to about
// a second and the time an answer takes; false before the first answer.
func (c *Client) ClockSkew() (time.Duration, bool) {
	c.clock.mu.Lock()
	defer c.clock.mu.Unlock()
	switch {
	case c.clock.known != nil:
		return *c.clock.known, true
	case c.clock.heard != nil:
		return *c.clock.heard, true
	}
	return 0, false
}
