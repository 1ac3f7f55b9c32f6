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
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"notion-kafka/producer/control"
)

// maxBody is the largest size of a request's body, in bytes.
const maxBody = 1 << 20

// A call is a request whose query and body its route accepts.
type call struct {
	*http.Request
	query url.Values
	body  []byte // nil: none
}

// An answer is the response to a call.
type answer struct {
	status   int
	location string // of what was created: a path of the console
	body     any    // as JSON; nil: none
	next     string // a reference to the next page, relative to the request's address; "": none
	bound    string // what was not looked at, in a sentence; "": nothing
}

// number returns a query parameter that is a whole number from least to most; usual if it
// is not given.
func (c call) number(name string, usual, least, most int) (int, error) {
	if !c.query.Has(name) {
		return usual, nil
	}
	given := c.query.Get(name)
	n, err := strconv.Atoi(given)
	if err != nil || n < least || n > most {
		return 0, refuse(http.StatusBadRequest, "query parameter %s must be a whole number from %d to %d, not %q", name, least, most, given)
	}
	return n, nil
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

// answering handles every request with a JSON response.
func (s *Server) answering(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		call, err := admitCall(w, req, r.takes)
		if err != nil {
			s.fail(w, req, err)
			return
		}
		// The body has arrived. A read deadline that passes meanwhile would end the
		// request.
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		ctx, cancel := context.WithTimeout(req.Context(), answerWithin)
		defer cancel()
		call.Request = req.WithContext(ctx)
		var answer answer
		err = s.patiently(ctx, func() (err error) {
			answer, err = r.answer(call)
			return err
		})
		s.respond(w, req, answer, err)
	})
}

// patiently does what needs the backend once that is awake, and a second time if the
// backend did not know what was requested before it caught up.
func (s *Server) patiently(ctx context.Context, do func() error) error {
	err := s.awake(ctx)
	if err == nil {
		err = do()
	}
	if unknown(err) {
		if err = s.catchUp(ctx); err == nil {
			err = do()
		}
	}
	return err
}

// wakesWithin is how long a request waits for an instance that has just started.
const wakesWithin = 10 * time.Second

func (s *Server) awake(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, wakesWithin)
	defer cancel()
	return s.backend.Awake(ctx)
}

// catchesUpWithin is how long a request waits before the response is "not found".
const catchesUpWithin = 5 * time.Second

// catchUp waits for what other instances have written. A client behind a load balancer
// may create a source at another instance and ask for it here a moment later.
func (s *Server) catchUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, catchesUpWithin)
	defer cancel()
	return s.backend.CatchUp(ctx)
}

// unknown reports whether the backend does not know what was requested.
func unknown(err error) bool {
	known, is := errors.AsType[*control.Error](err)
	return is && known.Kind == control.NotFound
}

// respond sends a response, or the error.
func (s *Server) respond(w http.ResponseWriter, r *http.Request, answer answer, err error) {
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
		w.Header().Set("Location", base(r)+strings.TrimPrefix(answer.location, "/"))
	}
	if answer.next != "" {
		w.Header().Set("Link", "<"+answer.next+`>; rel="next"`)
	}
	if answer.bound != "" {
		w.Header().Set(boundHeader, plainASCII(answer.bound))
	}
	s.write(w, r, answer.status, contentType, body)
}

// encode returns JSON. Text from other programs may hold invalid UTF-8, and their objects two
// members of one name, which must not suppress the response.
func encode(v any) ([]byte, error) {
	return json.Marshal(v, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
}

// write sends a response. A client that is gone is only logged.
func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	w.WriteHeader(status)
	if len(body) == 0 {
		return
	}
	if _, err := w.Write(append(body, '\n')); err != nil {
		s.log.DebugContext(r.Context(), "writing a response failed", requestAttrs(r), "error", err)
	}
}

// admitCall checks a request's Accept header, query and body.
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

// accepts refuses a request that does not accept the response's media type.
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
	return refuse(http.StatusNotAcceptable, "the response is %s, which the Accept header does not name", mediaType)
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
			return nil, refuse(http.StatusBadRequest, "unknown query parameter %q: this path takes none", name)
		case !slices.Contains(known, name):
			return nil, refuse(http.StatusBadRequest, "unknown query parameter %q: this path takes %s", name, strings.Join(known, ", "))
		case len(values) > 1:
			return nil, refuse(http.StatusBadRequest, "query parameter %q is given %d times", name, len(values))
		}
	}
	return query, nil
}

// readBody returns the body, nil if there is none.
func readBody(w http.ResponseWriter, r *http.Request, taken bool) ([]byte, error) {
	most := int64(maxBody)
	if !taken {
		most = 0
	}
	body, err := readAll(w, r, most)
	switch {
	case !taken && isTooLong(err):
		return nil, refuse(http.StatusBadRequest, "%s takes no body here, only the path and the query", r.Method)
	case err != nil:
		return nil, err
	case len(body) == 0:
		return nil, nil
	}
	given := r.Header.Get("Content-Type")
	if name, _, err := mime.ParseMediaType(given); err != nil || name != "application/json" {
		return nil, refuse(http.StatusUnsupportedMediaType, "the body must be JSON and say so: Content-Type: application/json, not %q", given)
	}
	return body, nil
}

func isTooLong(err error) bool {
	p, is := errors.AsType[*problem](err)
	return is && p.Status == http.StatusRequestEntityTooLarge
}

// readAll returns a request's body of at most so many bytes.
func readAll(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", most)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, refuse(http.StatusRequestTimeout, "the body did not arrive within %s", readWithin)
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "the body could not be read: %v", err)
	}
	return body, nil
}
