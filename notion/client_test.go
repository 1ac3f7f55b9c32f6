package notion

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

var html = map[string]string{"Content-Type": "text/html", "X-Notion-Request-Id": "", "Cf-Ray": "9c"}

const page404 = "<html><body>not here</body></html>"

// Every answer of Notion, its edge or the network has one kind of error.
func TestAnswersAreJudged(t *testing.T) {
	throttle := `{"object":"error","status":429,"code":"rate_limited","message":"Slow down.","additional_data":{"rate_limit_reason":"public_api_request_rate_limit","retry_after":"2"}}`
	blockedBody := strings.Replace(throttle, ownLimit, blocked, 1)
	tests := map[string]struct {
		reply    reply
		kind     error
		attempts int
	}{
		"401":                      {reply{status: 401, body: errorJSON("unauthorized", "API token is invalid.")}, ErrUnauthorized, 2},
		"403":                      {reply{status: 403, body: errorJSON("restricted_resource", "No.")}, ErrForbidden, 1},
		"403 of the edge":          {reply{status: 403, header: html, body: page404}, ErrUnavailable, 5},
		"404":                      {reply{status: 404, body: errorJSON("object_not_found", "No.")}, ErrNotFound, 1},
		"404 of a proxy":           {reply{status: 404, header: html, body: page404}, ErrUnavailable, 5},
		"404 of a gateway, JSON":   {reply{status: 404, body: `{"message":"no route"}`}, ErrUnavailable, 5},
		"404 of another code":      {reply{status: 404, body: errorJSON("invalid_request_url", "No.")}, ErrInvalidRequest, 1},
		"400":                      {reply{status: 400, body: errorJSON("validation_error", "No.")}, ErrInvalidRequest, 1},
		"400 stale cursor":         {reply{status: 400, body: errorJSON("validation_error", "The start_cursor provided is invalid: x")}, ErrInvalidCursor, 1},
		"409":                      {reply{status: 409, body: errorJSON("conflict_error", "No.")}, ErrUnavailable, 5},
		"429":                      {reply{status: 429, header: map[string]string{"Retry-After": "2"}, body: throttle}, ErrThrottled, 20},
		"429 in the body alone":    {reply{status: 429, body: throttle}, ErrThrottled, 20},
		"429 blocked":              {reply{status: 429, body: blockedBody}, ErrBlocked, 1},
		"529":                      {reply{status: 529, body: errorJSON("service_overload", "No.")}, ErrThrottled, 20},
		"500":                      {reply{status: 500, body: errorJSON("internal_server_error", "No.")}, ErrUnavailable, 5},
		"502 HTML":                 {reply{status: 502, header: html, body: page404}, ErrUnavailable, 5},
		"503":                      {reply{status: 503, body: errorJSON("service_unavailable", "No.")}, ErrUnavailable, 5},
		"504 empty":                {reply{status: 504}, ErrUnavailable, 5},
		"200 HTML":                 {reply{status: 200, header: html, body: page404}, ErrUnavailable, 5},
		"200 empty":                {reply{status: 200}, ErrUnavailable, 5},
		"200 truncated JSON":       {ok(`{"object":"user","id":"`), ErrUnavailable, 5},
		"200 cut":                  {reply{status: 200, body: `{"object":`, cut: true}, ErrUnavailable, 5},
		"200 damaged JSON":         {ok(`{"object":"user",,}`), ErrMalformed, 5},
		"200 name twice":           {ok(`{"object":"user","object":"user"}`), ErrMalformed, 1},
		"200 not UTF-8":            {ok("{\"object\":\"\xff\"}"), ErrMalformed, 1},
		"200 another object":       {ok(`{"object":"page"}`), ErrMalformed, 1},
		"connection refused":       {reply{err: errors.New("connection refused")}, ErrUnavailable, 5},
		"no answer in time":        {reply{status: 200, takes: time.Hour}, ErrUnavailable, 5},
		"redirect to another host": {reply{status: 302, header: map[string]string{"Location": "https://other.example/x"}}, ErrInvalidRequest, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, test.reply)
				_, err := c.Me(t.Context())
				if !errors.Is(err, test.kind) {
					t.Errorf("error %v, want kind %v", err, test.kind)
				}
				e := asError(t, err)
				if len(s.requests) != test.attempts || e.Attempts != test.attempts {
					t.Errorf("sent %d requests and said %d, want %d", len(s.requests), e.Attempts, test.attempts)
				}
				if e.Op != "retrieving the token's own user" || !strings.HasPrefix(err.Error(), e.Op+":") {
					t.Errorf("error %q does not begin with what was being done", err)
				}
				if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
					t.Errorf("error %v looks as if the caller's context had ended", err)
				}
				if strings.Contains(err.Error(), "<") {
					t.Errorf("error %q quotes a page", err)
				}
			})
		})
	}
}

