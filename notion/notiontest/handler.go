package notiontest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxBody bounds a request (Notion: request-limits, 500 KB a payload).
const maxBody = 500 << 10

// An answer is a response before it is sent.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    cutting
	delay  time.Duration
}

// ServeHTTP answers a request as Notion's API would, under the path /v1.
func (w *Workspace) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	a, err := w.respond(r)
	if err != nil || a.cut == cutBefore {
		panic(http.ErrAbortHandler) // closes the connection without a response
	}
	for name, values := range a.header {
		rw.Header()[name] = values
	}
	rw.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	rw.WriteHeader(a.status)
	if a.cut == cutMidway {
		_, _ = rw.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(rw).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = rw.Write(a.body) // fails where the client has closed the connection
}

// RoundTripper answers requests to any host in this process, without a network or a
// goroutine. It respects their contexts.
func (w *Workspace) RoundTripper() http.RoundTripper { return roundTripper{w} }

type roundTripper struct{ w *Workspace }

// RoundTrip implements http.RoundTripper. Its error is the context's, or a connection
// reset.
func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	a, err := t.w.respond(r)
	if err != nil {
		return nil, err
	}
	body := io.Reader(bytes.NewReader(a.body))
	switch a.cut {
	case cutBefore:
		return nil, errors.New("notiontest: connection reset by peer")
	case cutMidway:
		body = io.MultiReader(bytes.NewReader(a.body[:len(a.body)/2]), broken{})
	}
	return &http.Response{
		Status: strconv.Itoa(a.status) + " " + http.StatusText(a.status), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(body), ContentLength: int64(len(a.body)), Request: r,
	}, nil
}

// broken is the rest of a body whose connection was cut.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// respond reads a request, makes the answer from the workspace at its arrival, and then
// waits for its latency. Its error is the context's.
func (w *Workspace) respond(r *http.Request) (*answer, error) {
	if err := r.Context().Err(); err != nil {
		return nil, context.Cause(r.Context())
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1)); err != nil {
			return nil, fmt.Errorf("reading the request: %w", err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body)) // for the hook
	}
	var hooked *Fault
	if w.opts.Hook != nil {
		hooked = w.opts.Hook(r)
	}
	var latency time.Duration
	if w.opts.Latency != nil {
		latency = w.opts.Latency(r)
	}
	a := w.decide(r, body, hooked)
	if a.delay += latency; a.delay > 0 {
		timer := time.NewTimer(a.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return nil, context.Cause(r.Context())
		}
	}
	a.header.Set("Date", w.opts.Now().UTC().Format(http.TimeFormat))
	return a, nil
}

// decide makes the answer to a request and logs the request.
func (w *Workspace) decide(r *http.Request, body []byte, hooked *Fault) *answer {
	w.mu.Lock()
	a, endpoint, violation := w.decideLocked(r, body, hooked)
	entry := Request{At: w.opts.Now(), Endpoint: endpoint, URI: r.URL.RequestURI(), Body: string(body), Status: a.status}
	if a.cut == cutBefore {
		entry.Status = 0
	}
	w.log.add(entry)
	w.mu.Unlock()
	if violation != "" { // without the lock, because Violation may use the workspace
		w.violated(violation)
	}
	return a
}

func (w *Workspace) decideLocked(r *http.Request, body []byte, hooked *Fault) (a *answer, endpoint Endpoint, violation string) {
	defer func() { w.asking = nil }()
	requestID := w.newID().String()
	endpoint, q := parseRequest(r, body)
	a = &answer{status: http.StatusOK, header: http.Header{
		"Content-Type":        {"application/json; charset=utf-8"},
		"X-Notion-Request-Id": {requestID},
		"Cf-Ray":              {strconv.FormatUint(w.rng.Uint64(), 16) + "-FRA"},
	}}
	limits, failed, violation := w.admit(endpoint, q, r)
	var fault Fault
	if failed == nil {
		fault = w.faultOf(endpoint, q.path, hooked)
		if failed = fault.failure; failed != nil && failed.retryAfter > 0 {
			limits.announce(w.opts.Now(), failed)
		}
		if fault.carriesOut(endpoint) {
			q.short, q.circle, q.shuffle, q.badItem = w.shortened(fault), fault.circle, fault.shuffle, fault.badItem
			text, refused := w.read(endpoint, q)
			if failed == nil {
				a.body, failed = text, refused
			}
			violation = cmp.Or(violation, q.violation)
		}
	}
	a.cut, a.delay = fault.cut, fault.Delay
	a.complete(q, failed, fault, requestID)
	return a, endpoint, violation
}

// carriesOut reports whether a request that meets the fault is carried out.
func (f Fault) carriesOut(e Endpoint) bool {
	return f.late || f.failure == nil && (f.cut != cutBefore || !e.changes())
}

// complete makes the answer from what the endpoint returned, or from the failure.
func (a *answer) complete(q *request, failed *failure, fault Fault, requestID string) {
	switch {
	case fault.cut == cutBefore: // nobody sees it
		return
	case failed == nil && q.page != nil:
		a.show(q.page)
	case failed == nil:
		a.body = withRequestID(a.body, requestID)
	case fault.html:
		a.body = fmt.Appendf(nil, "<!DOCTYPE html>\n<html><head><title>%s</title></head><body><h1>%s</h1></body></html>\n", failed.message, failed.message)
		a.header.Set("Content-Type", "text/html; charset=UTF-8")
	case failed.oauth && q.app != nil:
		a.body = failed.appendOAuth(nil, q.app.opts.Errors, requestID)
	case failed.oauth:
		a.body = failed.appendOAuth(nil, BothErrors, requestID)
	default:
		a.body = failed.appendBody(nil, requestID)
	}
	if failed != nil {
		a.status = failed.status
		if failed.retryAfter > 0 {
			a.header.Set("Retry-After", strconv.Itoa(failed.retryAfter))
		}
	}
	if fault.edge {
		a.header.Del("X-Notion-Request-Id")
	}
	if fault.huge && failed == nil {
		a.body = inflated(a.body)
	}
	if fault.cut == cutButClaimed {
		a.body = a.body[:len(a.body)/2]
	}
}

// withRequestID appends request_id to a JSON object (Notion: status-codes).
func withRequestID(object []byte, id string) []byte {
	if string(object) == "{}" {
		return append(appendString([]byte(`{"request_id":`), id), '}')
	}
	return append(appendMember(object[:len(object)-1], "request_id", id), '}')
}

// faultOf is the fault of a request: the hook's, or the one of FailAlways, or the next
// of FailNext.
func (w *Workspace) faultOf(e Endpoint, path []string, hooked *Fault) Fault {
	due := w.takeFault(e)
	if hooked != nil {
		return *hooked
	}
	if lasting, ok := w.lastingFault(path); ok {
		return lasting
	}
	return due
}

// shortened decides how many results of a page a list shows.
func (w *Workspace) shortened(fault Fault) func(size int) int {
	switch {
	case fault.short:
		return func(size int) int { return min(size, fault.rows) }
	case w.opts.ShortPages > 0 && w.rng.Float64() < w.opts.ShortPages:
		return func(size int) int { return w.rng.IntN(size) }
	default:
		return func(size int) int { return size }
	}
}
