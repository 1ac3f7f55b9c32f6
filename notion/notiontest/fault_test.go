package notiontest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

// TestFaults: each fault happens once, in the form that Notion or its edge gives it.
func TestFaults(t *testing.T) {
	tests := []struct {
		name        string
		fault       notiontest.Fault
		status      int
		code        string // "" for a page of HTML
		contentType string
		header      map[string]string
		edge        bool
	}{
		{name: "429", fault: notiontest.RateLimited(notiontest.ReasonSpace, 0), status: 429, code: "rate_limited"},
		{name: "500", fault: notiontest.InternalError(), status: 500, code: "internal_server_error"},
		{name: "502", fault: notiontest.BadGateway(), status: 502},
		{name: "503", fault: notiontest.Unavailable(), status: 503, code: "service_unavailable"},
		{name: "504", fault: notiontest.TimedOut(), status: 504, code: "gateway_timeout"},
		{name: "504 HTML", fault: notiontest.GatewayTimeout(), status: 504},
		{name: "529", fault: notiontest.Overloaded(0), status: 529, code: "service_overload"},
		{name: "409", fault: notiontest.Conflict(), status: 409, code: "conflict_error"},
		{name: "403", fault: notiontest.Restricted(), status: 403, code: "restricted_resource"},
		{name: "edge", fault: notiontest.EdgeBlock(), status: 403, edge: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, _ := world(t, notiontest.Options{})
			c.w.FailNext(notiontest.EndpointMe, test.fault)
			if got, _ := c.send("GET /v1/users", ""); got.status != 200 {
				t.Errorf("another endpoint failed: %d", got.status)
			}
			got, err := c.send("GET /v1/users/me", "")
			if err != nil || got.status != test.status {
				t.Fatalf("got %d %v", got.status, err)
			}
			var body struct{ Code string }
			if isJSON := json.Unmarshal(got.body, &body) == nil; isJSON != (test.code != "") || body.Code != test.code {
				t.Errorf("body %s", got.body)
			}
			if isHTML := strings.HasPrefix(got.header.Get("Content-Type"), "text/html"); isHTML != (test.code == "") {
				t.Errorf("content type %q", got.header.Get("Content-Type"))
			}
			if got.header.Get("Cf-Ray") == "" || (got.header.Get("X-Notion-Request-Id") == "") != test.edge {
				t.Errorf("header %v", got.header)
			}
			if again, _ := c.send("GET /v1/users/me", ""); again.status != 200 || c.w.PendingFaults() != 0 {
				t.Errorf("the fault happened again: %d", again.status)
			}
		})
	}
}

// TestCutConnections: connections are cut in this process and over a network.
func TestCutConnections(t *testing.T) {
	c, _ := world(t, notiontest.Options{Now: time.Now})
	server := httptest.NewServer(c.w)
	defer server.Close()
	network := func() (*http.Response, error) {
		r, _ := http.NewRequest(http.MethodGet, server.URL+"/v1/users/me", nil)
		r.Header.Set("Authorization", "Bearer "+c.w.Token())
		r.Header.Set("Notion-Version", "2026-03-11")
		return (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	}

	c.w.FailNext("", notiontest.Reset(), notiontest.Reset())
	if got, err := c.send("GET /v1/users/me", ""); err == nil {
		t.Errorf("reset in process: %d", got.status)
	}
	if res, err := network(); err == nil {
		res.Body.Close()
		t.Errorf("reset over a network: %d", res.StatusCode)
	}

	c.w.FailNext("", notiontest.Cut(), notiontest.Cut())
	if _, err := c.send("GET /v1/users/me", ""); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut in process: %v", err)
	}
	res, err := network()
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, err := io.ReadAll(res.Body); !errors.Is(err, io.ErrUnexpectedEOF) || len(text) == 0 {
		t.Errorf("cut over a network: %q, %v", text, err)
	}

	c.w.FailNext("", notiontest.Truncated())
	if got, err := c.send("GET /v1/users/me", ""); err != nil || got.status != 200 || json.Valid(got.body) {
		t.Errorf("truncated: %d %s %v", got.status, got.body, err)
	}
}

