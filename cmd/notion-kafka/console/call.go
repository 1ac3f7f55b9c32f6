package console

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"notion-kafka/producer/control"
)

// maxBody is the size of a request's body, in bytes.
const maxBody = 1 << 20

// A call is a request that brings what its route takes, and nothing else.
type call struct {
	*http.Request
	query url.Values
	body  []byte // nil: none
}

// An answer is what is said to a call.
type answer struct {
	status   int
	location string // of what was made
	body     any    // as JSON; nil: none
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

// answering is the way of every request with a JSON answer.
func (s *Server) answering(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		call, err := admitCall(w, req, r.takes)
		if err != nil {
			s.fail(w, req, err)
			return
		}
		// The body is here. A deadline for reading that passes meanwhile would
		// end the request.
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		ctx, cancel := context.WithTimeout(req.Context(), answerWithin)
		defer cancel()
		call.Request = req.WithContext(ctx)
		var answer answer
		if err = s.awake(ctx); err == nil {
			answer, err = r.answer(call)
		}
		if unknown(err) {
			if err = s.catchUp(ctx); err == nil {
				answer, err = r.answer(call)
			}
		}
		s.say(w, req, answer, err)
	})
}

// wakesWithin is how long a request waits for an instance that has just begun.
const wakesWithin = 10 * time.Second

func (s *Server) awake(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, wakesWithin)
	defer cancel()
	return s.backend.Awake(ctx)
}

// catchesUpWithin is how long a request waits before it is told that something is
// not there.
const catchesUpWithin = 5 * time.Second

// catchUp is for what this instance does not know: another one may have made it a
// moment ago, and whoever asks there and then here, as behind a balancer, is not to
// be told that there is no such thing.
func (s *Server) catchUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, catchesUpWithin)
	defer cancel()
	return s.backend.CatchUp(ctx)
}

// unknown says that the backend does not know what was asked for.
func unknown(err error) bool {
	known, is := errors.AsType[*control.Error](err)
	return is && known.Kind == control.NotFound
}

// say sends an answer, or what went wrong.
func (s *Server) say(w http.ResponseWriter, r *http.Request, answer answer, err error) {
	var body []byte
	if err == nil && answer.body != nil {
		body, err = encode(answer.body)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	contentType := ""
	if answer.body != nil {
		contentType = "application/json"
	}
	if answer.location != "" {
		w.Header().Set("Location", answer.location)
	}
	s.write(w, r, answer.status, contentType, body)
}

// encode is an answer as JSON. What others wrote may hold bytes that are no
// UTF-8; that is no reason to say nothing.
func encode(v any) ([]byte, error) { return json.Marshal(v, jsontext.AllowInvalidUTF8(true)) }

// write sends an answer. Who went away meanwhile misses nothing.
func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	w.WriteHeader(status)
	if len(body) == 0 {
		return
	}
	if _, err := w.Write(append(body, '\n')); err != nil {
		s.log.DebugContext(r.Context(), "an answer was not taken", asked(r), "error", err)
	}
}

// admitCall looks a request over.
func admitCall(w http.ResponseWriter, r *http.Request, takes takes) (call, error) {
	if err := accepts(r, "application/json"); err != nil {
		return call{}, err
	}
	query, err := readQuery(r, takes.query)
	if err != nil {
		return call{}, err
	}
	body, err := readBody(w, r, takes.body)
	return call{query: query, body: body}, err
}

// accepts refuses who would not understand the answer.
func accepts(r *http.Request, mediaType string) error {
	accepted := r.Header.Values("Accept")
	if len(accepted) == 0 {
		return nil
	}
	family, _, _ := strings.Cut(mediaType, "/")
	for one := range strings.SplitSeq(strings.Join(accepted, ","), ",") {
		name, params, err := mime.ParseMediaType(one)
		if err == nil && params["q"] != "0" && slices.Contains([]string{mediaType, family + "/*", "*/*"}, name) {
			return nil
		}
	}
	return refuse(http.StatusNotAcceptable, "the answer is %s, and the Accept header does not name it", mediaType)
}

// readQuery returns the parameters, each given at most once.
func readQuery(r *http.Request, known []string) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the query cannot be read: %v", err)
	}
	for name, values := range query {
		switch {
		case !slices.Contains(known, name) && len(known) == 0:
			return nil, refuse(http.StatusBadRequest, "unknown query parameter %q: there is none here", name)
		case !slices.Contains(known, name):
			return nil, refuse(http.StatusBadRequest, "unknown query parameter %q: this takes %s", name, strings.Join(known, ", "))
		case len(values) > 1:
			return nil, refuse(http.StatusBadRequest, "query parameter %q is given %d times", name, len(values))
		}
	}
	return query, nil
}

// readBody returns the body, nil where there is none.
func readBody(w http.ResponseWriter, r *http.Request, taken bool) ([]byte, error) {
	most := int64(maxBody)
	if !taken {
		most = 0
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	switch {
	case errors.As(err, new(*http.MaxBytesError)) && !taken:
		return nil, refuse(http.StatusBadRequest, "%s takes no body here; what can be said is in the path and the query", r.Method)
	case errors.As(err, new(*http.MaxBytesError)):
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", maxBody)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, refuse(http.StatusRequestTimeout, "the body did not arrive within %s", readWithin)
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "the body could not be read: %v", err)
	case len(body) == 0:
		return nil, nil
	}
	given := r.Header.Get("Content-Type")
	if name, _, err := mime.ParseMediaType(given); err != nil || name != "application/json" {
		return nil, refuse(http.StatusUnsupportedMediaType, "the body must be JSON and say so: Content-Type: application/json, not %q", given)
	}
	return body, nil
}
