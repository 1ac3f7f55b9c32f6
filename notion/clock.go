package notion

import (
	"net/http"
	"sync"
	"time"
)

// clockAgreement is how far two answers may be apart about Notion's clock and
// still agree.
const clockAgreement = 5 * time.Minute

// A clock knows how far Notion's clock is ahead of ours. What is read later
// begins where an earlier answer's time was, so a Date in the future would lose
// edits, and one in the past only reads some again. Therefore a Date is believed
// when it agrees with what is known, or with the answer before: then somebody
// has set a clock. One that stands alone counts only where it is the earlier
// time: an answer out of a cache is as old as it says.
type clock struct {
	mu    sync.Mutex
	known *time.Duration // nil until two answers in a row agreed
	heard *time.Duration // by the last answer; nil before the first
}

// hear takes the Date header of an answer that just came in, in whole seconds,
// and tells Notion's time. It is zero, and nothing is learned, where the answer
// has none.
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

// ClockSkew is how far Notion's clock is ahead of this machine's, to about a
// second and the time an answer takes; false before the first answer.
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
