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

// A budget is the requests of one connection. Windows follow each other without a gap,
// and only a Retry-After tells a client where they begin.
type budget struct {
	phase  time.Duration // from a whole minute to the beginning of a window
	window time.Time     // beginning of the current window
	spent  int           // requests in the current window

	announced time.Time // when the last Retry-After was sent
	pause     *failure  // that answer, repeated until paused
	paused    time.Time // until then no request may be sent
}

func (w *Workspace) newBudget() *budget {
	return &budget{phase: time.Duration(w.rng.Int64N(int64(budgetWindow)))}
}

// spend counts a request and refuses it when more than limit were sent in this window or
// a Retry-After has not passed. violation describes a request that should not have been
// sent.
func (b *budget) spend(now time.Time, limit int) (refused *failure, violation string) {
	if now.Before(b.paused) {
		if now.Sub(b.announced) > inFlight {
			violation = fmt.Sprintf("a request came %s before the announced Retry-After had passed", b.paused.Sub(now).Round(time.Millisecond))
		}
		again := *b.pause
		again.retryAfter = wholeSeconds(b.paused.Sub(now))
		return &again, violation
	}
	b.roll(now)
	if b.spent++; limit < 0 || b.spent <= limit {
		return nil, ""
	}
	f := rateLimited(ReasonRequest, wholeSeconds(b.window.Add(budgetWindow).Sub(now)))
	b.announce(now, f)
	return f, ""
}

// SpendBudget simulates another program with the same token that sends this many
// requests now. They count in the token's window and are not logged.
func (w *Workspace) SpendBudget(requests int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.opts.Now()
	w.own.roll(now)
	w.own.spent += requests
}

// roll begins a new window if now is past the current one.
func (b *budget) roll(now time.Time) {
	begin := now.Add(-b.phase).Truncate(budgetWindow).Add(b.phase)
	if !begin.Equal(b.window) {
		b.window, b.spent = begin, 0
	}
}

// announce records a Retry-After that is being sent.
func (b *budget) announce(now time.Time, f *failure) {
	b.announced, b.pause = now, f
	b.paused = now.Add(time.Duration(f.retryAfter) * time.Second)
}

// wholeSeconds rounds up: Retry-After is an integer and never too violation.
func wholeSeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}
