package notion

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
)

const (
	// apiVersion selects Notion's behaviour; every request sends it
	// (Notion: versioning).
	apiVersion = "2026-03-11"
	// maxBody bounds a response, in bytes after decompression.
	maxBody = 64 << 20
	// maxFailures is how often one request may fail, throttling aside, before its
	// error is returned.
	maxFailures = 5
	// maxCuts is how often a response may be cut off before the page size is halved:
	// a proxy on the way may pass on no larger response.
	maxCuts = 3
	// maxThrottles is how often one request may be throttled. Each time it waits as
	// long as Notion asked.
	maxThrottles = 20
	// shortestBackoff and longestBackoff bound the wait before a retry.
	shortestBackoff = time.Second
	longestBackoff  = 30 * time.Second
	// longestRetryAfter is the longest Retry-After that counts as Notion's; a longer
	// one is cut. Notion's limits are of minutes (Notion: request-limits), and a
	// broken proxy's Retry-After would stop the connection until a restart.
	longestRetryAfter = time.Hour
	// slowFailure is how long an attempt takes to fail, at least, before its page
	// size counts as too large. Notion gives up after 60 seconds, with a 503 that
	// need not say why (Notion: status-codes).
	slowFailure = 55 * time.Second
)

// Options configure a Client. Only Tokens is required.
type Options struct {
	// BaseURL is the API's address; empty means https://api.notion.com. Plain http
	// is accepted for loopback addresses only.
	BaseURL string
	// Tokens returns the access token for each request: oauth2.StaticTokenSource
	// for the plain token of an internal connection.
	Tokens oauth2.TokenSource
	// Renew, where set, is called when Notion has refused a token of Tokens (401). It returns nil
	// once Tokens has another one, with which the request is repeated; ErrTokenActive if the
	// refusal is an error of Notion's; a *TokenError if nothing but a person can help; else why
	// it could not find out, which says nothing about the token.
	Renew func(ctx context.Context, refused string) error
	// CAFile names a PEM file of certificates to trust in addition to the system's.
	// It is read again when it changes; while it is unusable, its last certificates
	// stay trusted.
	CAFile string
	// RequestTimeout bounds one attempt, the response's body included; 0 means 75
	// seconds. Notion gives up after 60 (Notion: status-codes).
	RequestTimeout time.Duration
	// Budget is the connection's request budget, shared by all clients of the
	// connection; nil means a new one of MaxConcurrency that finds the plan.
	Budget *Budget
	// Room bounds the memory for responses, shared by all clients of the process; nil
	// means a new one.
	Room *Room
	// MaxConcurrency bounds the requests in flight where Budget is nil; 0 means 16.
	MaxConcurrency int
	// UserAgent is sent with every request; empty means "notion-kafka".
	UserAgent string
	// Logger logs every attempt (debug) and every wait (warn); nil is silent.
	Logger *slog.Logger
	// Transport carries the requests, instead of one made from CAFile.
	Transport http.RoundTripper
	// Observe, where set, is called after every attempt with the endpoint, such
	// as "POST /v1/search", and the HTTP status, 0 where no response came. It may
	// be called from several goroutines at once.
	Observe func(endpoint string, code int)
}

// A Client reads from Notion for one connection. It is safe for concurrent use.
type Client struct {
	baseURL   string
	http      *http.Client
	tokens    oauth2.TokenSource
	renew     func(ctx context.Context, refused string) error
	timeout   time.Duration
	budget    *Budget
	room      *Room
	userAgent string
	log       *slog.Logger
	observe   func(endpoint string, code int)
	clock     clock
	accepted  atomic.Bool  // whether Notion accepted the token last
	good      atomic.Int64 // successful requests so far
}

