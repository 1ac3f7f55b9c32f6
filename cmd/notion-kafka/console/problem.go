package console

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"notion-kafka/producer/control"
)

// A problem is the body of an error response (RFC 9457). Status is for programs, detail
// for people.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"`
}

func (p *problem) Error() string { return p.Detail }

// refuse returns a problem with a status.
func refuse(status int, format string, args ...any) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// tryAgain is the Retry-After of a 503.
const tryAgain = 5 * time.Second

// fail responds to a request with an error: to a person with a page, to a program with
// JSON.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problem(r, err)
	p.advise(w.Header(), r)
	if wantsPage(r) {
		s.showProblem(w, r, p)
		return
	}
	body, err := encode(p)
	if err != nil {
		s.log.ErrorContext(r.Context(), "encoding a problem failed", "error", err)
	}
	s.write(w, r, p.Status, "application/problem+json", body)
}

// advise sets the headers that tell a client how to go on.
func (p *problem) advise(h http.Header, r *http.Request) {
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", challenge(r))
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.Itoa(int(tryAgain.Seconds())))
	case http.StatusTooManyRequests:
		h.Set("Retry-After", strconv.Itoa(mostWaiting))
	}
}

// problem is the one place that turns errors into problems. An error without a message
// for the client goes to the log, and the response has a reference to the log line.
func (s *Server) problem(r *http.Request, err error) *problem {
	var p *problem
	var known *control.Error
	switch {
	case errors.As(err, &p):
	case errors.As(err, &known):
		p = refuse(statusOf(known.Kind), "%s", known.Message)
		if known.Kind == control.Internal {
			s.log.ErrorContext(r.Context(), "request failed", requestAttrs(r), "error", err)
		}
	case r.Context().Err() != nil:
		p = refuse(http.StatusServiceUnavailable, "the client cancelled the request")
	case errors.Is(err, context.DeadlineExceeded):
		p = refuse(http.StatusServiceUnavailable,
			"there was no result within %s, and the request may still take effect: look before trying again", answerWithin)
	default:
		reference := rand.Text()[:8]
		s.log.ErrorContext(r.Context(), "request failed", requestAttrs(r), "reference", reference, "error", err)
		p = refuse(http.StatusInternalServerError,
			"%s %s failed: the log of this instance has the reason under reference %s", r.Method, r.URL.Path, reference)
	}
	p.Instance = r.URL.EscapedPath()
	return p
}

func statusOf(kind control.ErrorKind) int {
	switch kind {
	case control.Invalid:
		return http.StatusUnprocessableEntity
	case control.NotFound:
		return http.StatusNotFound
	case control.Conflict:
		return http.StatusConflict
	case control.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