// A request that fails for a while is sent again until it succeeds, with its whole
// body.
func TestRetriesSucceed(t *testing.T) {
	failures := map[string]reply{
		"500":       {status: 500, body: errorJSON("internal_server_error", "No.")},
		"cut":       {status: 200, body: `{"object":"li`, cut: true},
		"truncated": ok(`{"object":"list","results":[`),
		"429":       {status: 429, header: map[string]string{"Retry-After": "30"}},
		"reset":     {err: errors.New("connection reset by peer")},
		"edge":      {status: 403, header: html, body: page404},
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, failure, failure, ok(listJSON("", pageJSON(pageID, nameProperty))))
				list, err := c.Query(t.Context(), Query{DataSourceID: sourceID})
				if err != nil {
					t.Fatal(err)
				}
				if len(list.Pages) != 1 {
					t.Errorf("%d pages, want 1", len(list.Pages))
				}
				if len(s.requests) != 3 || s.requests[0].body == "" || s.requests[2].body != s.requests[0].body {
					t.Errorf("sent %+v, want the same body three times", s.requests)
				}
			})
		})
	}
}

// The end of the caller's context ends every kind of wait.
func TestContextEndsWaits(t *testing.T) {
	tests := map[string]reply{
		"for an answer":  {status: 200, takes: time.Minute},
		"for a retry":    {status: 500},
		"for the budget": {status: 429, header: map[string]string{"Retry-After": "60"}},
	}
	for name, reply := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := newScripted(t, reply)
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() {
					_, err := c.Me(ctx)
					ended <- err
				}()
				synctest.Wait()
				began := time.Now()
				cancel()
				err := <-ended
				if !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, want context.Canceled", err)
				}
				if e := asError(t, err); e.Kind != nil {
					t.Errorf("kind %v, want none", e.Kind)
				}
				if waited := time.Since(began); waited != 0 {
					t.Errorf("waited %v after the cancellation", waited)
				}
			})
		})
	}
}

func TestRetryAfterIsWaitedFor(t *testing.T) {
	tests := map[string]struct {
		header string
		want   time.Duration
	}{
		"seconds": {"17", 17 * time.Second},
		"date":    {"Sat, 01 Jan 2000 00:00:42 GMT", 42 * time.Second}, // the bubble's clock starts at midnight
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, reply{status: 529, header: map[string]string{"Retry-After": test.header}}, ok(`{"object":"user","id":"`+userA+`"}`))
				if _, err := c.Me(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := s.requests[1].at.Sub(s.requests[0].at); got != test.want {
					t.Errorf("sent again after %v, want %v", got, test.want)
				}
				if got := c.Budget().Throttled(); got != test.want {
					t.Errorf("counted %v as throttled, want %v", got, test.want)
				}
			})
		})
	}
}

