package console

import (
	"bytes"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"
)

// The largest form of a page.
const (
	maxForm   = 64 << 10 // bytes
	maxFields = 1000
)

const formType = "application/x-www-form-urlencoded"

// readForm returns the fields of a form that a page posted, each at most once. A field
// that is not named is refused, and so is a form beyond the bounds, before it is parsed.
// The query has no fields.
func readForm(w http.ResponseWriter, r *http.Request, fields ...string) (url.Values, error) {
	if r.Method != http.MethodPost {
		return nil, refuse(http.StatusMethodNotAllowed, "a form is sent by %s, not by %s", http.MethodPost, r.Method)
	}
	given := r.Header.Get("Content-Type")
	if name, _, err := mime.ParseMediaType(given); err != nil || name != formType {
		return nil, refuse(http.StatusUnsupportedMediaType, "the body must be the form of a page, %s, not %q", formType, given)
	}
	body, err := readAll(w, r, maxForm)
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(body, []byte("&")) + 1; n > maxFields {
		return nil, refuse(http.StatusRequestEntityTooLarge, "the form has %d fields, and the maximum is %d", n, maxFields)
	}
	// A read deadline that passes after the body has arrived would end the request.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return parseForm(body, fields)
}

func parseForm(body []byte, fields []string) (url.Values, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the form cannot be read: %v", err)
	}
	for name, values := range form {
		switch {
		case !slices.Contains(fields, name):
			return nil, refuse(http.StatusBadRequest, "the form has an unknown field %q: reload its page, and send it again", name)
		case len(values) > 1:
			return nil, refuse(http.StatusBadRequest, "the form has the field %q %d times", name, len(values))
		case !utf8.ValidString(values[0]):
			return nil, refuse(http.StatusBadRequest, "the field %q of the form is not UTF-8", name)
		}
	}
	return form, nil
}
