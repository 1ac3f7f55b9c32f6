package control

import (
	"context"
	"sync"
	"time"
)

const (
	lookEvery = time.Second      // from the start of one look to the start of the next
	lookBound = 15 * time.Second // of one look
)

// together lets many callers of CaughtUp share one look. The zero value is ready.
type together struct {
	mu      sync.Mutex
	next    *look     // has not begun, so callers may still join it; nil while nobody waits
	looking bool      // a goroutine makes looks, until nobody waits for one
	began   time.Time // when the last look began
}

// A look is one reading of the topic up to now.
type look struct {
	done chan struct{} // closed at its end
	err  error         // once done is closed
}

// CaughtUpTogether is [Client.CaughtUp] for any number of callers, such as requests for
// runs that this instance does not know. A look writes a record, so there is at most one
// a second, and all calls during one look share the next. A call never joins a look that
// has begun, because its record may have been written before the call. A look is given
// up after 15 seconds.
func (c *Client) CaughtUpTogether(ctx context.Context) error {
	l := c.together.join(c.CaughtUp)
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// join returns the next look, and starts the goroutine that makes it where there is none.
func (t *together) join(lookUp func(context.Context) error) *look {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next == nil {
		t.next = &look{done: make(chan struct{})}
	}
	if !t.looking {
		t.looking = true
		go t.look(lookUp)
	}
	return t.next
}

// look makes one look after the other while a caller waits for one. Its looks do not
// depend on a caller's context, so no caller can cut one short for the others.
func (t *together) look(lookUp func(context.Context) error) {
	for wait, more := t.due(); more; wait, more = t.due() {
		time.Sleep(wait)
		l := t.begin()
		ctx, cancel := context.WithTimeout(context.Background(), lookBound)
		l.err = lookUp(ctx)
		cancel()
		close(l.done)
	}
}

// due is the wait until the next look may begin; false where no caller waits for one.
func (t *together) due() (wait time.Duration, more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looking = t.next != nil
	return time.Until(t.began.Add(lookEvery)), t.looking
}

// begin takes the next look; no caller can join it any more.
func (t *together) begin() *look {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.next
	t.next, t.began = nil, time.Now()
	return l
}
