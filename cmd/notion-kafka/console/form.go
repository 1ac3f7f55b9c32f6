package console

import (
	"bytes"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A formSize is how large a form may be.
type formSize struct{ bytes, fields int }

// The largest form of a page, and of one with a field for each stream: a source has at most
// 1,000 rules (package config).
var (
	usualForm = formSize{64 << 10, 1000}
	longForm  = formSize{512 << 10, 4000}
)

// sizeOf is how large a form with these fields may be.
func sizeOf(fields []string) formSize {
	if slices.ContainsFunc(fields, func(field string) bool { return strings.HasSuffix(field, "*") }) {
		return longForm
	}
	return usualForm
}

const formType = "application/x-www-form-urlencoded"

// readForm returns the fields of a form that a page posted, each at most once. A field
// that is not named is refused, and so is a form beyond the bounds, before it is parsed.
// A name that ends with * stands for all fields that begin so. The query has no fields.
func readForm(w http.ResponseWriter, r *http.Request, fields ...string) (url.Values, error) {
	if r.Method != http.MethodPost {
		return nil, refuse(http.StatusMethodNotAllowed, "a form is sent by %s, not by %s", http.MethodPost, r.Method)
	}
	given := r.Header.Get("Content-Type")
	if name, _, err := mime.ParseMediaType(given); err != nil || name != formType {
		return nil, refuse(http.StatusUnsupportedMediaType, "the body must be the form of a page, %s, not %q", formType, given)
	}
	most := sizeOf(fields)
	body, err := readAll(w, r, int64(most.bytes))
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(body, []byte("&")) + 1; n > most.fields {
		return nil, refuse(http.StatusRequestEntityTooLarge, "the form has %d fields, and the maximum is %d", n, most.fields)
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
		case !isNamed(fields, name):
			return nil, refuse(http.StatusBadRequest, "the form has an unknown field %q: reload its page, and send it again", name)
		case len(values) > 1:
			return nil, refuse(http.StatusBadRequest, "the form has the field %q %d times", name, len(values))
		case !utf8.ValidString(values[0]):
			return nil, refuse(http.StatusBadRequest, "the field %q of the form is not UTF-8", name)
		}
	}
	return form, nil
}

// isNamed reports whether a form may have a field.
func isNamed(fields []string, name string) bool {
	return slices.ContainsFunc(fields, func(field string) bool {
		start, many := strings.CutSuffix(field, "*")
		return field == name || many && strings.HasPrefix(name, start)
	})
}
