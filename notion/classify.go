package notion

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// The values of rate_limit_reason that matter here (Notion: request-limits).
const (
	ownLimit       = "public_api_request_rate_limit"       // the connection used up its own window
	workspaceLimit = "public_api_space_request_rate_limit" // all connections of the workspace used up theirs
	blocked        = "public_api_request_blocked"          // Notion blocked the connection for good
)

// statusOverload is the status with which Notion reports its own overload, to be
// treated like a 429 (Notion: status-codes, service_overload).
const statusOverload = 529

// A verdict says how to go on after a failed attempt.
type verdict int

const (
	final        verdict = iota // a retry would fail the same way
	transient                   // a retry after a while may help
	heavy                       // like transient; a smaller page size may help more
	oversized                   // an immediate retry with a smaller page size helps, where there is one
	cut                         // like transient; after several, a smaller page size may help
	tokenRefused                // a retry shows whether Notion really refuses the token
	throttled                   // all requests of the budget wait, then a retry
)

// A slowError says that one attempt took longer than the request timeout. It
// replaces the context's error, which callers would mistake for their own context's.
type slowError struct {
	timeout time.Duration
	noRoom  bool // the attempt was waiting for room to read the answer
}

func (e *slowError) Error() string {
	if e.noRoom {
		return fmt.Sprintf("%v within %v: other answers took all of it", errNoRoom, e.timeout)
	}
	return fmt.Sprintf("no whole answer within %v", e.timeout)
}

// gateError is the error of a request that the budget did not let through.
func gateError(op string, err error) *Error {
	var pause *pauseError
	if errors.As(err, &pause) {
		return &Error{Op: op, Kind: ErrThrottled, RetryAfter: pause.left.Round(time.Second), Err: err}
	}
	return &Error{Op: op, Err: err}
}

// classifyFailure classifies an attempt without a whole answer.
func classifyFailure(op string, status int, err error) (*Error, verdict) {
	var outer *url.Error // names the method and URL, which op says better
	if errors.As(err, &outer) {
		err = outer.Err
	}
	fail := &Error{Op: op, Kind: ErrUnavailable, Status: status, Err: err}
	var slow *slowError
	var token *TokenError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &token):
		if fail.Kind = ErrUnauthorized; token.Ours {
			fail.Kind = ErrNoToken
		}
		return fail, final
	case errors.As(err, &certificate):
		fail.Message = "Notion's certificate is not trusted here (behind a proxy that inspects traffic, set notion.ca_file)"
		return fail, final
	case errors.Is(err, errTooLarge):
		fail.Kind = ErrMalformed
		return fail, oversized
	case errors.As(err, &slow):
		return fail, heavy
	case errors.Is(err, context.Canceled):
		// The transport's own cancellation; do handles the caller's.
		fail.Err = errors.New("the connection was abandoned")
	}
	if status/100 == 2 {
		return fail, cut
	}
	return fail, transient
}

// classifyAnswer classifies an answer by its status, headers and error body. It
// returns nil for an answer to be decoded.
func classifyAnswer(op string, resp *http.Response, body []byte) (*Error, verdict) {
	status := resp.StatusCode
	fail := &Error{
		Op:         op,
		Status:     status,
		RequestID:  quoted(resp.Header.Get("x-notion-request-id"), resp),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now()),
	}
	if status/100 == 2 {
		if looksLikeHTML(resp, body) {
			fail.Kind, fail.Message = ErrUnavailable, notNotion(resp)
			return fail, transient
		}
		return nil, final
	}
	if status/100 == 3 {
		fail.Kind = ErrInvalidRequest
		fail.Message = "redirected to " + redirectHost(resp) + ", where the token is not sent: check notion.api_url"
		return fail, final
	}
	fromNotion := fail.readBody(body, resp)
	if !fromNotion {
		fail.Message = notNotion(resp)
	}
	switch {
	case fail.Reason == blocked:
		fail.Kind = ErrBlocked
		return fail, final
	case status == http.StatusTooManyRequests, status == statusOverload:
		fail.Kind = ErrThrottled
		return fail, throttled
	case status == http.StatusGatewayTimeout, fromNotion && advisesLess(body):
		fail.Kind = ErrUnavailable
		return fail, heavy
	case status >= 500, status == http.StatusConflict, status == http.StatusRequestTimeout:
		fail.Kind = ErrUnavailable
		return fail, transient
	case !fromNotion:
		// A block at Notion's edge or a proxy's page (Notion: status-codes). A 404 of
		// these says nothing about a page.
		fail.Kind = ErrUnavailable
		return fail, transient
	}
	fail.Kind = kindOf(status, fail.Code, fail.Message)
	if status == http.StatusUnauthorized {
		return fail, tokenRefused
	}
	return fail, final
}

