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
	// apiVersion chooses Notion's behaviour; it is sent with every request
	// (Notion: versioning).
	apiVersion = "2026-03-11"
	// maxBody caps an answer, in bytes after decompression.
	maxBody = 64 << 20
	// maxFailures is how often one request may fail before its error is
	// returned, throttling aside.
	maxFailures = 5
	// maxCuts is how often an answer may be cut off before it is asked for in
	// halves: something on the way may pass on so much and no more.
	maxCuts = 3
	// maxThrottles is how often one request may be throttled. Each time it has
	// waited as long as Notion asked.
	maxThrottles = 20
	// shortestBackoff and longestBackoff bound the wait before a retry.
	shortestBackoff = time.Second
	longestBackoff  = 30 * time.Second
	// longestAsked is the longest wait for which Notion is believed to have meant
	// it. Its limits are of minutes (Notion: request-limits), and a connection
	// that waits for what a broken proxy says would stand still until a restart.
	longestAsked = time.Hour
	// longAnswer is how long after its start a failure is put down to too much
	// having been asked. Notion gives up after 60 seconds, with a 503 that need
	// not say why (Notion: status-codes).
	longAnswer = 55 * time.Second
)

// Options make a Client. Only Tokens is required.
type Options struct {
	// BaseURL is where the API is; empty stands for https://api.notion.com.
	// Plain http is accepted for loopback addresses only.
	BaseURL string
	// Tokens gives the access token of each request: oauth2.StaticTokenSource
	// for the plain token of an internal connection.
	Tokens oauth2.TokenSource
	// CAFile names a PEM file of certificates to trust beside the system's. It is
	// read again when it changes; a file that is of no use leaves what was trusted.
	CAFile string
	// RequestTimeout bounds one attempt, its body included; 0 stands for 75
	// seconds. Notion gives up after 60 (Notion: status-codes).
	RequestTimeout time.Duration
	// Budget is the connection's gate; nil stands for one of its own, which finds
	// the plan out, with MaxConcurrency. Clients of one connection share one.
	Budget *Budget
	// Room is where answers are read; nil stands for one of its own. All clients of a
	// process share one, so that their answers together have a bound.
	Room *Room
	// MaxConcurrency bounds the requests in flight where Budget is nil; 0
	// stands for 16.
	MaxConcurrency int
	// UserAgent is sent with every request; empty stands for "notion-kafka".
	UserAgent string
	// Logger hears of every attempt (debug) and every wait (warn); nil is silent.
	Logger *slog.Logger
	// Transport carries the requests, in place of one made from CAFile.
	Transport http.RoundTripper
	// Observe, where set, is called after every attempt with the endpoint, such
	// as "POST /v1/search", and the HTTP status, 0 where no answer came. It may
	// be called from several goroutines at once.
	Observe func(endpoint string, code int)
}

// A Client reads from Notion for one connection. It is safe for concurrent use.
type Client struct {
	baseURL   string
	http      *http.Client
	timeout   time.Duration
	budget    *Budget
	room      *Room
	userAgent string
	log       *slog.Logger
	observe   func(endpoint string, code int)
	clock     clock
	accepted  atomic.Bool  // the token was, in the last answer that says so
	good      atomic.Int64 // answers so far, to requests of all kinds
}

// NewClient returns a client, or an error that names the option at fault. It
// sends nothing.
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
			Transport: &oauth2.Transport{Source: usableTokens{o.Tokens}, Base: o.Transport},
			// A redirect would carry the token to wherever it points.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		timeout:   o.RequestTimeout,
		budget:    o.Budget,
		room:      o.Room,
		userAgent: o.UserAgent,
		log:       o.Logger,
		observe:   o.Observe,
	}, nil
}

// Budget is the gate that the client's requests go through.
func (c *Client) Budget() *Budget { return c.budget }

// Bulk makes what is asked under a context part of a large read, which waits for
// everything else; see [Budget].
func Bulk(ctx context.Context) context.Context {
	if isBulk(ctx) {
		return ctx
	}
	return context.WithValue(ctx, bulkKey{}, true)
}

func isBulk(ctx context.Context) bool { return ctx.Value(bulkKey{}) != nil }

type bulkKey struct{}

// Once makes a request under a context fail at its first transient failure, such
// as a 5xx or a cut connection, instead of after several. It still waits where
// Notion throttles.
func Once(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, true) }

type onceKey struct{}

// An answer is a 200 from Notion.
type answer struct {
	body []byte
	asOf time.Time // see PageList.AsOf; zero where the answer had no Date
}

// acquire waits for a request's turn at the budget, under the eye of its meter.
func (c *Client) acquire(ctx context.Context) (*turn, error) {
	m := meterOf(ctx)
	m.wait(c.budget)
	defer m.waited()
	return c.budget.acquire(ctx, isBulk(ctx))
}

// attempt asks once. It returns nil after an answer that decode accepted.
func (c *Client) attempt(ctx context.Context, r request, decode func(answer) error) (*Error, verdict) {
	attemptCtx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.newRequest(attemptCtx, r)
	if err != nil {
		return &Error{Op: r.op, Kind: ErrInvalidRequest, Err: err}, final
	}

	meterOf(ctx).requests.Add(1)
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
		return judgeFailure(r.op, status, err)
	}
	if fail, verdict := judgeAnswer(r.op, resp, body); fail != nil {
		if verdict == transient && took >= longAnswer {
			verdict = heavy
		}
		return fail, verdict
	}
	return judgeDecoding(r.op, resp, decode(answer{body: body, asOf: asOf(notions, took)}))
}

// newRequest builds the request anew for each attempt, so that a POST that is
// asked again has its body again.
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

// throttle makes everyone on the budget wait as long as Notion asked. A 429
// without a reason is taken for the limit that every connection has.
func (c *Client) throttle(ctx context.Context, fail *Error, throttles int) {
	wait := fail.RetryAfter
	message := "Notion throttles the connection, all its requests wait"
	switch {
	case wait == 0:
		wait = backoff(throttles)
	case wait > longestAsked:
		wait = longestAsked
		message = "Notion asks for a longer wait than is believed: all requests of the connection wait an hour, then it is asked again"
	}
	c.log.WarnContext(ctx, message, "error", fail, "wait", wait)
	ownWindow := fail.Status == http.StatusTooManyRequests && (fail.Reason == "" || fail.Reason == ownLimit)
	c.budget.pause(wait, ownWindow && fail.RetryAfter > 0)
}

// asOf is Notion's clock when it can have started to answer; zero where that is
// not known at the end either.
func asOf(end time.Time, took time.Duration) time.Time {
	if end.IsZero() {
		return time.Time{}
	}
	return end.Add(-took).UTC()
}

// backoff is the wait before retry n, counted from 1: doubling, and at random
// between half and the whole, so that those who failed together do not return
// together.
func backoff(n int) time.Duration {
	whole := min(shortestBackoff<<min(n-1, 10), longestBackoff)
	return whole/2 + rand.N(whole/2)
}

// sleep waits, or returns the context's error as soon as it ends.
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
