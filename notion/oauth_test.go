package notion

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"notion-kafka/notion/notiontest"
)

const testRedirect = "http://localhost:8080/oauth/callback"

// endpointOf is an OAuth client whose calls get one answer.
func endpointOf(t *testing.T, log io.Writer, answer func(r *http.Request) (status int, contentType, body string)) *OAuth {
	t.Helper()
	o, err := NewOAuth(OAuthOptions{
		ClientID: "client-1", ClientSecret: func() string { return "secretOfTheTests" }, AuthorizeURL: "https://notion.invalid/v1/oauth/authorize", TokenURL: "https://notion.invalid/v1/oauth/token",
		UserAgent: "test", Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			status, contentType, body := answer(r)
			if status == 0 {
				return nil, errors.New("connection reset by peer")
			}
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAuthorizeURL(t *testing.T) {
	o := endpointOf(t, io.Discard, nil)
	u, err := url.Parse(o.AuthorizeURL("the state", testRedirect))
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{"client_id": {"client-1"}, "redirect_uri": {testRedirect}, "response_type": {"code"}, "owner": {"user"}, "state": {"the state"}}
	if u.Host != "notion.invalid" || u.Path != "/v1/oauth/authorize" || u.Query().Encode() != want.Encode() {
		t.Errorf("got %s", u)
	}
}

// The calls are JSON with Basic authentication and the version, and no secret is in their errors
// and log lines, whatever the answer repeats.
func TestOAuthCallsAndTheirErrors(t *testing.T) {
	const bot, workspace = "6d0b1c1a-4c1c-4f6e-9e0b-0d6b1f3a9f10", "a5cd1c1a-4c1c-4f6e-9e0b-0d6b1f3a9f11"
	good := `{"access_token":"ntn_A","token_type":"bearer","refresh_token":"nrt_A","bot_id":"` + bot + `","workspace_id":"` + workspace + `","workspace_name":"Ada's space","owner":{"type":"user","user":{"object":"user","id":"d4","name":"Ada"}}}`
	bare := `{"access_token":"ntn_A","refresh_token":null,"bot_id":"` + bot + `","workspace_id":"` + workspace + `","workspace_name":null,"owner":{"type":"workspace","workspace":true}}`
	echo := func(shape string) string {
		return fmt.Sprintf(shape, "nrt_secretOfTheTests, secretOfTheTests")
	}
	const j, html = "application/json", "text/html"
	for name, test := range map[string]struct {
		status int
		kind   string
		body   string
		want   error // nil: it succeeds
	}{
		"granted":                             {200, j, good, nil},
		"no refresh token, no names":          {200, j, bare, nil},
		"invalid_grant, API shape":            {400, j, echo(`{"object":"error","status":400,"code":"invalid_grant","message":"%s"}`), ErrInvalidGrant},
		"invalid_grant, RFC 6749":             {400, j, echo(`{"error":"invalid_grant","error_description":"%s"}`), ErrInvalidGrant},
		"invalid_client":                      {401, j, echo(`{"error":"invalid_client","error_description":"%s"}`), ErrInvalidClient},
		"unauthorized":                        {401, j, `{"object":"error","status":401,"code":"unauthorized","message":"API token is invalid."}`, ErrInvalidClient},
		"unauthorized_client":                 {400, j, `{"code":"unauthorized_client"}`, ErrInvalidClient},
		"invalid_request":                     {400, j, `{"error":"invalid_request"}`, ErrInvalidRequest},
		"500":                                 {500, j, `{"object":"error","code":"internal_server_error","message":"x"}`, ErrUnavailable},
		"503 that says invalid_grant":         {503, j, `{"error":"invalid_grant"}`, ErrUnavailable},
		"429 that says invalid_grant":         {429, j, `{"error":"invalid_grant"}`, ErrUnavailable},
		"a proxy's page with 400":             {400, html, "<html>invalid_grant", ErrUnavailable},
		"a proxy's page with 200":             {200, html, "<html>", ErrUnavailable},
		"404 of a proxy":                      {404, j, `{}`, ErrUnavailable},
		"redirect":                            {302, html, "", ErrUnavailable},
		"no answer":                           {0, "", "", ErrUnavailable},
		"cut in the middle":                   {200, j, good[:40], ErrUnavailable},
		"no bot":                              {200, j, `{"access_token":"ntn_A"}`, ErrMalformed},
		"no token":                            {200, j, `{"bot_id":"` + bot + `"}`, ErrMalformed},
		"a code that holds the secret itself": {400, j, echo(`{"error":"%s"}`), ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			o := endpointOf(t, &log, func(r *http.Request) (int, string, string) {
				id, secret, basic := r.BasicAuth()
				if !basic || id != "client-1" || secret != "secretOfTheTests" || r.Header.Get("Content-Type") != j || r.Header.Get("Notion-Version") != apiVersion || r.Method != http.MethodPost || r.URL.Path != "/v1/oauth/token" {
					t.Errorf("sent %s %s with %v", r.Method, r.URL, r.Header)
				}
				return test.status, test.kind, test.body
			})
			exchanged, err := o.Exchange(t.Context(), "nrt_secretOfTheTests", testRedirect) // the code looks alike
			renewed, again := o.Renew(t.Context(), "nrt_secretOfTheTests")
			for _, err := range []error{err, again} {
				if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
					t.Fatalf("error %v, want %v", err, test.want)
				}
				for _, secret := range []string{"OfTheTests", "ntn_A", "nrt_A"} {
					if strings.Contains(fmt.Sprint(err), secret) || strings.Contains(log.String(), secret) {
						t.Errorf("%s is shown: %v\n%s", secret, err, log.String())
					}
				}
			}
			if test.want != nil {
				return
			}
			if *exchanged != *renewed || exchanged.Token.AccessToken != "ntn_A" || exchanged.BotID != bot || exchanged.WorkspaceID != workspace || !exchanged.Token.Expiry.IsZero() {
				t.Errorf("granted %+v", exchanged)
			}
			if named := exchanged.Person == "Ada"; named != (test.body == good) || named != (exchanged.Token.RefreshToken == "nrt_A") {
				t.Errorf("granted %+v", exchanged)
			}
		})
	}
}

func TestOAuthBodies(t *testing.T) {
	var sent []string
	o := endpointOf(t, io.Discard, func(r *http.Request) (int, string, string) {
		body, _ := io.ReadAll(r.Body)
		sent = append(sent, r.URL.Path+" "+string(body))
		return 200, "application/json", `{"active":true}`
	})
	_, _ = o.Exchange(t.Context(), "c", testRedirect)
	_, _ = o.Renew(t.Context(), "r")
	active, err := o.Introspect(t.Context(), "t")
	if err := errors.Join(err, o.Revoke(t.Context(), "t")); err != nil || !active {
		t.Error(active, err)
	}
	want := []string{
		`/v1/oauth/token {"code":"c","grant_type":"authorization_code","redirect_uri":"` + testRedirect + `"}`,
		`/v1/oauth/token {"grant_type":"refresh_token","refresh_token":"r"}`,
		`/v1/oauth/introspect {"token":"t"}`,
		`/v1/oauth/revoke {"token":"t"}`,
	}
	if got, _ := json.Marshal(sent); string(got) != string(must(json.Marshal(want))) {
		t.Errorf("sent %s", got)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// An answer that does not say whether a token is active says nothing about it.
func TestIntrospectionWithoutAnAnswer(t *testing.T) {
	for _, body := range []string{`{}`, `{"active":null}`, `{"active":"yes"}`, `[]`} {
		o := endpointOf(t, io.Discard, func(*http.Request) (int, string, string) { return 200, "application/json", body })
		if active, err := o.Introspect(t.Context(), "t"); active || !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: active %v, %v", body, active, err)
		}
	}
}

// While the token endpoint throttles it is not asked, and says when it may be.
func TestThrottledTokenEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		o := endpointOf(t, io.Discard, nil)
		o.http.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			calls++
			if calls > 1 {
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"active":true}`)), Request: r}, nil
			}
			return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"30"}}, Body: io.NopCloser(strings.NewReader(`{"code":"rate_limited"}`)), Request: r}, nil
		})
		for _, after := range []time.Duration{0, 10 * time.Second, 19 * time.Second} {
			<-time.After(after)
			var fail *Error
			if _, err := o.Introspect(t.Context(), "t"); !errors.As(err, &fail) || !errors.Is(err, ErrUnavailable) || fail.RetryAfter == 0 {
				t.Errorf("throttled: %v", err)
			}
		}
		if calls != 1 {
			t.Errorf("%d calls before the Retry-After had passed", calls)
		}
		<-time.After(time.Second)
		if active, err := o.Introspect(t.Context(), "t"); !active || err != nil {
			t.Errorf("afterwards: %v, %v", active, err)
		}
	})
}

// The addresses must not show secrets to the network.
func TestNewOAuthRefusesPlainAddresses(t *testing.T) {
	for address, good := range map[string]bool{"https://api.notion.com/v1/oauth/token": true, "http://127.0.0.1:1/token": true, "http://notion.example/token": false, "ftp://x/y": false, "": false, "https://": false} {
		_, err := NewOAuth(OAuthOptions{ClientID: "c", ClientSecret: func() string { return "s" }, AuthorizeURL: address, TokenURL: address})
		if (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// renewing is a token source that Renew changes.
type renewing struct {
	mu       sync.Mutex
	token    string
	renewals int
	err      error
}

func (r *renewing) Token() (*oauth2.Token, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return &oauth2.Token{AccessToken: r.token}, nil
}

func (r *renewing) Renew(_ context.Context, refused string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	if r.token == refused {
		r.token = "ntn_new"
		r.renewals++
	}
	return nil
}

// What comes of a refused token is decided where responses are judged, whatever request met it.
func TestARefusedTokenIsRenewedAndTheRequestRepeated(t *testing.T) {
	dead := &TokenError{Why: "it is dead", Advice: "connect it again"}
	for name, test := range map[string]struct {
		accepted string // the token that Notion accepts
		err      error  // of the renewal
		want     error
		asked    int
		says     string
		took     time.Duration
	}{
		"renewed":                        {"ntn_new", nil, nil, 2, "", 0},
		"renewed in vain":                {"none", nil, ErrUnauthorized, 6, "check the token", 0},
		"active all the same":            {"none", ErrTokenActive, ErrUnauthorized, 2, "check the token", time.Second},
		"refused for good":               {"none", dead, ErrUnauthorized, 2, "it is dead (2 attempts) (request 0c2f); connect it again", time.Second},
		"the token endpoint is down":     {"none", errors.New("the token endpoint is down"), ErrUnavailable, 1, "the token endpoint is down", 0},
		"the endpoint refuses our names": {"none", &Error{Op: "renewing", Kind: ErrInvalidClient}, ErrUnavailable, 1, "oauth.client_id", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tokens := &renewing{token: "ntn_old", err: test.err}
				asked := 0
				c, err := NewClient(Options{Tokens: tokens, Renew: tokens.Renew, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					asked++
					answer := unauthorized
					if r.Header.Get("Authorization") == "Bearer "+test.accepted {
						answer = me
					}
					return &http.Response{StatusCode: answer.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer.body)), Request: r}, nil
				})})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				_, err = c.Me(t.Context())
				if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) || errors.Is(err, ErrUnauthorized) != errors.Is(test.want, ErrUnauthorized) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				if err != nil && !strings.Contains(err.Error(), test.says) {
					t.Errorf("%q does not say %q", err, test.says)
				}
				if took := time.Since(began); asked != test.asked || took != test.took {
					t.Errorf("asked %d times in %v, want %d in %v", asked, took, test.asked, test.took)
				}
			})
		})
	}
}

// The budget stays that of the connection when its token changes.
func TestTheBudgetBelongsToTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := notiontest.New(notiontest.Options{Violation: func(what string) { t.Error(what) }})
		app := w.AddApp(notiontest.AppOptions{RedirectURIs: []string{testRedirect}})
		db := w.AddDatabase("Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		o, err := NewOAuth(OAuthOptions{
			ClientID: app.ClientID(), ClientSecret: app.ClientSecret, AuthorizeURL: "https://notion.invalid/v1/oauth/authorize", TokenURL: "https://notion.invalid/v1/oauth/token",
			Transport: w.RoundTripper(),
		})
		if err != nil {
			t.Fatal(err)
		}
		granted := must(o.Exchange(t.Context(), app.Allow(w.People()[0], db), testRedirect))
		var mu sync.Mutex
		now := granted.Token
		c, err := NewClient(Options{
			Transport: w.RoundTripper(),
			Tokens:    tokenFunc(func() (*oauth2.Token, error) { mu.Lock(); defer mu.Unlock(); copied := now; return &copied, nil }),
			Renew: func(ctx context.Context, _ string) error {
				mu.Lock()
				defer mu.Unlock()
				renewed, err := o.Renew(ctx, now.RefreshToken)
				if err == nil {
					now = renewed.Token
				}
				return err
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 500 { // the workspace reports a request before a Retry-After has passed
			if n%100 == 50 {
				app.ExpireAccess(granted.BotID)
			}
			if _, err := c.Me(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := app.Renewals(granted.BotID); got != 5 {
			t.Errorf("renewed %d times", got)
		}
		if limit := c.Budget().RequestsPerMinute(); limit != 180 {
			t.Errorf("the plan was forgotten: %d requests a minute", limit)
		}
	})
}

type tokenFunc func() (*oauth2.Token, error)

func (f tokenFunc) Token() (*oauth2.Token, error) { return f() }
