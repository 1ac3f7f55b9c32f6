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
	// bound of its own.
	defaultMaxConcurrency = 16
	// longestPause is the longest wait that is sat out. Past it a request fails
	// instead, so that a run ends with a reason rather than hang for hours.
	longestPause = 15 * time.Minute
)

// A Budget is the gate before every request of one connection, shared by all
// that use the connection's token. It lets through a number of requests in each
// 60-second window, spent as freely as they come, and a bounded number at a
// time. When Notion asks to wait (429, 529), everyone waits.
//
// # The plan
//
// Notion allows 180 requests a minute on Free and Plus plans and 600 on
// Business and Enterprise (Notion: request-limits), and tells nobody which.
// Unless it is pinned, a Budget finds out: it begins with 180, and when a window
// is used up without a refusal it sends one request more. If that one passes,
// there are 600; if it is refused, there are 180, and the question is put again
// in an hour. A refusal of the connection's own limit, in a window of which
// Notion itself told the beginning, before nearly 600 were sent, means 180 for
// an hour too: the plan is the small one, or somebody else spends with the same
// token and deserves room.
//
// # The windows
//
// Notion's windows follow each other without a gap, and so do a Budget's. Where
// they begin is unknown until a Retry-After for the connection's own limit
// (public_api_request_rate_limit) tells when the next one does. The limits of
// the whole workspace and of an endpoint have windows of their own
// (public_api_space_request_rate_limit, public_api_endpoint_rate_limit), and an
// overload (529) has none: everyone waits for them, and the count of the
// connection's window and the knowledge of its plan stay as they are.
//
// # Small work before large
//
// A request of a large read waits for every other one. It also leaves a
// twentieth of each window unspent for small work, until the last seconds of
// the window in which it would be lost, and one place in flight (where there is
// more than one). So a quiet poll beside a first read of a million rows goes
// through at once, as a rule; and when a dozen come at once it waits for a place
// as long as a request takes, at most the client's RequestTimeout. Small work
// that needs the whole budget stops large work altogether.
//
// Only the first windows leave nothing, where the plan is yet to be found out.
type Budget struct {
	maxInFlight int

	mu          sync.Mutex // guards what follows
	allowance   allowance
	inFlight    int
	small, bulk []*turn // who waits, the longest first
	pausedUntil time.Time
	throttled   time.Duration // until pausedUntil
	alarm       *time.Timer   // calls lookAgain when time alone lets the next one through
}

// A turn is one request's way through the gate.
type turn struct {
	bulk  bool
	probe bool       // see allowance
	let   chan error // tells once that it may go, or why it may not
}

// NewBudget returns a budget of requestsPerMinute requests in a window, which
// never changes, and maxConcurrency in flight. Below 1, the first stands for
// finding the plan's budget out and the second for 16.
func NewBudget(requestsPerMinute, maxConcurrency int) *Budget {
	if maxConcurrency < 1 {
		maxConcurrency = defaultMaxConcurrency
	}
	return &Budget{maxInFlight: maxConcurrency, allowance: newAllowance(requestsPerMinute)}
}

// RequestsPerMinute is the number of requests that the budget lets through in a
// window, as far as it knows: 180 or 600 where it is not pinned.
func (b *Budget) RequestsPerMinute() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.allowance.limit
}

// Throttled is how long Notion has kept the connection waiting so far (429 and
// 529), counted once however many requests waited, if any did.
func (b *Budget) Throttled() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.throttled - max(0, time.Until(b.pausedUntil))
}

// A pauseError says that the wait Notion asked for is longer than anyone should
// sit out.
type pauseError struct{ left time.Duration }

func (e *pauseError) Error() string {
	return fmt.Sprintf("Notion asked this connection to wait another %v", e.left.Round(time.Second))
}

// acquire waits until one more request may be sent; bulk ones are part of a
// large read. Each success must be followed by a release. It fails with the
// context's error, or with a *pauseError.
func (b *Budget) acquire(ctx context.Context, bulk bool) (*turn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := &turn{bulk: bulk, let: make(chan error, 1)}
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

// release ends what acquire began: the request is no longer in flight. accepted
// says that Notion answered it.
func (b *Budget) release(t *turn, accepted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight--
	if t.probe {
		b.allowance.probed(accepted)
	}
	b.letThrough()
}

// leave takes a turn back that nobody waits for any more.
func (b *Budget) leave(t *turn) {
	b.mu.Lock()
	queue := b.queue(t.bulk)
	if at := slices.Index(*queue, t); at >= 0 {
		*queue = slices.Delete(*queue, at, at+1)
		b.mu.Unlock()
		return
	}
	b.mu.Unlock()
	if <-t.let == nil { // let through in the same moment
		b.release(t, false)
	}
}

// pause makes everyone wait. ownWindow says that the wait is until the end of
// the connection's own window, which is used up.
func (b *Budget) pause(wait time.Duration, ownWindow bool) {
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
	if ownWindow {
		b.allowance.refused(now, wait)
	}
	b.letThrough()
}

// lookAgain is what the alarm calls.
func (b *Budget) lookAgain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.letThrough()
}

func (b *Budget) queue(bulk bool) *[]*turn {
	if bulk {
		return &b.bulk
	}
	return &b.small
}

// letThrough lets everyone through who may go now, and sets the alarm for the
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
		}
		t.let <- err
	}
}

// untilChange is the wait for something else than time: a release, or a pause.
const untilChange = time.Duration(1<<63 - 1)

// admit takes one request out of the window for t. Where it cannot, it says how
// long to wait, or that it makes no sense to.
func (b *Budget) admit(t *turn, now time.Time) (wait time.Duration, err error) {
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
