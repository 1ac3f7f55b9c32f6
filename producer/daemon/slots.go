package daemon

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// mostRuns is how many runs of an instance read at a time. After an outage, every
	// source that missed its trigger is due at once.
	mostRuns = 64
	// longRun is how long a run keeps its slot. A first read may take hours, and a poll of
	// a few seconds must not wait for its end.
	longRun = 10 * time.Minute
)

// slots bounds how many runs read at a time. Runs get a slot in the order in which they
// came, runs by hand first.
type slots struct {
	mu      sync.Mutex
	free    int
	waiting []*waiter
}

// A waiter is a run that has no slot yet.
type waiter struct {
	source string
	byHand bool
	given  chan struct{} // closed once it has one
}

func newSlots(most int) *slots { return &slots{free: most} }

// take waits for a slot, at most until ctx ends; the run then ends by itself. The slot is
// given back by release, or after longRun.
func (s *slots) take(ctx context.Context, source string, byHand bool) (release func()) {
	w := s.queue(source, byHand)
	select {
	case <-w.given:
	case <-ctx.Done():
		if s.leave(w) {
			return func() {}
		}
	}
	give := sync.OnceFunc(s.give)
	long := time.AfterFunc(longRun, give)
	return func() { long.Stop(); give() }
}

func (s *slots) queue(source string, byHand bool) *waiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &waiter{source, byHand, make(chan struct{})}
	s.waiting = append(s.waiting, w)
	s.hand()
	return w
}

// leave removes a waiter; false where it has a slot already.
func (s *slots) leave(w *waiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.Index(s.waiting, w)
	if at >= 0 {
		s.waiting = slices.Delete(s.waiting, at, at+1)
	}
	return at >= 0
}

// give takes a slot back.
func (s *slots) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free++
	s.hand()
}

// hurry moves the waiting runs of a source ahead of the runs of triggers, because a run
// by hand waits for them.
func (s *slots) hurry(source string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.waiting {
		w.byHand = w.byHand || w.source == source
	}
}

// hand gives free slots to waiters.
func (s *slots) hand() {
	for s.free > 0 && len(s.waiting) > 0 {
		at := max(0, slices.IndexFunc(s.waiting, func(w *waiter) bool { return w.byHand }))
		s.free--
		close(s.waiting[at].given)
		s.waiting = slices.Delete(s.waiting, at, at+1)
	}
}
