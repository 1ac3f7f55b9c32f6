package notion

import "context"

// A request is one question to Notion, however often it has to be asked.
type request struct {
	op       string // for errors: "query data source <id>"
	endpoint string // for Observe: "POST /v1/data_sources/{id}/query"
	method   string
	path     string // from the leading slash on
	body     []byte // JSON; nil for GET

	// smaller makes the request one for less, of at least so many elements; false
	// where there is no less. It is nil where an answer has no size to choose.
	smaller func(r *request, least int) (shrunk bool, err error)
}

// shrink makes the next attempt ask for less, where that is possible.
func (r *request) shrink(least int) (shrunk bool, err error) {
	if r.smaller == nil {
		return false, nil
	}
	return r.smaller(r, least)
}

// do asks until there is an answer that decode accepts, or no sense in asking
// again. All that the client sends goes through here. Its error is an *Error.
func (c *Client) do(ctx context.Context, r request, decode func(answer) error) error {
	a := asking{client: c, request: r}
	for attempts := 1; ; attempts++ {
		turn, err := c.acquire(ctx)
		if err != nil {
			return gateError(r.op, err)
		}
		fail, verdict := a.once(ctx, turn, decode)
		switch {
		case fail == nil:
			c.accepted.Store(true)
			c.good.Add(1)
			return nil
		case ctx.Err() != nil:
			return &Error{Op: r.op, Err: ctx.Err()}
		}
		fail.Attempts = attempts
		if err := a.again(ctx, fail, verdict); err != nil {
			return err
		}
	}
}

// An asking is one request from its first attempt to its last.
type asking struct {
	client  *Client
	request request

	failures  int // attempts that failed and did not lead to asking for less
	throttles int
	cuts      int
	refusal   refusal
}

// once makes one attempt, and gives its turn back in any case.
func (a *asking) once(ctx context.Context, turn *turn, decode func(answer) error) (fail *Error, verdict verdict) {
	accepted := false
	defer func() { a.client.budget.release(turn, accepted) }()
	fail, verdict = a.client.attempt(ctx, a.request, decode)
	if verdict == throttled { // before the turn is another's
		a.throttles++
		a.client.throttle(ctx, fail, a.throttles)
	}
	accepted = fail == nil
	return fail, verdict
}

// again waits until the request is worth asking again, perhaps for less. Where it
// is not, its error says why.
func (a *asking) again(ctx context.Context, fail *Error, verdict verdict) error {
	switch {
	case verdict == final || a.throttles >= maxThrottles:
		return fail
	case verdict == throttled:
		return nil // the budget does the waiting
	case verdict == refused:
		return a.client.awaitAcceptance(ctx, &a.refusal, fail)
	}
	shrunk, err := a.shrink(verdict)
	switch {
	case err != nil:
		return &Error{Op: fail.Op, Kind: ErrInvalidRequest, Err: err}
	case verdict == oversized && shrunk:
		return nil
	case verdict == oversized:
		return fail
	case verdict != cut || !shrunk:
		a.failures++
	}
	if a.failures >= maxFailures || ctx.Value(onceKey{}) != nil || fail.RetryAfter > longestPause {
		return fail
	}
	wait := max(backoff(a.failures), fail.RetryAfter)
	a.client.log.WarnContext(ctx, "Notion did not answer, will ask again", "error", fail, "wait", wait)
	if err := sleep(ctx, wait); err != nil {
		return &Error{Op: fail.Op, Err: err}
	}
	return nil
}

// shrink makes the next attempt ask for less where that may help.
func (a *asking) shrink(verdict verdict) (shrunk bool, err error) {
	switch verdict {
	case oversized:
		return a.request.shrink(1)
	case heavy:
		return a.request.shrink(minPageSize)
	case cut:
		if a.cuts++; a.cuts >= maxCuts {
			return a.request.shrink(1)
		}
	}
	return false, nil
}
