package notiontest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"notion-kafka/notion/notiontest"
)

// TestLostRenewals: a renewal that fails did not happen, or did happen although its
// answer was lost. The client cannot tell.
func TestLostRenewals(t *testing.T) {
	tests := []struct {
		name    string
		fault   notiontest.Fault
		status  int // 0: no answer
		happens bool
	}{
		{"500", notiontest.InternalError(), 500, false},
		{"500 after it", notiontest.CarriedOut(notiontest.InternalError()), 500, true},
		{"502", notiontest.BadGateway(), 502, false},
		{"502 after it", notiontest.CarriedOut(notiontest.BadGateway()), 502, true},
		{"429", notiontest.RateLimited(notiontest.ReasonEndpoint, 0), 429, false},
		{"429 after it", notiontest.CarriedOut(notiontest.RateLimited(notiontest.ReasonEndpoint, 0)), 429, true},
		{"reset", notiontest.Reset(), 0, false},
		{"reset after it", notiontest.CarriedOut(notiontest.Reset()), 0, true},
		{"cut", notiontest.Cut(), 0, true},
		{"truncated", notiontest.Truncated(), 200, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, _ := appWorld(t, notiontest.Options{}, notiontest.AppOptions{})
			g := c.connect(c.ada(), c.w.AddDatabase("Tasks"))
			c.w.FailNext(notiontest.EndpointToken, test.fault)
			got, err := c.post("token", fmt.Sprintf(`{"grant_type":"refresh_token","refresh_token":%q}`, *g.RefreshToken))
			if (err != nil) != (test.status == 0) || err == nil && got.status != test.status {
				t.Errorf("%d %v", got.status, err)
			}
			if happened := c.app.Renewals(g.BotID) == 1; happened != test.happens || c.app.IsLiving(*g.RefreshToken) == test.happens {
				t.Errorf("happened: %v", happened)
			}
			access, _ := c.app.Pair(g.BotID)
			if access == "" || (access == g.AccessToken) == test.happens || json.Valid(got.body) && strings.Contains(string(got.body), access) {
				t.Errorf("the newest access token is %q, the answer %s", access, got.body)
			}
			if c.w.PendingFaults() != 0 {
				t.Error("the fault is pending")
			}
		})
	}
}

// TestFaultsOfTokenEndpoints: hooks and lasting faults work there too, and a refused
// client meets none.
func TestFaultsOfTokenEndpoints(t *testing.T) {
	var hooked bool
	hook := func(r *http.Request) *notiontest.Fault {
		if hooked && r.URL.Path == "/v1/oauth/token" {
			fault := notiontest.CarriedOut(notiontest.GatewayTimeout())
			return &fault
		}
		return nil
	}
	c, _ := appWorld(t, notiontest.Options{Hook: hook}, notiontest.AppOptions{})
	g := c.connect(c.ada(), c.w.AddDatabase("Tasks"))
	c.w.FailAlways("oauth", notiontest.Unavailable())
	for _, endpoint := range []string{"token", "introspect", "revoke"} {
		if got, _ := c.post(endpoint, `{}`); got.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", endpoint, got.status)
		}
		if got, _ := c.post(endpoint, `{}`, "Authorization:"); got.status != http.StatusUnauthorized {
			t.Errorf("%s without credentials: %d", endpoint, got.status)
		}
	}
	if got, _ := c.send("GET "+authorizePath(c.app, nil), ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("authorize: %d", got.status)
	}
	c.w.StopFailing("oauth")
	hooked = true
	got, _ := c.post("token", fmt.Sprintf(`{"grant_type":"refresh_token","refresh_token":%q}`, *g.RefreshToken))
	if got.status != http.StatusGatewayTimeout || c.app.Renewals(g.BotID) != 1 {
		t.Errorf("%d, %d renewals", got.status, c.app.Renewals(g.BotID))
	}
	if counts := c.w.Counts(); counts[notiontest.EndpointToken] != 4 || counts[notiontest.EndpointIntrospect] != 2 ||
		counts[notiontest.EndpointRevoke] != 2 || counts[notiontest.EndpointAuthorize] != 1 {
		t.Errorf("counts %v", counts)
	}
}

// TestTokenEndpointRateLimited: a Retry-After of the token endpoint holds for the App's
// token requests, and for no bot's.
func TestTokenEndpointRateLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var violations int
		c, _ := appWorld(t, notiontest.Options{Now: time.Now, Violation: func(string) { violations++ }}, notiontest.AppOptions{})
		g := c.connect(c.ada(), c.w.AddDatabase("Tasks"))
		c.w.FailNext(notiontest.EndpointToken, notiontest.RateLimited(notiontest.ReasonRequest, 30*time.Second))
		if _, status := c.renew(*g.RefreshToken); status != http.StatusTooManyRequests {
			t.Errorf("%d", status)
		}
		if !c.works(g.AccessToken) {
			t.Error("the bot has to wait too")
		}
		<-time.After(10 * time.Second)
		got, _ := c.post("introspect", `{"token":"none"}`)
		if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "20" || violations != 1 {
			t.Errorf("%d, Retry-After %s, %d violations", got.status, got.header.Get("Retry-After"), violations)
		}
		<-time.After(20 * time.Second)
		if c.renewed(g); violations != 1 {
			t.Errorf("%d violations", violations)
		}
	})
}

// TestSlowRenewal: a client that stops waiting does not undo the renewal.
func TestSlowRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := appWorld(t, notiontest.Options{Now: time.Now}, notiontest.AppOptions{})
		g := c.connect(c.ada(), c.w.AddDatabase("Tasks"))
		c.w.FailNext(notiontest.EndpointToken, notiontest.Slow(time.Hour))
		client := http.Client{Transport: c.w.RoundTripper(), Timeout: time.Minute}
		body := fmt.Sprintf(`{"grant_type":"refresh_token","refresh_token":%q}`, *g.RefreshToken)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.notion.com/v1/oauth/token", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(c.app.ClientID(), c.app.ClientSecret())
		r.Header.Set("Notion-Version", "2026-03-11")
		r.Header.Set("Content-Type", "application/json")
		if res, err := client.Do(r); err == nil {
			res.Body.Close()
			t.Error("an answer came")
		}
		if c.app.Renewals(g.BotID) != 1 || c.app.IsLiving(*g.RefreshToken) {
			t.Error("the renewal did not happen")
		}
	})
}
