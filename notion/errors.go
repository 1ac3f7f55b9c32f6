package notion

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The kinds of an *Error, for errors.Is.
var (
	// ErrUnauthorized: Notion refuses the token (401), or the token is unusable.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrNoToken: there is no token to send, by a fault on this side; see [TokenError]. Notion
	// was not asked.
	ErrNoToken = errors.New("no token")
	// ErrForbidden: the connection lacks a capability (403).
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound: Notion itself says that the object does not exist or is not
	// shared (404 object_not_found), never which of the two. A 404 from a proxy on
	// the way is ErrUnavailable.
	ErrNotFound = errors.New("not found")
	// ErrThrottled: still too many requests, or an overload, after all waits that
	// Notion asked for (429, 529).
	ErrThrottled = errors.New("throttled")
	// ErrBlocked: Notion blocked the connection; retrying is pointless
	// (429 with public_api_request_blocked; Notion: request-limits).
	ErrBlocked = errors.New("blocked")
	// ErrUnavailable: no answer from Notion itself after all retries: 5xx, cut
	// connections, timeouts, truncated bodies, a proxy's pages.
	ErrUnavailable = errors.New("unavailable")
	// ErrIncomplete: Notion does not return the whole list: the result was capped,
	// or its cursors do not lead to the end.
	ErrIncomplete = errors.New("incomplete")
	// ErrInvalidCursor: Notion no longer knows the cursor (400); start the query
	// from its beginning, or from a later bound.
	ErrInvalidCursor = errors.New("invalid cursor")
	// ErrInvalidRequest: Notion refuses the request itself (other 4xx, and
	// redirects), or the client refused to send it.
	ErrInvalidRequest = errors.New("invalid request")
	// ErrInvalidGrant: Notion refuses an authorization code or a refresh token
	// (invalid_grant; Notion: create-a-token, refresh-a-token).
	ErrInvalidGrant = errors.New("invalid grant")
	// ErrInvalidClient: Notion refuses the client id and secret of the public
	// connection (invalid_client, unauthorized_client). It says nothing about a token.
	ErrInvalidClient = errors.New("invalid client")
	// ErrMalformed: a whole answer came that cannot be decoded.
	ErrMalformed = errors.New("malformed")
)

// An Error is the failure of a request after all retries that make sense. It
// contains no secrets.
type Error struct {
	Op         string        // what was being done, to what: "querying data source <id>"
	Kind       error         // one of the kinds above; nil where the caller's context ended
	Status     int           // HTTP status of the last answer; 0 without one
	Code       string        // Notion's code, e.g. "object_not_found"
	Message    string        // Notion's message, or ours where Notion sent none
	RequestID  string        // Notion's id of the request, for its support
	Reason     string        // additional_data.rate_limit_reason of a 429
	RetryAfter time.Duration // how long Notion asked to wait; 0 where it did not
	Attempts   int           // how often the request was sent
	Err        error         // the cause; may be nil
}

// Error says what was being done and what came back, and ends with a hint where
// only a person can help.
func (e *Error) Error() string {
	if token, is := errors.AsType[*TokenError](e.Err); is && e.Status == 0 && token.Final {
		return token.Why + "; " + token.Advice // whatever was to be done, there was no token to do it with
	}
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": HTTP %d", e.Status)
		if e.Code != "" {
			b.WriteString(" " + e.Code)
		}
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Err != nil {
		b.WriteString(": " + shortened(e.Err.Error()))
	}
	if e.Reason != "" {
		fmt.Fprintf(&b, " (%s)", e.Reason)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, " (Notion asks to wait %v)", e.RetryAfter)
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " (%d attempts)", e.Attempts)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	if hint := e.hint(); hint != "" {
		b.WriteString("; " + hint)
	}
	return b.String()
}

// Unwrap makes errors.Is find the kind and the cause.
func (e *Error) Unwrap() []error {
	var causes []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			causes = append(causes, err)
		}
	}
	return causes
}

// hint is what a person can do about the error, or "".
func (e *Error) hint() string {
	if token, is := errors.AsType[*TokenError](e.Err); is && token.Advice != "" {
		return token.Advice
	}
	switch {
	case errors.Is(e.Kind, ErrUnauthorized):
		return "check the token: it may be mistyped, expired or revoked, or its connection removed from the workspace"
	case errors.Is(e.Kind, ErrInvalidClient):
		return "check oauth.client_id and oauth.client_secret: they stand on the connection's page at Notion"
	case errors.Is(e.Kind, ErrForbidden):
		return `give the connection the "read content" capability in its settings, and check that nothing else in the message asks for action`
	case errors.Is(e.Kind, ErrNotFound):
		return "check the id, and share the database with the connection (in Notion: the database's ••• menu, Connections)"
	case errors.Is(e.Kind, ErrThrottled):
		return e.throttledHint()
	case errors.Is(e.Kind, ErrBlocked):
		return "Notion has blocked this connection and will not unblock it by itself: ask Notion's support"
	default:
		return ""
	}
}

// throttledHint says whose limit it was, and who could send fewer requests.
func (e *Error) throttledHint() string {
	switch {
	case e.Reason == workspaceLimit:
		return "all connections of the workspace share this limit: let the others send fewer requests, or set notion.requests_per_minute lower"
	case e.Status == statusOverload:
		return "Notion is overloaded: what was not read will be read by a later run"
	default:
		return "let other users of the same token send fewer requests, or set notion.requests_per_minute to leave them room"
	}
}
