package notiontest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// A failure is an error response of the API (Notion: status-codes).
type failure struct {
	status     int
	code       string
	message    string
	additional []detail
	retryAfter int  // seconds; 0: no Retry-After
	oauth      bool // shown in the shape of an App's errors
}

// A detail is a member of additional_data: a string or an array of strings.
type detail struct {
	name   string
	value  string
	values []string
}

func (f *failure) Error() string { return fmt.Sprintf("%d %s: %s", f.status, f.code, f.message) }

// appendBody appends the error object.
func (f *failure) appendBody(b []byte, requestID string) []byte {
	b = append(b, `{"object":"error","status":`...)
	b = strconv.AppendInt(b, int64(f.status), 10)
	b = appendMember(b, "code", f.code)
	b = appendMember(b, "message", f.message)
	for i, d := range f.details() {
		if i == 0 {
			b = append(b, `,"additional_data":{`...)
		} else {
			b = append(b, ',')
		}
		b = append(appendString(b, d.name), ':')
		if d.values != nil {
			b = appendList(b, d.values, appendString)
		} else {
			b = appendString(b, d.value)
		}
	}
	if len(f.details()) > 0 {
		b = append(b, '}')
	}
	b = appendMember(b, "request_id", requestID)
	return append(b, '}')
}

// details are the members of additional_data, which repeats a Retry-After as a string
// (Notion: request-limits).
func (f *failure) details() []detail {
	if f.retryAfter == 0 {
		return f.additional
	}
	return append(f.additional[:len(f.additional):len(f.additional)], detail{name: "retry_after", value: strconv.Itoa(f.retryAfter)})
}

func invalid(format string, args ...any) *failure {
	return &failure{status: http.StatusBadRequest, code: "validation_error", message: fmt.Sprintf(format, args...)}
}

// unexpected refuses an unknown member.
func unexpected(place, name string, value []byte) *failure {
	shown := string(value)
	if strings.HasPrefix(shown, "{") || strings.HasPrefix(shown, "[") {
		shown = "{...}"
	}
	return invalid("body failed validation: %s.%s should be not present, instead was `%s`.", place, name, shown)
}

// notFound tells people to share objects with the connection that asks.
func (w *Workspace) notFound(kind, id string) *failure {
	return &failure{
		status: http.StatusNotFound, code: "object_not_found",
		message: fmt.Sprintf("Could not find %s with ID: %s. Make sure the relevant pages and databases are shared with your integration %q.", kind, id, w.asking.bot.name),
	}
}

func invalidURL() *failure {
	return &failure{status: http.StatusBadRequest, code: "invalid_request_url", message: "Invalid request URL."}
}

func unauthorized() *failure {
	return &failure{status: http.StatusUnauthorized, code: "unauthorized", message: "API token is invalid."}
}

func missingVersion() *failure {
	return &failure{
		status: http.StatusBadRequest, code: "missing_version",
		message: "Notion-Version header failed validation: Notion-Version header should be defined, instead was `undefined`.",
	}
}

func rateLimited(reason string, seconds int) *failure {
	return &failure{
		status: http.StatusTooManyRequests, code: "rate_limited",
		message:    "You have been rate limited. Please try again in a few minutes.",
		additional: []detail{{name: "rate_limit_reason", value: reason}},
		retryAfter: seconds,
	}
}