// A Retry-After that is too long fails all requests of the budget. Whatever Notion or
// a proxy asks for, the next request is sent after an hour.
func TestRetryAfterOfHoursFails(t *testing.T) {
	tests := map[string]struct {
		status int
		header string
		want   time.Duration
		capped bool
	}{
		"429, less than an hour":     {429, "3000", 50 * time.Minute, false},
		"429":                        {429, "2147483647", time.Hour, true},
		"429, until the year 9999":   {429, "Fri, 31 Dec 9999 23:59:59 GMT", time.Hour, true},
		"529":                        {529, "7200", time.Hour, true},
		"529, until the year 9999":   {529, "Fri, 31 Dec 9999 23:59:59 GMT", time.Hour, true},
		"529, an hour and no longer": {529, "3600", time.Hour, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				c, s := newScriptedWith(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))},
					reply{status: test.status, header: map[string]string{"Retry-After": test.header}}, ok(`{"object":"user","id":"`+userA+`"}`))
				for range 2 {
					_, err := c.Me(t.Context())
					if e := asError(t, err); !errors.Is(err, ErrThrottled) || e.RetryAfter != test.want {
						t.Errorf("error %v, want throttled for %v", err, test.want)
					}
				}
				if len(s.requests) != 1 {
					t.Errorf("sent %d requests, want one", len(s.requests))
				}
				if said := strings.Contains(log.String(), "a wait of more than an hour"); said != test.capped {
					t.Errorf("the log says %q", log.String())
				}
				<-time.After(test.want)
				if _, err := c.Me(t.Context()); err != nil {
					t.Errorf("after %v: %v", test.want, err)
				}
			})
		})
	}
}

// A 503 with a Retry-After delays only its own request.
func TestRetryAfterOnFailureIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newScripted(t, reply{status: 503, header: map[string]string{"Retry-After": "40"}}, ok(`{"object":"user","id":"`+userA+`"}`))
		if _, err := c.Me(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.requests[1].at.Sub(s.requests[0].at); got != 40*time.Second {
			t.Errorf("sent again after %v, want 40s", got)
		}
		if got := c.Budget().Throttled(); got != 0 {
			t.Errorf("counted %v as throttled, want 0", got)
		}
	})
}

func TestBackoffDoublesWithinBounds(t *testing.T) {
	for n := 1; n <= 70; n++ {
		whole := 30 * time.Second
		if n <= 5 {
			whole = time.Second << (n - 1)
		}
		for range 50 {
			if got := backoff(n); got < whole/2 || got >= whole {
				t.Fatalf("wait before retry %d is %v, want %v to %v", n, got, whole/2, whole)
			}
		}
	}
}

func TestRequestsCarryTheirHeaders(t *testing.T) {
	type observation struct {
		endpoint string
		code     int
	}
	var observed []observation
	c, s := newScriptedWith(t, Options{
		UserAgent: "tests/1",
		Observe:   func(endpoint string, code int) { observed = append(observed, observation{endpoint, code}) },
	}, ok(listJSON("")))
	if _, err := c.Query(t.Context(), Query{DataSourceID: sourceID}); err != nil {
		t.Fatal(err)
	}
	got := s.requests[0]
	want := http.Header{
		"Authorization":  {"Bearer " + testToken},
		"Notion-Version": {"2026-03-11"},
		"User-Agent":     {"tests/1"},
		"Accept":         {"application/json"},
		"Content-Type":   {"application/json"},
	}
	if diff := cmp.Diff(want, got.header); diff != "" {
		t.Errorf("headers (-want +got)\n%s", diff)
	}
	if got.url != "https://api.notion.com/v1/data_sources/"+sourceID+"/query" {
		t.Errorf("requested %s", got.url)
	}
	if diff := cmp.Diff([]observation{{"POST /v1/data_sources/{id}/query", 200}}, observed, cmp.AllowUnexported(observation{})); diff != "" {
		t.Errorf("observed (-want +got)\n%s", diff)
	}
}

