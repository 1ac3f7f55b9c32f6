//go:build real

package main_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// A silence is put before a server that is up and stops responding to some requests: it
// accepts them, and the clients wait for ever.
type silence struct {
	of   func(*http.Request) bool // the requests
	half func(*http.Request) bool // these get the head of a response and half of its body

	fall sync.Once
	fell chan struct{} // closed by begin
	once sync.Once
	met  chan struct{} // closed with the first request without a response
}

func newSilence(of, half func(*http.Request) bool) *silence {
	return &silence{of: of, half: half, fell: make(chan struct{}), met: make(chan struct{})}
}

// every and none select requests.
func every(*http.Request) bool { return true }
func none(*http.Request) bool  { return false }

// begin begins the silence.
func (s *silence) begin() { s.fall.Do(func() { close(s.fell) }) }

// before puts the silence before a server.
func (s *silence) before(server http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-s.fell:
			if s.of(r) {
				s.keep(w, r)
				return
			}
		default:
		}
		server.ServeHTTP(w, r)
	})
}

// keep ends when the client hangs up.
func (s *silence) keep(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // else the server would not notice that
	if s.half(r) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"object": "list", "results": [`)
		_ = http.NewResponseController(w).Flush()
	}
	s.once.Do(func() { close(s.met) })
	<-r.Context().Done()
}

// await waits until a request of the child gets no response.
func (s *silence) await(c *child) {
	c.t.Helper()
	select {
	case <-s.met:
	case <-c.isEnded:
		c.t.Fatalf("%s ended with exit code %d before it met the silence\n%s", c.what, c.end.code, c.end.talk)
	case <-c.ctx.Done():
		c.t.Fatalf("%s does not meet the silence; so far it wrote\n%s", c.what, c.talk)
	}
}

// silencedRegistry returns a registry's URL behind a silence.
func silencedRegistry(t *testing.T, s *silence, registry string) string {
	t.Helper()
	address, err := url.Parse(registry)
	if err != nil {
		t.Fatal(err)
	}
	path := address.Path
	address.Path = ""
	server := httptest.NewServer(s.before(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(address) }}))
	t.Cleanup(server.Close)
	return server.URL + path
}
