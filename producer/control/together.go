package control

import (
	"context"
	"sync"
	"time"
)

const (
	lookEvery = time.Second      // at most one look together in this time
	lookBound = 15 * time.Second // of one
)

// together is one look for all who want to have caught up. The zero value is ready.
type together struct {
	mu      sync.Mutex
	next    *look     // that has not begun, so that whoever calls may join it; nil: nobody waits for one
	looking bool      // somebody makes looks, until nobody waits for one
	began   time.Time // the last look
}

// A look is one reading of the topic up to now.
type look struct {
	done chan struct{} // closed at its end
	err  error         // once done is closed
}

// CaughtUpTogether is [Board.CaughtUp] for callers whose number is not ours to say, such
// as everybody who asks for a run that this instance does not know. All that call while
// one look is under way share the next one, and there is at most one a second: a look
// writes a record. Nobody joins one whose record may have been written before its call.
// A look is given up after 15 seconds.
func (b *Board) CaughtUpTogether(ctx context.Context) error {
	l := b.together.join(b.CaughtUp)
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// join answers with the next look, and sees to it that it is made.
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

// look makes one look after the other while there is somebody who waits for one. A look
// is no caller's, so none can cut it short for the others.
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

// due is when the next look may begin; false where nobody waits for one.
func (t *together) due() (wait time.Duration, more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looking = t.next != nil
	return time.Until(t.began.Add(lookEvery)), t.looking
}

// begin takes the look that is waited for: from now on nobody joins it.
func (t *together) begin() *look {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.next
	t.next, t.began = nil, time.Now()
	return l
}
