package notion

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A Meter counts what a piece of work asks of Notion: put into a context with
// [WithMeter], it hears of every request that is made under it. The requests
// have to go through one [Budget], as those of one connection do. It is safe for
// concurrent use; its zero value is ready.
type Meter struct {
	requests atomic.Int64

	mu        sync.Mutex // guards what follows
	waiting   int        // requests that wait for their turn
	budget    *Budget    // they wait at
	since     time.Duration
	throttled time.Duration // of the waits that are over
}

// WithMeter makes m count what is asked under the context. Of two meters the
// inner one counts.
func WithMeter(ctx context.Context, m *Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

type meterKey struct{}

// meterOf is the meter of a context. Where there is none it is one that nobody
// reads.
func meterOf(ctx context.Context) *Meter {
	if m, ok := ctx.Value(meterKey{}).(*Meter); ok {
		return m
	}
	return new(Meter)
}

// Requests is how many requests were sent, every attempt counted.
func (m *Meter) Requests() int64 { return m.requests.Load() }

// Throttled is how long requests waited so far because Notion asked the
// connection to (429 and 529), counted once however many of them waited. Waits
// for the budget's next window do not count.
func (m *Meter) Throttled() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.throttled + m.underWay()
}

// underWay is the part of the present wait that Notion asked for.
func (m *Meter) underWay() time.Duration {
	if m.waiting == 0 {
		return 0
	}
	return m.budget.Throttled() - m.since
}

// wait says that a request waits for its turn at a budget.
func (m *Meter) wait(b *Budget) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting == 0 {
		m.budget, m.since = b, b.Throttled()
	}
	m.waiting++
}

// waited ends what wait began. The wait is over when the last request's is.
func (m *Meter) waited() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting == 1 {
		m.throttled += m.underWay()
	}
	m.waiting--
}
