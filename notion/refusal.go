package notion

import (
	"context"
	"time"
)

const (
	// refusedFor is how far two refusals of a token are apart, at least, before the
	// token counts as refused: one 401 among good answers has been seen, and a
	// token that is given up takes a person.
	refusedFor = time.Minute
	// refusedAtOnce is the same for a token that was never accepted here: that is
	// most often a wrong one, and somebody waits to be told.
	refusedAtOnce = time.Second
	// maxRefusals is how often one request may be refused, whatever the answers to
	// others say of the token meanwhile.
	maxRefusals = 5
)

// A refusal is what one request knows of the 401s that it got.
type refusal struct {
	since time.Time // of the first that counts; zero before it
	after time.Duration
	good  int64 // answers that the client had got by then
	times int
}

// awaitAcceptance waits until a refused request is worth asking again. After a
// second refusal, long enough after the first, it returns the error instead. A
// good answer to another request between the two clears the first: the token was
// accepted since, so the second counts as a first.
func (c *Client) awaitAcceptance(ctx context.Context, r *refusal, fail *Error) error {
	r.times++
	now, good := time.Now(), c.good.Load()
	if r.since.IsZero() || good > r.good {
		r.since, r.good, r.after = now, good, refusedAtOnce
		if c.accepted.Load() {
			r.after = refusedFor
		}
	}
	wait := r.after - now.Sub(r.since)
	if wait <= 0 || r.times >= maxRefusals {
		c.accepted.Store(false)
		return fail
	}
	c.log.WarnContext(ctx, "Notion refused the token, will ask once more before that counts", "error", fail, "wait", wait)
	if err := sleep(ctx, wait); err != nil {
		return &Error{Op: fail.Op, Err: err}
	}
	return nil
}
