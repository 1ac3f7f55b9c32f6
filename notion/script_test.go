package notion

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

const testToken = "ntn_secretOfTheTests"

// A reply is one scripted answer.
type reply struct {
	status int
	header map[string]string
	body   string
	err    error         // instead of an answer
	takes  time.Duration // the time before the answer begins
	cut    bool          // the connection ends after the body, before its announced end
	fails  error         // the connection's error after the body
	length int64         // the Content-Length; 0: none
	zeros  int64         // how many bytes follow the body
}

// ok is a 200 with that body.
func ok(body string) reply { return reply{status: 200, body: body} }

// An arrival is one request as it arrived.
type arrival struct {
	method, url, body string
	header            http.Header
	at                time.Time
}

// A script is a transport that answers with its replies in order, and then always with
// the last one.
type script struct {
	t       testing.TB
	replies []reply
	answer  func(*http.Request) (r reply, ok bool) // instead of replies, where ok

	mu       sync.Mutex
	requests []arrival
}

// RoundTrip implements http.RoundTripper.
func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			s.t.Error(err)
		}
		req.Body.Close()
	}
	s.mu.Lock()
	r := s.replies[min(len(s.requests), len(s.replies)-1)]
	if s.answer != nil {
		if answer, ok := s.answer(req); ok {
			r = answer
		}
	}
	s.requests = append(s.requests, arrival{req.Method, req.URL.String(), string(body), req.Header, time.Now()})
	s.mu.Unlock()
	if r.takes > 0 {
		if err := sleep(req.Context(), r.takes); err != nil {
			return nil, err
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "X-Notion-Request-Id": {"req-1"}}
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	for name, value := range r.header {
		if value == "" {
			header.Del(name)
			continue
		}
		header.Set(name, value)
	}
	var stream io.Reader = strings.NewReader(r.body)
	if r.cut {
		stream = io.MultiReader(stream, failingReader{io.ErrUnexpectedEOF})
	}
	if r.fails != nil {
		stream = io.MultiReader(stream, failingReader{r.fails})
	}
	if r.zeros > 0 {
		stream = io.MultiReader(stream, io.LimitReader(zeros{}, r.zeros))
	}
	return &http.Response{
		StatusCode: r.status, Header: header, Body: io.NopCloser(stream), ContentLength: cmp.Or(r.length, -1), Request: req,
	}, nil
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

// newScripted returns a client that gets the replies.
func newScripted(t testing.TB, replies ...reply) (*Client, *script) {
	return newScriptedWith(t, Options{}, replies...)
}

func newScriptedWith(t testing.TB, o Options, replies ...reply) (*Client, *script) {
	t.Helper()
	s := &script{t: t, replies: replies}
	o.Transport = s
	if o.Tokens == nil {
		o.Tokens = oauth2.StaticTokenSource(&oauth2.Token{AccessToken: testToken})
	}
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

// asError is the *Error in err.
func asError(t testing.TB, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T) wraps no *Error", err, err)
	}
	return e
}

const (
	pageID   = "59833787-2cf9-4fdf-8782-e53db20768a5"
	sourceID = "248104cd-477e-80af-bc30-000bd28de8f9"
	dbID     = "248104cd-477e-80fd-b757-e945d38000bd"
	userA    = "ee5f0f84-409a-440f-983a-a5315961c6e4"
)

// pageJSON is a whole page with these properties.
func pageJSON(id, properties string) string {
	return `{"object":"page","id":"` + id + `","created_time":"2026-03-01T19:05:00.000Z","last_edited_time":"2026-09-04T14:30:00.000Z",` +
		`"created_by":{"object":"user","id":"` + userA + `"},"last_edited_by":{"object":"user","id":"` + userA + `"},` +
		`"cover":null,"icon":{"type":"emoji","emoji":"🥬"},` +
		`"parent":{"type":"data_source_id","data_source_id":"` + sourceID + `","database_id":"` + dbID + `"},` +
		`"in_trash":false,"is_archived":false,"is_locked":false,"properties":` + properties +
		`,"url":"https://app.notion.com/p/x","public_url":null,"request_id":"1f0c"}`
}

const nameProperty = `{"Name":{"id":"title","type":"title","title":[{"type":"text","plain_text":"Lau"},{"type":"text","plain_text":"nch"}]}}`

// listJSON is a list response; an empty cursor ends the list.
func listJSON(cursor string, results ...string) string {
	next, more := "null", "false"
	if cursor != "" {
		next, more = `"`+cursor+`"`, "true"
	}
	return `{"object":"list","results":[` + strings.Join(results, ",") + `],"next_cursor":` + next +
		`,"has_more":` + more + `,"type":"page_or_data_source","page_or_data_source":{},"request_id":"1f0c"}`
}

func errorJSON(code, message string) string {
	return `{"object":"error","status":400,"code":"` + code + `","message":"` + message + `","request_id":"0c2f"}`
}
