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
	// waits for it without a bound of its own. It is shorter than a question to the
	// cluster may take, so that who asks one is told what is wrong.
	tokenTimeout = 10 * time.Second
	// tokenFailureCounts is how long a request that was not answered counts for others:
	// brokers are tried one after another, and each would wait as long.
	tokenFailureCounts = 5 * time.Second
)

var (
	errNoToken      = errors.New("getting a token for Kafka from kafka.sasl.token_url")
	errTokenRefused = errors.New("the broker refuses the token that kafka.sasl.token_url gave")
)

// oauthbearer asks the token URL for an access token (client credentials) and
// again when it runs out. Whoever signed the brokers' certificates is trusted
// there beside the system's authorities: the one may be the company's own, the
// other a service on the internet.
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
			return oauth.Auth{}, noToken(err)
		}
		return oauth.Auth{Token: token.AccessToken}, nil
	})}, nil
}

// noToken says why there is no token.
func noToken(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		// Its text repeats the answer's body, which may hold secrets.
		status := refused.Response.StatusCode
		if status/100 == 3 {
			return fmt.Errorf("%w: %d %s: it leads elsewhere, and the secret is not sent on: give the final address", errNoToken, status, http.StatusText(status))
		}
		return fmt.Errorf("%w: %d %s%s", errNoToken, status, http.StatusText(status), inBrackets(refused.ErrorCode))
	}
	if unanswered(err) {
		return fmt.Errorf("%w: no answer within %v", errNoToken, tokenTimeout)
	}
	return fmt.Errorf("%w: %w", errNoToken, err)
}

// unanswered says that a request ended because its time was over.
func unanswered(err error) bool {
	slow, is := errors.AsType[net.Error](err)
	return is && slow.Timeout()
}

// A tokenKeeper hands out the token of a source, for which all who need it wait
// together. It is for many goroutines.
type tokenKeeper struct {
	source oauth2.TokenSource

	mu     sync.Mutex
	err    error // of the last request, which was not answered; nil: it was
	failed time.Time
}

// Token implements oauth2.TokenSource.
func (k *tokenKeeper) Token() (*oauth2.Token, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil && time.Since(k.failed) < tokenFailureCounts {
		return nil, k.err
	}
	token, err := k.source.Token()
	k.err = nil
	if unanswered(err) {
		k.err, k.failed = err, time.Now()
	}
	return token, err
}

type tokenFunc func() (*oauth2.Token, error)

// Token implements oauth2.TokenSource.
func (f tokenFunc) Token() (*oauth2.Token, error) { return f() }

// bearer is the library's mechanism, with the broker's word on a token that it
// does not take.
type bearer struct{ sasl.Mechanism }

// Authenticate implements sasl.Mechanism.
func (b bearer) Authenticate(ctx context.Context, host string) (sasl.Session, []byte, error) {
	session, first, err := b.Mechanism.Authenticate(ctx, host)
	return bearerSession{session}, first, err
}

type bearerSession struct{ sasl.Session }

// Challenge implements sasl.Session. What a broker answers to a token that it
// refuses is JSON with a status (RFC 7628, 3.2.2).
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

// saidCodes are the words of token endpoints and brokers that an error repeats
// (RFC 6749, 5.2; RFC 6750, 3.1). Any other text may be long, or a secret.
var saidCodes = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"invalid_token", "insufficient_scope",
}

func inBrackets(code string) string {
	if !slices.Contains(saidCodes, code) {
		return ""
	}
	return " (" + code + ")"
}