// kindOf is the kind of a client error (4xx) of Notion.
func kindOf(status int, code, message string) error {
	switch {
	case status == http.StatusUnauthorized:
		return ErrUnauthorized
	case status == http.StatusForbidden:
		return ErrForbidden
	case status == http.StatusNotFound && code == "object_not_found":
		return ErrNotFound
	case status == http.StatusBadRequest && strings.Contains(message, "start_cursor provided is invalid"):
		return ErrInvalidCursor // Notion has no code for it
	default:
		return ErrInvalidRequest
	}
}

// classifyDecoding classifies an answer by its decoder's error. A body that ends too
// early or is not JSON was damaged on its way, and is requested again; JSON that
// cannot be decoded would come again unchanged.
func classifyDecoding(op string, resp *http.Response, err error) (*Error, verdict) {
	if err == nil {
		return nil, final
	}
	fail := &Error{
		Op:        op,
		Kind:      ErrMalformed,
		Status:    resp.StatusCode,
		RequestID: quoted(resp.Header.Get("x-notion-request-id"), resp),
		Err:       err,
	}
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		fail.Kind = ErrUnavailable
		fail.Message = "the answer was cut off"
		return fail, cut
	case errors.As(err, &syntax) && !errors.Is(err, jsontext.ErrDuplicateName):
		return fail, transient
	default:
		return fail, final
	}
}

// readBody copies the fields of Notion's error object (Notion: status-codes). It
// reports whether the body is one.
func (e *Error) readBody(body []byte, resp *http.Response) bool {
	var said struct {
		Code           string
		Message        string
		RequestID      string         `json:"request_id"`
		AdditionalData map[string]any `json:"additional_data"`
	}
	// A field of an unexpected type is skipped, so that it hides no other.
	var mistyped *json.UnmarshalTypeError
	if err := json.Unmarshal(body, &said); err != nil && !errors.As(err, &mistyped) || said.Code == "" {
		return false
	}
	e.Code, e.Message = quoted(said.Code, resp), quoted(said.Message, resp)
	if e.RequestID == "" {
		e.RequestID = quoted(said.RequestID, resp)
	}
	reason, _ := said.AdditionalData["rate_limit_reason"].(string)
	e.Reason = quoted(reason, resp)
	if seconds, _ := said.AdditionalData["retry_after"].(string); e.RetryAfter == 0 {
		e.RetryAfter = retryAfter(seconds, time.Now())
	}
	return true
}

// advisesLess reports whether an error object advises a smaller page_size, as the
// 503 for a too expensive query does (Notion: query-a-data-source). The advice is
// prose, in one text or several.
func advisesLess(body []byte) bool {
	var said struct {
		AdditionalData struct {
			RetryGuidance json.RawMessage `json:"retry_guidance"`
		} `json:"additional_data"`
	}
	return json.Unmarshal(body, &said) == nil && bytes.Contains(said.AdditionalData.RetryGuidance, []byte("page_size"))
}

// retryAfter reads a Retry-After: whole seconds or an HTTP date. It is 0 where there
// is none or it cannot be read.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil && date.After(now) {
		return date.Sub(now)
	}
	return 0
}
