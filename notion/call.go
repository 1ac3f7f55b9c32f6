package notion

import "context"

// A request is one request to Notion, however many attempts it takes.
type request struct {
	op       string // for errors: "querying data source <id>"
	endpoint string // for Observe: "POST /v1/data_sources/{id}/query"
	method   string
	path     string // from the leading slash on
	body     []byte // JSON; nil for GET

	// smaller reduces the request's page size, not below least. It returns false
	// where the page size is already that small. It is nil for requests without a
	// page size.
	smaller func(r *request, least int) (shrunk bool, err error)
}

// shrink reduces the page size of the next attempt, where that is possible.
func (r *request) shrink(least int) (shrunk bool, err error) {
	if r.smaller == nil {
		return false, nil
	}
	return r.smaller(r, least)
}

// do sends a request until decode accepts a response, or until a retry makes no
// sense. Every request of the client goes through do. Its error is an *Error.
func (c *Client) do(ctx context.Context, r request, decode func(answer) error) error {
	call := call{client: c, request: r}
	for attempts := 1; ; attempts++ {
		ticket, err := c.acquire(ctx)
		if err != nil {
			return gateError(r.op, err)
		}
		fail, verdict := call.once(ctx, ticket, decode)
		switch {
		case fail == nil:
			c.accepted.Store(true)
			c.good.Add(1)
			return nil
		case ctx.Err() != nil:
			return &Error{Op: r.op, Err: ctx.Err()}
		}
		fail.Attempts = attempts
		if err := call.retry(ctx, fail, verdict); err != nil {
			return err
		}
	}
}

// A call is one request from its first attempt to its last.
type call struct {
	client  *Client
	request request

	sent      string // the token of the last attempt
	failures  int    // failed attempts after which the page size was not reduced
	throttles int
	cuts      int
	refusal   refusal
}

// once makes one attempt, and always releases its ticket.
func (c *call) once(ctx context.Context, ticket *ticket, decode func(answer) error) (fail *Error, verdict verdict) {
	accepted := false
	defer func() { c.client.budget.release(ticket, accepted) }()
	token, err := c.client.tokens.Token()
	if err != nil {
		return classifyFailure(c.request.op, 0, err)
	}
	c.sent = token.AccessToken
	fail, verdict = c.client.attempt(ctx, c.request, c.sent, decode)
	if verdict == throttled { // before another request gets the ticket's place
		c.throttles++
		c.client.throttle(ctx, fail, c.throttles)
	}
	accepted = fail == nil
	return fail, verdict
}

// retry waits until the request is worth another attempt, perhaps with a smaller
// page size. Where no attempt is worth it, the error says why.
func (c *call) retry(ctx context.Context, fail *Error, verdict verdict) error {
	switch {
	case verdict == final || c.throttles >= maxThrottles:
		return fail
	case verdict == throttled:
		return nil // the budget does the waiting
	case verdict == tokenRefused:
		return c.client.tokenRefused(ctx, &c.refusal, c.sent, fail)
	}
	shrunk, err := c.shrink(verdict)
	switch {
	case err != nil:
		return &Error{Op: fail.Op, Kind: ErrInvalidRequest, Err: err}
	case verdict == oversized && shrunk:
		return nil
	case verdict == oversized:
		return fail
	case verdict != cut || !shrunk:
		c.failures++
	}
	if c.failures >= maxFailures || ctx.Value(onceKey{}) != nil || fail.RetryAfter > longestPause {
		return fail
	}
	wait := max(backoff(c.failures), fail.RetryAfter)
	c.client.log.WarnContext(ctx, "Notion did not answer, will try again", "error", fail, "wait", wait)
	if err := sleep(ctx, wait); err != nil {
		return &Error{Op: fail.Op, Err: err}
	}
	return nil
}

// shrink reduces the page size of the next attempt where that may help.
func (c *call) shrink(verdict verdict) (shrunk bool, err error) {
	switch verdict {
	case oversized:
		return c.request.shrink(1)
	case heavy:
		return c.request.shrink(minPageSize)
	case cut:
		if c.cuts++; c.cuts >= maxCuts {
			return c.request.shrink(1)
		}
	}
	return false, nil
}
