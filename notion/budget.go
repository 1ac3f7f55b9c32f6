package notion

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// defaultMaxConcurrency bounds the requests in flight; Notion publishes no
	// such bound.
	defaultMaxConcurrency = 16
	// longestPause is the longest wait of a request. Where Notion asks for more, the
	// request fails, so that a run ends with a reason and does not hang for hours.
	longestPause = 15 * time.Minute
)

// A Budget is the gate before every request of one connection, shared by all
// users of the connection's token. It lets through a number of requests in each
// 60-second window, as fast as they come, and a bounded number at a time. When
// Notion throttles (429, 529), all requests wait.
//
// # The plan
//
// Notion allows 180 requests a minute on Free and Plus plans and 600 on
// Business and Enterprise (Notion: request-limits), and does not say which plan a
// connection has. Unless the limit is pinned, a Budget finds it: it begins with
// 180, and when a window is used up without a 429, it sends one request more, the
// probe. If the probe passes, the limit is 600. If it gets a 429, the limit is 180,
// and the next probe follows after an hour. A 429 for the connection's own limit,
// in a window whose beginning is known from Notion, before nearly 600 requests,
// also means 180 for an hour: the plan is the small one, or another program spends
// with the same token and needs room.
//
// # The windows
//
// Notion's windows follow each other without a gap, and so do a Budget's. Where
// they begin is unknown until a Retry-After for the connection's own limit
// (public_api_request_rate_limit) says when the next one begins. The limits of
// the whole workspace and of an endpoint have other windows
// (public_api_space_request_rate_limit, public_api_endpoint_rate_limit), and an
// overload (529) has none: all requests wait for them, but the count of the
// connection's window and the known plan do not change.
//
// # Small work before large
//
// A request of a large read waits for every other request. Large reads also leave
// a twentieth of each window to small work, until the last seconds of the window,
// when it would be lost, and one place in flight (where there is more than one).
// So a quiet poll beside a first read of a million rows is usually sent at once.
// When a dozen polls come at once, a poll waits for a place as long as a request
// takes, at most the client's RequestTimeout. Small work that needs the whole
// budget stops large work altogether.
//
// Only while the plan is unknown, in the first windows, large reads leave nothing.
type Budget struct {
	maxInFlight int

	mu          sync.Mutex // guards what follows
	allowance   allowance
	inFlight    int
	small, bulk []*ticket // waiting requests, the oldest first
	pausedUntil time.Time
	throttled   time.Duration // up to pausedUntil
	alarm       *time.Timer   // calls lookAgain when the next request may pass
	flight      time.Duration // of an answered request, on average; 0 before the first
	hour        hour
}

// A ticket admits one request.
type ticket struct {
	bulk  bool
	probe bool       // see allowance
	at    time.Time  // when it was admitted
	let   chan error // receives once: nil for admission, or why not
}

// NewBudget returns a budget of requestsPerMinute requests in a window and
// maxConcurrency requests in flight. requestsPerMinute is pinned; below 1, the
// budget finds the plan's limit. A maxConcurrency below 1 means 16.
func NewBudget(requestsPerMinute, maxConcurrency int) *Budget {
	if maxConcurrency < 1 {
		maxConcurrency = defaultMaxConcurrency
	}
	return &Budget{maxInFlight: maxConcurrency, allowance: newAllowance(requestsPerMinute)}
}

// RequestsPerMinute is the number of requests that the budget currently lets
// through in a window: 180 or 600 where it is not pinned.
func (b *Budget) RequestsPerMinute() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.allowance.limit
}

// Throttled is how long Notion has throttled the connection so far (429 and 529).
// The time counts once, however many requests waited, and also if none did.
func (b *Budget) Throttled() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.throttled - max(0, time.Until(b.pausedUntil))
}

// A pauseError reports that Notion asked for a wait longer than longestPause.
type pauseError struct{ left time.Duration }

