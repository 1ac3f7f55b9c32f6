package notion

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// budgetWindow is the fixed window in which Notion counts a connection's
	// requests (Notion: request-limits).
	budgetWindow = time.Minute
	// defaultRequestsPerMinute is what Free and Plus plans allow
	// (Notion: request-limits).
	defaultRequestsPerMinute = 180
	// defaultMaxConcurrency bounds the requests in flight; Notion publishes no
	// bound of its own.
	defaultMaxConcurrency = 16
	// longestPause is the longest wait that is sat out. Past it a request fails
	// instead, so that a run ends with a reason rather than hang for hours.
	longestPause = 15 * time.Minute
)

// A Budget is the gate before every request of one connection, shared by all
// that use the connection's token. It lets through a number of requests in each
// 60-second window, spent as freely as they come, and a bounded number at a
// time. When Notion asks to wait, everyone waits.
//
// Windows follow each other without gaps from the first request on, or from the
// end of the last Retry-After: that is the moment when Notion's own window
// began anew.
type Budget struct {
	limit int
	slots chan struct{} // holds one element for each request in flight

	mu          sync.Mutex // guards what follows
	windowStart time.Time  // zero before the first request
	spent       int        // requests let through since windowStart
	pausedUntil time.Time
	throttled   time.Duration
	changed     chan struct{} // closed, and replaced, when waiters must look again
}

// NewBudget returns a budget of requestsPerMinute requests in a window and
// maxConcurrency in flight. Values below 1 stand for the defaults: 180 (Free and
// Plus plans; Notion: request-limits) and 16.
func NewBudget(requestsPerMinute, maxConcurrency int) *Budget {
	if requestsPerMinute < 1 {
		requestsPerMinute = defaultRequestsPerMinute
	}
	if maxConcurrency < 1 {
		maxConcurrency = defaultMaxConcurrency
	}
	return &Budget{
		limit:   requestsPerMinute,
		slots:   make(chan struct{}, maxConcurrency),
		changed: make(chan struct{}),
	}
}

// RequestsPerMinute is the number of requests the budget lets through in a window.
func (b *Budget) RequestsPerMinute() int { return b.limit }

// Throttled is how long Notion has kept the connection waiting so far (429 and
// 529), counted once however many requests waited, and including what is still
// ahead of a wait that has begun.
func (b *Budget) Throttled() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.throttled
}

// A pauseError says that the wait Notion asked for is longer than anyone should
// sit out.
type pauseError struct{ left time.Duration }

func (e *pauseError) Error() string {
	return fmt.Sprintf("Notion asked this connection to wait another %v", e.left.Round(time.Second))
}

// acquire waits until one more request may be sent. Each success must be
// followed by a release. It fails with the context's error, or with a
// *pauseError.
func (b *Budget) acquire(ctx context.Context) error {
	select {
	case b.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		if err := ctx.Err(); err != nil {
			b.release()
			return err
		}
		wait, changed, err := b.spend(time.Now())
		if err != nil {
			b.release()
			return err
		}
		if wait == 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// release ends what acquire began: the request is no longer in flight.
func (b *Budget) release() { <-b.slots }

// spend takes one request out of the window. When there is none to take it
// says how long to wait, and which channel closes if that changes before.
func (b *Budget) spend(now time.Time) (wait time.Duration, changed <-chan struct{}, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if wait := b.pausedUntil.Sub(now); wait > 0 {
		if wait > longestPause {
			return 0, nil, &pauseError{wait}
		}
		return wait, b.changed, nil
	}
	if b.windowStart.IsZero() {
		b.windowStart = now
	}
	if past := now.Sub(b.windowStart); past >= budgetWindow {
		b.windowStart = b.windowStart.Add(past.Truncate(budgetWindow))
		b.spent = 0
	}
	if b.spent == b.limit {
		return b.windowStart.Add(budgetWindow).Sub(now), b.changed, nil
	}
	b.spent++
	return 0, nil, nil
}

// pause makes everyone wait. newWindow says that it is this connection's own
// window that was used up, so that a fresh one begins when the pause ends.
func (b *Budget) pause(wait time.Duration, newWindow bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	until, from := now.Add(wait), now
	if b.pausedUntil.After(from) {
		from = b.pausedUntil
	}
	if until.After(from) {
		b.throttled += until.Sub(from)
		b.pausedUntil = until
	}
	if newWindow {
		b.windowStart, b.spent = b.pausedUntil, 0
	}
	close(b.changed)
	b.changed = make(chan struct{})
}