// TestBudget: requests count in fixed windows of a minute. The first refusal says when
// the next window begins, and that wait is enough.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := world(t, notiontest.Options{Now: time.Now, RequestsPerMinute: 5})
		me := func() reply { got, _ := c.send("GET /v1/users/me", ""); return got }
		spend := func() (ok int, refused reply) {
			for ok = 0; ; ok++ {
				if refused = me(); refused.status != 200 {
					return ok, refused
				}
			}
		}
		if _, refused := spend(); refused.header.Get("Retry-After") == "" {
			t.Fatalf("refused without Retry-After: %s", refused.body)
		}
		for range 3 {
			got := me() // at the same instant, like a request in flight
			after, err := time.ParseDuration(got.header.Get("Retry-After") + "s")
			if got.status != 429 || err != nil || after < time.Second || after > time.Minute {
				t.Fatalf("%d, Retry-After %v: %s", got.status, after, got.body)
			}
			var body struct {
				AdditionalData map[string]string `json:"additional_data"`
			}
			if err := json.Unmarshal(got.body, &body); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"rate_limit_reason": "public_api_request_rate_limit", "retry_after": got.header.Get("Retry-After")}
			if diff := cmp.Diff(want, body.AdditionalData); diff != "" {
				t.Errorf("additional_data (-want +got):\n%s", diff)
			}
			<-time.After(after)
			if ok, _ := spend(); ok != 5 {
				t.Errorf("a window let %d requests through", ok)
			}
		}
	})
}

// TestSpendBudget: another program's requests count in this window.
func TestSpendBudget(t *testing.T) {
	c, clock := world(t, notiontest.Options{RequestsPerMinute: 5})
	c.w.SpendBudget(4)
	for i, want := range []int{200, 429} {
		if got, _ := c.send("GET /v1/users/me", ""); got.status != want {
			t.Errorf("request %d: %d, want %d", i, got.status, want)
		}
	}
	clock.advance(2 * time.Minute)
	if got, _ := c.send("GET /v1/users/me", ""); got.status != 200 {
		t.Errorf("in a later window: %d", got.status)
	}
}

// TestRetryAfterIsBinding: a request before an announced Retry-After has passed is a
// violation, unless it may have been in flight.
func TestRetryAfterIsBinding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var violations []string
		c, _ := world(t, notiontest.Options{Now: time.Now, Violation: func(what string) { violations = append(violations, what) }})
		c.w.FailNext("", notiontest.Overloaded(10*time.Second))
		for _, step := range []struct {
			wait       time.Duration
			status     int
			violations int
		}{
			{0, 529, 0}, {500 * time.Millisecond, 529, 0}, {5 * time.Second, 529, 1}, {4500 * time.Millisecond, 200, 1},
		} {
			<-time.After(step.wait)
			got, _ := c.send("GET /v1/users/me", "")
			if got.status != step.status || len(violations) != step.violations {
				t.Errorf("after %v: status %d, violations %q", step.wait, got.status, violations)
			}
		}
	})
}

// TestTimePasses: an answer shows the workspace when the request came, its Date is the
// time when it was sent, and the end of a context ends the wait at once.
func TestTimePasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := world(t, notiontest.Options{Now: time.Now, Latency: func(*http.Request) time.Duration { return 2 * time.Second }})
		begin := time.Now()
		c.w.FailNext("", notiontest.Slow(time.Minute))
		got, err := c.send("GET /v1/users/me", "")
		if err != nil {
			t.Fatal(err)
		}
		want := begin.Add(62 * time.Second)
		if !time.Now().Equal(want) || got.header.Get("Date") != want.UTC().Format(http.TimeFormat) {
			t.Errorf("took %v, Date %q", time.Since(begin), got.header.Get("Date"))
		}

		begin = time.Now()
		c.w.FailNext("", notiontest.GivenUp())
		if got, _ := c.send("GET /v1/users/me", ""); got.status != 503 || time.Since(begin) != 62*time.Second {
			t.Errorf("GivenUp: %d after %v", got.status, time.Since(begin))
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.notion.com/v1/users/me", nil)
		begin = time.Now()
		res, err := c.w.RoundTripper().RoundTrip(r)
		if err == nil {
			res.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
			t.Errorf("with a deadline: %v after %v", err, time.Since(begin))
		}
	})
}

// TestHook: a hook may change the workspace and return a fault for a request.
func TestHook(t *testing.T) {
	var c caller
	var page string
	c, _ = world(t, notiontest.Options{Hook: func(r *http.Request) *notiontest.Fault {
		if strings.HasPrefix(r.URL.Path, "/v1/pages/") {
			c.w.Trash(page)
			return nil
		}
		fault := notiontest.InternalError()
		return &fault
	}})
	page = c.w.AddDatabase("Tasks").AddPage("One", nil)
	if got := c.object("GET /v1/pages/"+page, ""); got["in_trash"] != true {
		t.Error("the hook's verb came too late")
	}
	if got, _ := c.send("GET /v1/users/me", ""); got.status != 500 {
		t.Errorf("the hook's fault: %d", got.status)
	}
	want := []notiontest.Request{
		{Endpoint: notiontest.EndpointRetrievePage, URI: "/v1/pages/" + page, Status: 200},
		{Endpoint: notiontest.EndpointMe, URI: "/v1/users/me", Status: 500},
	}
	got := c.w.Requests()
	for i := range got {
		got[i].At = time.Time{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
	if counts := c.w.Counts(); counts[notiontest.EndpointMe] != 1 {
		t.Errorf("counts %v", counts)
	}
}