// Endpoints contain no ids and so are few: they become labels of metrics.
func TestEndpointsHoldNoIDs(t *testing.T) {
	var observed []string
	c, _ := newScriptedWith(t, Options{
		Observe: func(endpoint string, _ int) { observed = append(observed, endpoint) },
	}, reply{status: 403, body: errorJSON("restricted_resource", "No.")})
	ctx := t.Context()
	for _, err := range c.SearchDataSources(ctx) {
		wantForbidden(t, err)
	}
	_, err := c.Me(ctx)
	wantForbidden(t, err)
	_, err = c.Database(ctx, dbID)
	wantForbidden(t, err)
	_, err = c.DataSource(ctx, sourceID)
	wantForbidden(t, err)
	_, err = c.Page(ctx, pageID)
	wantForbidden(t, err)
	_, err = c.Query(ctx, Query{DataSourceID: sourceID})
	wantForbidden(t, err)
	wantForbidden(t, c.Complete(ctx, cutPage(t, `{"R":{"id":"r","type":"relation","has_more":true,"relation":[]}}`)))
	want := []string{
		"POST /v1/search", "GET /v1/users/me", "GET /v1/databases/{id}", "GET /v1/data_sources/{id}", "GET /v1/pages/{id}",
		"POST /v1/data_sources/{id}/query", "GET /v1/pages/{id}/properties/{property_id}",
	}
	if diff := cmp.Diff(want, observed); diff != "" {
		t.Errorf("observed (-want +got)\n%s", diff)
	}
}

func wantForbidden(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, ErrForbidden) {
		t.Errorf("error %v, want ErrForbidden", err)
	}
}

// An answer larger than maxBody is refused and not kept in memory.
func TestBodyIsCapped(t *testing.T) {
	resp := &http.Response{Body: io.NopCloser(io.LimitReader(zeros{}, maxBody+2)), ContentLength: -1}
	if _, _, err := NewRoom().read(t.Context(), resp); !errors.Is(err, errTooLarge) {
		t.Fatalf("error %v, want errTooLarge", err)
	}
	fail, verdict := classifyFailure("op", 200, errTooLarge)
	if verdict != oversized || !errors.Is(fail, ErrMalformed) {
		t.Errorf("classified as %v, %v", fail, verdict)
	}
	resp = &http.Response{Body: io.NopCloser(io.LimitReader(zeros{}, maxBody)), ContentLength: maxBody}
	if body, _, err := NewRoom().read(t.Context(), resp); err != nil || len(body) != maxBody {
		t.Errorf("read %d bytes, %v; want all %d", len(body), err, maxBody)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestOptionsAreChecked(t *testing.T) {
	tokens := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: testToken})
	tests := map[string]struct {
		options Options
		want    string // "" for a good one
	}{
		"nothing but tokens":  {Options{Tokens: tokens}, ""},
		"loopback":            {Options{Tokens: tokens, BaseURL: "http://127.0.0.1:8081/"}, ""},
		"localhost":           {Options{Tokens: tokens, BaseURL: "http://localhost:8081"}, ""},
		"IPv6 loopback":       {Options{Tokens: tokens, BaseURL: "http://[::1]:8081"}, ""},
		"no tokens":           {Options{}, "no token source"},
		"plain http":          {Options{Tokens: tokens, BaseURL: "http://api.notion.com"}, "use https"},
		"loopback look-alike": {Options{Tokens: tokens, BaseURL: "http://127.0.0.1.example.com"}, "use https"},
		"scheme":              {Options{Tokens: tokens, BaseURL: "ftp://api.notion.com"}, "use https"},
		"no host":             {Options{Tokens: tokens, BaseURL: "api.notion.com"}, "cannot be read"},
		"user":                {Options{Tokens: tokens, BaseURL: "https://me:pw@api.notion.com"}, "no user"},
		"no CA file":          {Options{Tokens: tokens, CAFile: "testdata/none.pem"}, "ca_file"},
		"CA file without one": {Options{Tokens: tokens, CAFile: "doc.go"}, "no PEM certificate"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := NewClient(test.options)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("error %v, want none", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want one with %q", err, test.want)
			case err != nil && strings.Contains(err.Error(), "pw"):
				t.Errorf("error %v shows a password", err)
			}
		})
	}
}
