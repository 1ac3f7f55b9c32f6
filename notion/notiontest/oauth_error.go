package notiontest

import (
	"fmt"
	"net/http"
	"strconv"
)

// An ErrorShape is the shape of an error of the token endpoints. Notion's OpenAPI text
// and its guide differ (Notion: create-a-token, authorization).
type ErrorShape int

// The shapes of errors.
const (
	BothErrors ErrorShape = iota // the members of both
	APIErrors                    // code and message, as of other endpoints
	RFCErrors                    // error and error_description (RFC 6749, section 5.2)
)

// refusedGrant is an error of the token endpoints.
func refusedGrant(status int, code, format string, args ...any) *failure {
	return &failure{status: status, code: code, message: fmt.Sprintf(format, args...), oauth: true}
}

func invalidGrant(message string) *failure {
	return refusedGrant(http.StatusBadRequest, "invalid_grant", "%s", message)
}

func invalidOAuthRequest(format string, args ...any) *failure {
	return refusedGrant(http.StatusBadRequest, "invalid_request", format, args...)
}

func invalidClient() *failure {
	return refusedGrant(http.StatusUnauthorized, "invalid_client", "Client authentication failed.")
}

// appendOAuth appends the error in a shape.
func (f *failure) appendOAuth(b []byte, shape ErrorShape, requestID string) []byte {
	b = append(b, '{')
	if shape != RFCErrors {
		b = append(b, `"object":"error","status":`...)
		b = strconv.AppendInt(b, int64(f.status), 10)
		b = appendMember(b, "code", f.code)
		b = appendMember(b, "message", f.message)
		b = append(b, `,"additional_data":{}`...)
	}
	if shape != APIErrors {
		if shape == BothErrors {
			b = append(b, ',')
		}
		b = appendString(append(b, `"error":`...), f.code)
		b = appendMember(b, "error_description", f.message)
	}
	b = appendMember(b, "request_id", requestID)
	return append(b, '}')
}
