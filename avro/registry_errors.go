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
	// ErrUnreachable: no answer, or one that says try later (429, 5xx).
	ErrUnreachable = errors.New("schema registry is unreachable")
	// ErrUnauthorized: the registry refused the credentials, or lacks rights for
	// them (401, 403).
	ErrUnauthorized = errors.New("schema registry refused access")
	// ErrIncompatible: the schema may not follow what the subject holds (409, or
	// our own check).
	ErrIncompatible = errors.New("schema is incompatible")
	// ErrInvalid: the registry cannot use what was sent (422, other 4xx), or we
	// cannot use its answer.
	ErrInvalid = errors.New("schema registry does not accept this")
	// ErrNotRegistered: the registry does not hold the schema.
	ErrNotRegistered = errors.New("schema is not registered")
)

// longestAnswer bounds what an error repeats of a registry's answer, in bytes.
const longestAnswer = 400

// wrap gives an error of the client its kind and says what was being done. Where
// ctx has ended, its cause comes first: the registry is not to blame.
func (r *Registry) wrap(ctx context.Context, doing string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%w, while schema registry %s was asked to %s", cause, r.address, doing)
	}
	var answer *sr.ResponseError
	if !errors.As(err, &answer) {
		if isDecodeError(err) {
			return r.fail(ErrInvalid, doing, "the answer is not a schema registry's; check schema_registry.url, path included: "+r.quoted(err.Error()))
		}
		if errors.Is(err, errTooMuchAnswered) {
			return r.fail(ErrInvalid, doing, errTooMuchAnswered.Error()+"; check schema_registry.url, path included")
		}
		if led, is := errors.AsType[ledElsewhere](err); is {
			return r.fail(ErrInvalid, doing, r.quoted(led.Error())+": give the registry's own address as schema_registry.url")
		}
		if slow, is := errors.AsType[net.Error](err); is && slow.Timeout() {
			return r.fail(ErrUnreachable, doing, fmt.Sprintf("no answer within %v", r.timeout))
		}
		return r.fail(ErrUnreachable, doing, r.quoted(err.Error()))
	}
	told := fmt.Sprintf("it answered %d: %s", answer.StatusCode, r.quoted(answer.Error()))
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

// fail is an error of one kind. No secret gets through, not even one that a
// registry or proxy repeats.
func (r *Registry) fail(kind error, doing, detail string) error {
	return fmt.Errorf("schema registry %s: %s: %w: %s", r.address, doing, kind, r.login.blot(detail))
}

// quoted is what an error repeats of an answer. Secrets are blotted out before it is
// cut, or a part of one might stay.
func (r *Registry) quoted(answer string) string { return shorten(r.login.blot(answer)) }

// isNotFound says that the registry, not some server before it, knows no such
// subject, version or schema (Confluent: error codes 40401 to 40403).
func isNotFound(err error) bool {
	var answer *sr.ResponseError
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound && sr.IsNotFoundError(answer.ErrorCode)
}

// isDecodeError says that an answer came and was not the JSON it should be.
func isDecodeError(err error) bool {
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	return errors.As(err, &syntax) || errors.As(err, &shape)
}

// shorten makes an answer, which may be a whole HTML page, fit into an error.
func shorten(answer string) string {
	answer = strings.Join(strings.Fields(answer), " ")
	if len(answer) <= longestAnswer {
		return answer
	}
	return strings.ToValidUTF8(answer[:longestAnswer], "") + "…"
}
