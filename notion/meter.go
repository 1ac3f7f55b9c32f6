package notion

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A Meter counts the requests of a piece of work: all requests with a context that
// has the meter, see [WithMeter]. The requests must share one [Budget], as those of
// one connection do. A Meter is safe for concurrent use; its zero value is ready.
type Meter struct {
	requests atomic.Int64

	mu        sync.Mutex // guards what follows
	waiting   int        // requests that wait for the budget
	budget    *Budget    // of the waiting requests
	since     time.Duration
	throttled time.Duration // of the waits that are over
}

// WithMeter makes m count the requests with the context. Of two meters only the
// inner one counts.
func WithMeter(ctx context.Context, m *Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

type meterKey struct{}

// meterOf is the meter of a context, or a new one where there is none.
func meterOf(ctx context.Context) *Meter {
	if m, ok := ctx.Value(meterKey{}).(*Meter); ok {
		return m
	}
	return new(Meter)
}

// Requests is how many requests were sent; every attempt counts.
func (m *Meter) Requests() int64 { return m.requests.Load() }

// Throttled is how long requests waited so far because Notion throttled the
// connection (429 and 529). The time counts once, however many requests waited.
// Waits for the budget's next window do not count.
func (m *Meter) Throttled() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.throttled + m.underWay()
}

// underWay is the throttled part of the present wait.
func (m *Meter) underWay() time.Duration {
	if m.waiting == 0 {
		return 0
	}
	return m.budget.Throttled() - m.since
}

// wait notes that a request begins to wait for a budget.
func (m *Meter) wait(b *Budget) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting == 0 {
		m.budget, m.since = b, b.Throttled()
	}
	m.waiting++
}

// waited ends a request's wait. The meter's wait ends with the last request's.
func (m *Meter) waited() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting == 1 {
		m.throttled += m.underWay()
	}
	m.waiting--
}
