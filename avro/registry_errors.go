package avro

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"
)

// The kinds of a Registry's errors, for errors.Is.
var (
	// ErrUnreachable: no response, or one that says to try later (429, 5xx).
	ErrUnreachable = errors.New("schema registry is unreachable")
	// ErrUnauthorized: the registry refused the credentials, or they lack rights
	// (401, 403).
	ErrUnauthorized = errors.New("schema registry refused access")
	// ErrIncompatible: the schema may not follow the subject's schemas (409, or our
	// own check).
	ErrIncompatible = errors.New("schema is incompatible")
	// ErrInvalid: the registry cannot use the request (422, other 4xx), or we cannot
	// use its response.
	ErrInvalid = errors.New("invalid request or response")
	// ErrNotRegistered: the registry does not hold the schema.
	ErrNotRegistered = errors.New("schema is not registered")
)

// longestQuote bounds the part of a registry's response in an error, in bytes.
const longestQuote = 400

// wrap adds to an error of the client its kind and what was being done. Where ctx
// has ended, its cause comes first: the registry is not to blame.
func (r *Registry) wrap(ctx context.Context, doing string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%w (schema registry %s: %s)", cause, r.address, doing)
	}
	var answer *sr.ResponseError
	if !errors.As(err, &answer) {
		if isDecodeError(err) {
			return r.fail(ErrInvalid, doing, "the response is not from a schema registry; check schema_registry.url, path included: "+r.quoted(err.Error()))
		}
		if errors.Is(err, errResponseTooLarge) {
			return r.fail(ErrInvalid, doing, errResponseTooLarge.Error()+"; check schema_registry.url, path included")
		}
		if redirect, is := errors.AsType[foreignRedirect](err); is {
			return r.fail(ErrInvalid, doing, r.quoted(redirect.Error())+": give the registry's own address as schema_registry.url")
		}
		if slow, is := errors.AsType[net.Error](err); is && slow.Timeout() {
			return r.fail(ErrUnreachable, doing, fmt.Sprintf("no answer within %v", r.timeout))
		}
		return r.fail(ErrUnreachable, doing, r.quoted(err.Error()))
	}
	told := fmt.Sprintf("the registry answered %d: %s", answer.StatusCode, r.quoted(answer.Error()))
	switch code := answer.StatusCode; {
	case code == http.StatusUnauthorized:
		return r.fail(ErrUnauthorized, doing, told+"; check schema_registry.username and password, or token")
	case code == http.StatusForbidden:
		return r.fail(ErrUnauthorized, doing, told+"; give these credentials the right to read and write the subject")
	case code == http.StatusConflict:
		return r.fail(ErrIncompatible, doing, told+"; give the stream another topic, or change the subject's compatibility")
	case code == http.StatusTooManyRequests || code >= 500:
		return r.fail(ErrUnreachable, doing, told+"; try again later")
	case code == http.StatusNotFound && !sr.IsNotFoundError(answer.ErrorCode):
		return r.fail(ErrInvalid, doing, told+"; there is no schema registry at this path, check schema_registry.url")
	default:
		return r.fail(ErrInvalid, doing, told)
	}
}

// fail returns an error of one kind. It contains no secret, not even one that a
// registry or proxy repeats.
func (r *Registry) fail(kind error, doing, detail string) error {
	return fmt.Errorf("schema registry %s: %s: %w: %s", r.address, doing, kind, r.login.mask(detail))
}

// quoted is the part of a response that an error repeats. Secrets are masked before
// the text is cut, or a part of one might stay.
func (r *Registry) quoted(answer string) string { return shorten(r.login.mask(answer)) }

// isNotFound reports whether the registry itself, not a server in front of it,
// knows no such subject, version or schema (Confluent: error codes 40401 to 40403).
func isNotFound(err error) bool {
	var answer *sr.ResponseError
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound && sr.IsNotFoundError(answer.ErrorCode)
}

// isDecodeError reports whether a response came that is not the expected JSON.
func isDecodeError(err error) bool {
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	return errors.As(err, &syntax) || errors.As(err, &shape)
}

// shorten cuts a response, which may be a whole HTML page, to fit into an error.
func shorten(answer string) string {
	answer = strings.Join(strings.Fields(answer), " ")
	if len(answer) <= longestQuote {
		return answer
	}
	return strings.ToValidUTF8(answer[:longestQuote], "") + "…"
}