func (e *pauseError) Error() string {
	return fmt.Sprintf("Notion asked this connection to wait another %v", e.left.Round(time.Second))
}

// acquire waits until one more request may be sent; bulk requests are part of a
// large read. The caller must release the ticket. acquire fails with the context's
// error or a *pauseError.
func (b *Budget) acquire(ctx context.Context, bulk bool) (*ticket, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := &ticket{bulk: bulk, let: make(chan error, 1)}
	b.mu.Lock()
	queue := b.queue(bulk)
	*queue = append(*queue, t)
	b.letThrough()
	b.mu.Unlock()
	select {
	case err := <-t.let:
		return t, err
	case <-ctx.Done():
		b.leave(t)
		return nil, ctx.Err()
	}
}

// release returns a ticket: its request is no longer in flight. accepted says that
// Notion answered the request.
func (b *Budget) release(t *ticket, accepted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight--
	if accepted {
		b.took(time.Since(t.at))
	}
	if t.probe {
		b.allowance.probed(accepted)
	}
	b.letThrough()
}

// leave cancels a ticket: its request no longer waits.
func (b *Budget) leave(t *ticket) {
	b.mu.Lock()
	queue := b.queue(t.bulk)
	if at := slices.Index(*queue, t); at >= 0 {
		*queue = slices.Delete(*queue, at, at+1)
		b.mu.Unlock()
		return
	}
	b.mu.Unlock()
	if <-t.let == nil { // admitted in the same moment
		b.release(t, false)
	}
}

// pause makes all requests wait, because Notion refused one. ownWindow says that the connection's own window is
// used up and the wait is until its end.
func (b *Budget) pause(wait time.Duration, ownWindow bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.hour.throttled(b.pausedUntil, now)
	b.hour.at(now).refused++
	until, from := now.Add(wait), now
	if b.pausedUntil.After(from) {
		from = b.pausedUntil
	}
	if until.After(from) {
		b.throttled += until.Sub(from)
		b.pausedUntil = until
	}
	if ownWindow {
		b.allowance.refused(now, wait)
	}
	b.letThrough()
}

// lookAgain is called by the alarm.
func (b *Budget) lookAgain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.letThrough()
}

func (b *Budget) queue(bulk bool) *[]*ticket {
	if bulk {
		return &b.bulk
	}
	return &b.small
}

// letThrough admits all requests that may be sent now, and sets the alarm for the
// next one. It is called after every change, with the lock held.
func (b *Budget) letThrough() {
	now := time.Now()
	for len(b.small)+len(b.bulk) > 0 {
		queue := b.queue(len(b.small) == 0)
		t := (*queue)[0]
		wait, err := b.admit(t, now)
		if wait > 0 {
			b.setAlarm(wait)
			return
		}
		*queue = (*queue)[1:]
		if err == nil {
			b.inFlight++
			t.at = now
		}
		t.let <- err
	}
}

// untilChange is the wait for a release or a pause, not for a time.
const untilChange = time.Duration(1<<63 - 1)

// admit takes one request out of the window for t. Otherwise it returns how long to
// wait, or an error where that would be too long.
func (b *Budget) admit(t *ticket, now time.Time) (wait time.Duration, err error) {
	if left := b.pausedUntil.Sub(now); left > longestPause {
		return 0, &pauseError{left}
	} else if left > 0 {
		return left, nil
	}
	places := b.maxInFlight
	if t.bulk && places > 1 {
		places-- // for small work: a slow large read holds its places for long
	}
	if b.inFlight >= places {
		return untilChange, nil
	}
	t.probe, wait = b.allowance.take(now, t.bulk)
	return wait, nil
}

func (b *Budget) setAlarm(wait time.Duration) {
	switch {
	case wait == untilChange:
	case b.alarm == nil:
		b.alarm = time.AfterFunc(wait, b.lookAgain)
	default:
		b.alarm.Reset(wait)
	}
}
