package console

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"time"
)

// watched logs every request, and keeps a panic in one from ending the daemon.
func (s *Server) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := &seen{ResponseWriter: w}
		defer func() {
			if cause := recover(); cause != nil {
				s.recovered(seen, r, cause)
			}
			s.log.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path, "status", seen.status, "took", time.Since(begun))
		}()
		next.ServeHTTP(seen, r)
	})
}

// recovered answers with a problem where nothing was answered yet; else the
// connection is cut, so that nobody takes the half for the whole.
func (s *Server) recovered(w *seen, r *http.Request, cause any) {
	err := fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
	if w.status == 0 {
		s.fail(w, r, err)
		return
	}
	s.log.ErrorContext(r.Context(), "request failed in mid-answer", "method", r.Method, "path", r.URL.Path, "error", err)
	panic(http.ErrAbortHandler)
}

// seen remembers the status that was sent, 0 before.
type seen struct {
	http.ResponseWriter
	status int
}

// WriteHeader sends the status.
func (w *seen) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body, after the status of one that nobody set.
func (w *seen) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *seen) Unwrap() http.ResponseWriter { return w.ResponseWriter }
