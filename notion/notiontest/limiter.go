package notiontest

import (
	"fmt"
	"time"
)

// budgetWindow is Notion's window of counting requests, fixed and not sliding
// (Notion: request-limits).
const budgetWindow = time.Minute

// inFlight is how long after a Retry-After was announced a request may still
// arrive that its client had sent before it could know.
const inFlight = time.Second

// A connection is what the workspace keeps of one token. Windows follow each
// other without a gap, and where they begin a client can only learn from a
// Retry-After.
type connection struct {
	revoked bool
	phase   time.Duration // of the windows' beginning after a whole minute
	window  time.Time     // beginning of the window that spent counts in
	spent   int

	announced time.Time // when the last Retry-After was sent
	pause     *failure  // that answer, repeated until paused
	paused    time.Time // until then nothing may be sent
}

// spend counts a request and refuses it when the budget is used up or a
// Retry-After has not passed. early describes a request that should not have
// been sent.
func (c *connection) spend(now time.Time, budget int) (refused *failure, early string) {
	if now.Before(c.paused) {
		if now.Sub(c.announced) > inFlight {
			early = fmt.Sprintf("a request came %s before the announced Retry-After had passed", c.paused.Sub(now).Round(time.Millisecond))
		}
		again := *c.pause
		again.retryAfter = wholeSeconds(c.paused.Sub(now))
		return &again, early
	}
	c.roll(now)
	if c.spent++; budget < 0 || c.spent <= budget {
		return nil, ""
	}
	f := rateLimited(ReasonRequest, wholeSeconds(c.window.Add(budgetWindow).Sub(now)))
	c.announce(now, f)
	return f, ""
}

// SpendBudget is somebody else with the same token, who sends that many requests
// now. They count in the token's window and show nowhere else.
func (w *Workspace) SpendBudget(requests int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	conn, now := w.conns[w.opts.Token], w.opts.Now()
	conn.roll(now)
	conn.spent += requests
}

// roll begins the window that now is in.
func (c *connection) roll(now time.Time) {
	begin := now.Add(-c.phase).Truncate(budgetWindow).Add(c.phase)
	if !begin.Equal(c.window) {
		c.window, c.spent = begin, 0
	}
}

// announce remembers a Retry-After that is being sent.
func (c *connection) announce(now time.Time, f *failure) {
	c.announced, c.pause = now, f
	c.paused = now.Add(time.Duration(f.retryAfter) * time.Second)
}

// wholeSeconds rounds up: Retry-After is an integer and never too early.
func wholeSeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}
