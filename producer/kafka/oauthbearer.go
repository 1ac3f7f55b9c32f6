package kafka

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	// tokenTimeout bounds one request for an access token: the client library
	// waits for it without a bound of its own. It is shorter than requestTimeout, so
	// that the caller of a request gets the reason.
	tokenTimeout = 10 * time.Second
	// tokenFailureTTL is how long the failure of an unanswered request counts for
	// others: brokers are tried one after another, and each try would wait as long.
	tokenFailureTTL = 5 * time.Second
)

var (
	errNoToken      = errors.New("getting a token for Kafka from kafka.sasl.token_url")
	errTokenRefused = errors.New("the broker refuses the token that kafka.sasl.token_url gave")
)

// oauthbearer requests an access token from the token URL (client credentials), and
// a new one when it expires. The token server may have a certificate of the brokers'
// authorities or of the system's: it may be the company's own, or a service on the
// internet.
func (s Security) oauthbearer() (sasl.Mechanism, error) {
	if _, err := s.systemAndOurs(); err != nil {
		return nil, err
	}
	transport := &trusting{security: s}
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{
		Transport: transport, Timeout: tokenTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the secret is for this address alone
	})
	config := clientcredentials.Config{ClientID: s.Username, TokenURL: s.TokenURL, Scopes: s.Scopes}
	tokens := &tokenKeeper{source: oauth2.ReuseTokenSource(nil, tokenFunc(func() (*oauth2.Token, error) {
		now := config
		now.ClientSecret = s.password()
		return now.Token(ctx)
	}))}
	return bearer{oauth.Oauth(func(context.Context) (oauth.Auth, error) {
		token, err := tokens.Token()
		if err != nil {
			err = tokenError(err)
		}
		s.noToken.set(err)
		if err != nil {
			return oauth.Auth{}, err
		}
		return oauth.Auth{Token: token.AccessToken}, nil
	})}, nil
}

// A tokenFailure keeps why there was no token when one was needed last. It is safe for
// concurrent use; a nil one keeps nothing.
type tokenFailure struct {
	mu  sync.Mutex
	err error // nil: there was one
}

func (f *tokenFailure) set(err error) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *tokenFailure) last() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// tokenError explains why there is no token.
func tokenError(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		// Its text repeats the answer's body, which may hold secrets.
		status := refused.Response.StatusCode
		if status/100 == 3 {
			return fmt.Errorf("%w: %d %s: it redirects elsewhere, and the secret is not sent on: give the final address", errNoToken, status, http.StatusText(status))
		}
		return fmt.Errorf("%w: %d %s%s", errNoToken, status, http.StatusText(status), inBrackets(refused.ErrorCode))
	}
	if isTimeout(err) {
		return fmt.Errorf("%w: no answer within %v", errNoToken, tokenTimeout)
	}
	return fmt.Errorf("%w: %w", errNoToken, err)
}

// isTimeout reports whether a request ended because its time was over.
func isTimeout(err error) bool {
	slow, is := errors.AsType[net.Error](err)
	return is && slow.Timeout()
}

// A tokenKeeper hands out the token of a source. All callers wait for one request
// together. It is safe for concurrent use.
type tokenKeeper struct {
	source oauth2.TokenSource

	mu     sync.Mutex
	err    error // of the last request, if it was not answered
	failed time.Time
}

// Token implements oauth2.TokenSource.
func (k *tokenKeeper) Token() (*oauth2.Token, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil && time.Since(k.failed) < tokenFailureTTL {
		return nil, k.err
	}
	token, err := k.source.Token()
	k.err = nil
	if isTimeout(err) {
		k.err, k.failed = err, time.Now()
	}
	return token, err
}

type tokenFunc func() (*oauth2.Token, error)

// Token implements oauth2.TokenSource.
func (f tokenFunc) Token() (*oauth2.Token, error) { return f() }

// bearer is the library's mechanism, with the broker's reason for refusing a token
// in the error.
type bearer struct{ sasl.Mechanism }

// Authenticate implements sasl.Mechanism.
func (b bearer) Authenticate(ctx context.Context, host string) (sasl.Session, []byte, error) {
	session, first, err := b.Mechanism.Authenticate(ctx, host)
	return bearerSession{session}, first, err
}

type bearerSession struct{ sasl.Session }

// Challenge implements sasl.Session. A broker answers a token that it refuses with
// JSON that has a status (RFC 7628, 3.2.2).
func (s bearerSession) Challenge(answer []byte) (done bool, reply []byte, err error) {
	done, reply, err = s.Session.Challenge(answer)
	if err == nil {
		return done, reply, nil
	}
	var refused struct{ Status string }
	if json.Unmarshal(answer, &refused) != nil {
		return false, nil, errTokenRefused
	}
	return false, nil, fmt.Errorf("%w%s", errTokenRefused, inBrackets(refused.Status))
}

// knownCodes are the error codes of token endpoints and brokers that our errors
// repeat (RFC 6749, 5.2; RFC 6750, 3.1). Any other text may be long, or a secret.
var knownCodes = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"invalid_token", "insufficient_scope",
}

func inBrackets(code string) string {
	if !slices.Contains(knownCodes, code) {
		return ""
	}
	return " (" + code + ")"
}
