package notion

import (
	"context"
	"errors"
	"time"
)

const (
	// refusedFor is the least time between two refusals of a token before it counts as
	// refused: a single 401 among good answers has been seen, and a refused token needs
	// a person.
	refusedFor = time.Minute
	// refusedAtOnce is the same for a token that this client never saw accepted: most
	// often it is wrong, and somebody waits for the error.
	refusedAtOnce = time.Second
	// maxRefusals is how often one request may be refused, even if Notion accepts the
	// token for other requests meanwhile.
	maxRefusals = 5
)

// A refusal holds what one request knows of its 401s.
type refusal struct {
	since time.Time // of the first 401 that counts; zero before it
	after time.Duration
	good  int64 // the client's successful requests by then
	times int
}

// ErrTokenActive means that Notion refused a token and says all the same that it is active.
var ErrTokenActive = errors.New("the token is active, as Notion says")

// tokenRefused renews the refused token, where it can be renewed, and else waits until the request
// is worth another attempt. It returns an error where no attempt is worth it.
func (c *Client) tokenRefused(ctx context.Context, r *refusal, sent string, fail *Error) error {
	if c.renew == nil {
		return c.awaitAcceptance(ctx, r, fail)
	}
	err := c.renew(ctx, sent)
	switch token, is := errors.AsType[*TokenError](err); {
	case ctx.Err() != nil:
		return &Error{Op: fail.Op, Err: ctx.Err()}
	case err == nil && r.times < maxRefusals:
		r.times++
		return nil
	case is && token.Ours:
		ours, _ := classifyFailure(fail.Op, 0, token)
		ours.Attempts = fail.Attempts
		return ours
	case is:
		fail.Err = token
	case err != nil && !errors.Is(err, ErrTokenActive):
		return &Error{Op: fail.Op, Kind: ErrUnavailable, Attempts: fail.Attempts, Err: err}
	}
	return c.awaitAcceptance(ctx, r, fail)
}

// awaitAcceptance waits until a refused request is worth another attempt. After a
// second refusal, long enough after the first, it returns the error instead. Where
// another request succeeds between the two, the token was accepted since, and the
// second refusal counts as a first.
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
	c.log.WarnContext(ctx, "Notion refused the token, will try once more before it counts as refused", "error", fail, "wait", wait)
	if err := sleep(ctx, wait); err != nil {
		return &Error{Op: fail.Op, Err: err}
	}
	return nil
}