// NewClient returns a client, or an error that names the wrong option. It sends no
// request.
func NewClient(o Options) (*Client, error) {
	base, err := parseBaseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if o.Tokens == nil {
		return nil, errors.New("notion: no token source")
	}
	if o.RequestTimeout <= 0 {
		o.RequestTimeout = 75 * time.Second
	}
	if o.Budget == nil {
		o.Budget = NewBudget(0, o.MaxConcurrency)
	}
	if o.Room == nil {
		o.Room = NewRoom()
	}
	if o.UserAgent == "" {
		o.UserAgent = "notion-kafka"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Observe == nil {
		o.Observe = func(string, int) {}
	}
	if o.Transport == nil {
		if o.Transport, err = newRoundTripper(o.CAFile, o.Budget.maxInFlight, o.Logger); err != nil {
			return nil, err
		}
	}
	return &Client{
		baseURL: base,
		http: &http.Client{
			Transport: o.Transport,
			// A redirect would send the token to another address.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		tokens:    usableTokens{o.Tokens},
		renew:     o.Renew,
		timeout:   o.RequestTimeout,
		budget:    o.Budget,
		room:      o.Room,
		userAgent: o.UserAgent,
		log:       o.Logger,
		observe:   o.Observe,
	}, nil
}

// Budget is the request budget that the client spends.
func (c *Client) Budget() *Budget { return c.budget }

// Bulk makes requests with this context part of a large read, which waits for all
// other requests; see [Budget].
func Bulk(ctx context.Context) context.Context {
	if isBulk(ctx) {
		return ctx
	}
	return context.WithValue(ctx, bulkKey{}, true)
}

func isBulk(ctx context.Context) bool { return ctx.Value(bulkKey{}) != nil }

type bulkKey struct{}

// Once makes a request with this context fail at its first transient failure, such
// as a 5xx or a cut connection, instead of after several. It still waits when
// Notion throttles.
func Once(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, true) }

type onceKey struct{}

// An answer is a 200 from Notion.
type answer struct {
	body []byte
	asOf time.Time // see PageList.AsOf; zero where the answer had no Date
}

// acquire waits for a ticket of the budget; the context's meter counts the wait.
func (c *Client) acquire(ctx context.Context) (*ticket, error) {
	m := meterOf(ctx)
	m.wait(c.budget)
	defer m.waited()
	return c.budget.acquire(ctx, isBulk(ctx))
}

// attempt sends the request once, with a token. It returns nil where decode accepted the answer.
func (c *Client) attempt(ctx context.Context, r request, token string, decode func(answer) error) (*Error, verdict) {
	attemptCtx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.newRequest(attemptCtx, r)
	if err != nil {
		return &Error{Op: r.op, Kind: ErrInvalidRequest, Err: err}, final
	}
	req.Header.Set("Authorization", "Bearer "+token)

	meterOf(ctx).requests.Add(1)
	c.budget.sent()
	start := time.Now()
	resp, err := c.http.Do(req)
	var body []byte
	var notions time.Time
	status := 0
	if err == nil {
		status = resp.StatusCode
		notions = c.clock.hear(resp.Header)
		var leave func()
		body, leave, err = c.room.read(attemptCtx, resp)
		defer leave()
	}
	took := time.Since(start)
	c.observe(r.endpoint, status)
	c.log.DebugContext(ctx, "Notion request", "op", r.op, "status", status, "took", took, "bytes", len(body))

	if err != nil {
		if attemptCtx.Err() == context.DeadlineExceeded {
			err = &slowError{c.timeout, errors.Is(err, errNoRoom)}
		}
		return classifyFailure(r.op, status, err)
	}
	if fail, verdict := classifyAnswer(r.op, resp, body); fail != nil {
		if verdict == transient && took >= slowFailure {
			verdict = heavy
		}
		return fail, verdict
	}
	return classifyDecoding(r.op, resp, decode(answer{body: body, asOf: asOf(notions, took)}))
}

// newRequest builds a new request for each attempt, because a body can be read only
// once.
func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		body = strings.NewReader(string(r.body))
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.baseURL+r.path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Notion-Version", apiVersion)
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept", "application/json")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// throttle makes all requests of the budget wait as long as Notion asked. A 429
// without a reason counts as the connection's own limit.
func (c *Client) throttle(ctx context.Context, fail *Error, throttles int) {
	wait := fail.RetryAfter
	message := "Notion throttles the connection, all its requests wait"
	switch {
	case wait == 0:
		wait = backoff(throttles)
	case wait > longestRetryAfter:
		wait = longestRetryAfter
		message = "Notion asks for a wait of more than an hour: all requests of the connection wait an hour, then try again"
	}
	c.log.WarnContext(ctx, message, "error", fail, "wait", wait)
	ownWindow := fail.Status == http.StatusTooManyRequests && (fail.Reason == "" || fail.Reason == ownLimit)
	c.budget.pause(wait, ownWindow && fail.RetryAfter > 0)
}

// asOf is Notion's clock at the earliest moment at which it can have begun to
// answer; zero where its clock at the end is unknown.
func asOf(end time.Time, took time.Duration) time.Time {
	if end.IsZero() {
		return time.Time{}
	}
	return end.Add(-took).UTC()
}

// backoff is the wait before retry n, counted from 1. It doubles, and is random
// between half and the whole, so that requests that failed together are not all
// sent again together.
func backoff(n int) time.Duration {
	whole := min(shortestBackoff<<min(n-1, 10), longestBackoff)
	return whole/2 + rand.N(whole/2)
}

// sleep waits, or returns the context's error as soon as the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
