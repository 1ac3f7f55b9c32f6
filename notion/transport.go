package notion

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const defaultBaseURL = "https://api.notion.com"

// parseBaseURL checks the API's address, because the token is sent there.
func parseBaseURL(text string) (string, error) {
	if text == "" {
		text = defaultBaseURL
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "", errors.New("notion: the API's URL cannot be read: write it like " + defaultBaseURL)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("notion: the API's URL at host %s must have no user, query or fragment", u.Host)
	}
	switch {
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return strings.TrimRight(u.String(), "/"), nil
	case u.Scheme == "http":
		return "", fmt.Errorf("notion: plain http to %s would show the token to the network: use https", u.Host)
	default:
		return "", fmt.Errorf("notion: the API's URL has the scheme %q: use https", u.Scheme)
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// newTransport returns a transport that trusts roots (nil: the system's) and keeps as
// many connections open as there can be requests in flight.
func newTransport(roots *x509.CertPool, maxConcurrency int) *http.Transport {
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: maxConcurrency,
		IdleConnTimeout:     90 * time.Second,
		// Without pings a dead connection would fail every request put on it
		// until the operating system notices.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
	if roots != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return t
}

// usableTokens refuses tokens that a header cannot hold, before an error of net/http
// could repeat them.
type usableTokens struct{ source oauth2.TokenSource }

// A TokenError says why there is no token that Notion accepts. It never shows a token. A request
// that meets one ends at once, as ErrUnauthorized.
type TokenError struct {
	Why    string
	Advice string // what a person does next, instead of the general advice for a token
	Final  bool   // only a person can change it, so there is no use in another try
	// Ours says that the fault is on this side, which says nothing of the token: the request
	// ends as ErrNoToken.
	Ours bool
}

func (e *TokenError) Error() string { return e.Why }

// Token implements oauth2.TokenSource.
func (u usableTokens) Token() (*oauth2.Token, error) {
	token, err := u.source.Token()
	var answered *oauth2.RetrieveError
	switch {
	case errors.As(err, new(*TokenError)):
		return nil, err
	case errors.As(err, &answered):
		// Its own text may quote the token endpoint's whole answer.
		refusal := refusalCode(answered)
		why := strings.TrimSpace(statusOf(answered) + " " + refusal)
		if refusal == "" {
			return nil, errors.New("the token endpoint sent an unexpected answer: " + why)
		}
		return nil, &TokenError{Why: "Notion refused to renew the token: " + why}
	case err != nil:
		return nil, fmt.Errorf("getting a token: %w", err)
	case token.AccessToken == "":
		return nil, &TokenError{Why: "the token is empty"}
	case strings.ContainsFunc(token.AccessToken, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, &TokenError{Why: "the token holds a space, a line break or another character that no token has"}
	}
	return token, nil
}

// refusalCodes are the codes of a refusal (RFC 6749, 5.2).
var refusalCodes = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
}

// refusalCode is the code with which a token endpoint refuses, or "" where its answer
// is not a refusal: the endpoint is down or throttles, or a proxy answered. x/oauth2
// has one error for all of these. It reads the code from the field error, but Notion
// documents the field code (Notion: create-a-token).
func refusalCode(answered *oauth2.RetrieveError) string {
	if r := answered.Response; r != nil {
		switch {
		case r.StatusCode >= 500, r.StatusCode == http.StatusRequestTimeout, r.StatusCode == http.StatusTooManyRequests:
			return ""
		}
	}
	var said struct{ Code string }
	_ = json.Unmarshal(answered.Body, &said) // a body that is not JSON has no code
	for _, code := range []string{answered.ErrorCode, said.Code} {
		if slices.Contains(refusalCodes, code) {
			return code
		}
	}
	return ""
}

// statusOf is the status of a token endpoint's answer, such as "403 Forbidden".
func statusOf(answered *oauth2.RetrieveError) string {
	if answered.Response == nil {
		return ""
	}
	status := answered.Response.StatusCode
	return strings.TrimSpace(fmt.Sprint(status, " ", http.StatusText(status))) // the status text of the answer could be anything
}

// errTooLarge: an answer has more than maxBody bytes.
var errTooLarge = errors.New("the answer is larger than 64 MiB")

// errNoRoom: a Room had no place for an answer within the request timeout.
var errNoRoom = errors.New("no room for a large answer")
