package notiontest

import (
	"fmt"
	"time"
)

// budgetWindow is the window in which Notion counts requests, fixed and not sliding
// (Notion: request-limits).
const budgetWindow = time.Minute

// inFlight is how long after a Retry-After a request may still arrive that the client
// sent before it knew.
const inFlight = time.Second

// A connection is the state of one token. Windows follow each other without a gap, and
// only a Retry-After tells a client where they begin.
type connection struct {
	revoked bool
	phase   time.Duration // from a whole minute to the beginning of a window
	window  time.Time     // beginning of the current window
	spent   int           // requests in the current window

	announced time.Time // when the last Retry-After was sent
	pause     *failure  // that answer, repeated until paused
	paused    time.Time // until then no request may be sent
}

// spend counts a request and refuses it when the budget is used up or a Retry-After has
// not passed. violation describes a request that should not have been sent.
func (c *connection) spend(now time.Time, budget int) (refused *failure, violation string) {
	if now.Before(c.paused) {
		if now.Sub(c.announced) > inFlight {
			violation = fmt.Sprintf("a request came %s before the announced Retry-After had passed", c.paused.Sub(now).Round(time.Millisecond))
		}
		again := *c.pause
		again.retryAfter = wholeSeconds(c.paused.Sub(now))
		return &again, violation
	}
	c.roll(now)
	if c.spent++; budget < 0 || c.spent <= budget {
		return nil, ""
	}
	f := rateLimited(ReasonRequest, wholeSeconds(c.window.Add(budgetWindow).Sub(now)))
	c.announce(now, f)
	return f, ""
}

// SpendBudget simulates another program with the same token that sends this many
// requests now. They count in the token's window and are not logged.
func (w *Workspace) SpendBudget(requests int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	conn, now := w.conns[w.opts.Token], w.opts.Now()
	conn.roll(now)
	conn.spent += requests
}

// roll begins a new window if now is past the current one.
func (c *connection) roll(now time.Time) {
	begin := now.Add(-c.phase).Truncate(budgetWindow).Add(c.phase)
	if !begin.Equal(c.window) {
		c.window, c.spent = begin, 0
	}
}

// announce records a Retry-After that is being sent.
func (c *connection) announce(now time.Time, f *failure) {
	c.announced, c.pause = now, f
	c.paused = now.Add(time.Duration(f.retryAfter) * time.Second)
}

// wholeSeconds rounds up: Retry-After is an integer and never too violation.
func wholeSeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}
