package notion

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"golang.org/x/oauth2"
)

// failingSource is a token source that fails.
type failingSource struct{ err error }

func (f failingSource) Token() (*oauth2.Token, error) { return nil, f.err }

// tokenIsNowhere fails the test where a text contains the token.
func tokenIsNowhere(t *testing.T, token string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for _, part := range []string{token, strings.TrimSpace(token), "secretOfTheTests"} {
			if strings.Contains(text, part) {
				t.Errorf("%q contains the token", text)
			}
		}
	}
}

// With the real transport no header error, echo or redirect shows the token.
func TestTokenIsInNoErrorAndNoLog(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	tests := map[string]struct {
		token  string
		kind   error
		answer http.HandlerFunc
	}{
		"line break at its end": {testToken + "\n", ErrUnauthorized, nil},
		"control character":     {"ntn_\x01secretOfTheTests", ErrUnauthorized, nil},
		"not ASCII":             {"ntn_é_secretOfTheTests", ErrUnauthorized, nil},
		"space":                 {"ntn_ secretOfTheTests", ErrUnauthorized, nil},
		"empty":                 {"", ErrUnauthorized, nil},
		"echoed by the server": {testToken, ErrInvalidRequest, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, errorJSON("validation_error", "got "+r.Header.Get("Authorization")))
		}},
		"redirect": {testToken, ErrInvalidRequest, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/?"+r.Header.Get("Authorization"), http.StatusTemporaryRedirect)
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests++
				test.answer(w, r)
			}))
			defer server.Close()
			var log bytes.Buffer
			c, err := NewClient(Options{
				BaseURL: server.URL,
				Tokens:  oauth2.StaticTokenSource(&oauth2.Token{AccessToken: test.token}),
				Logger:  slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Me(t.Context())
			if !errors.Is(err, test.kind) {
				t.Fatalf("error %v, want kind %v", err, test.kind)
			}
			if want := test.answer != nil; (requests > 0) != want {
				t.Errorf("sent %d requests", requests)
			}
			if test.token != "" {
				tokenIsNowhere(t, test.token, err.Error(), log.String())
			}
		})
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d requests followed a redirect to another host", n)
	}
}

// Each of OAuth's error codes (RFC 6749, 5.2) is a refusal, in the field that Notion
// documents and in the field that it sends; other codes are not.
func TestWhichAnswersRefuseARenewal(t *testing.T) {
	for code, want := range map[string]error{
		"invalid_grant": ErrUnauthorized, "invalid_client": ErrUnauthorized, "unauthorized_client": ErrUnauthorized,
		"invalid_request": ErrUnauthorized, "unsupported_grant_type": ErrUnauthorized, "invalid_scope": ErrUnauthorized,
		"test_env_error": ErrUnavailable, "rate_limited": ErrUnavailable, "service_unavailable": ErrUnavailable, "": ErrUnavailable,
	} {
		for _, answered := range []*oauth2.RetrieveError{
			{ErrorCode: code, Body: []byte(`{"error":"` + code + `"}`)},
			{Body: []byte(`{"object":"error","code":"` + code + `"}`)},
		} {
			synctest.Test(t, func(t *testing.T) {
				answered.Response = &http.Response{Status: "403 Forbidden", StatusCode: http.StatusForbidden}
				c, _ := newScriptedWith(t, Options{Tokens: failingSource{answered}}, ok(""))
				if _, err := c.Me(t.Context()); !errors.Is(err, want) {
					t.Errorf("code %q, body %s: error %v, want %v", code, answered.Body, err, want)
				}
			})
		}
	}
}

// A token that Notion refuses to renew needs a person. The token endpoint's answer is
// not in the error, because it may repeat a secret.
func TestRefusedRenewalIsUnauthorized(t *testing.T) {
	for code, want := range map[string]string{"invalid_grant": "invalid_grant", "": "400 Bad Request"} {
		refused := &oauth2.RetrieveError{
			Response:  &http.Response{Status: "400 Bad Request", StatusCode: http.StatusBadRequest},
			Body:      []byte(`{"code":"invalid_grant","refresh_token":"nrt_secretOfTheTests"}`),
			ErrorCode: code,
		}
		c, s := newScriptedWith(t, Options{Tokens: failingSource{refused}}, ok(""))
		_, err := c.Me(t.Context())
		if !errors.Is(err, ErrUnauthorized) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want unauthorized for %s", err, want)
		}
		tokenIsNowhere(t, "nrt_secretOfTheTests", err.Error())
		if len(s.requests) != 0 {
			t.Errorf("sent %d requests without a token", len(s.requests))
		}
	}
}
