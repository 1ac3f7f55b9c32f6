package console

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// watched logs every request, and keeps a panic in a handler from ending the daemon.
func (s *Server) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := &statusWriter{ResponseWriter: w}
		defer func() {
			if cause := recover(); cause != nil {
				s.recovered(seen, r, cause)
			}
			s.log.DebugContext(r.Context(), "request", requestAttrs(r), "status", seen.status, "took", time.Since(begun))
		}()
		next.ServeHTTP(seen, r)
	})
}

// longestPath bounds the method and the path of a request in the log, in bytes. The client
// chooses them, and they may be as long as all headers together.
const longestPath = 500

// requestAttrs returns the log attributes of a request.
func requestAttrs(r *http.Request) slog.Attr {
	return slog.Group("", "method", shortened(r.Method), "path", shortened(r.URL.Path))
}

func shortened(text string) string {
	if len(text) <= longestPath {
		return text
	}
	return strings.ToValidUTF8(text[:longestPath], "") + "…"
}

// recovered responds with a problem if nothing was sent yet. Else it cuts the connection,
// so that the client does not take half a response for the whole.
func (s *Server) recovered(w *statusWriter, r *http.Request, cause any) {
	err := fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
	if w.status == 0 {
		s.fail(w, r, err)
		return
	}
	s.log.ErrorContext(r.Context(), "request failed in mid-response", requestAttrs(r), "error", err)
	panic(http.ErrAbortHandler)
}

// A statusWriter remembers the status that was sent, 0 before.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader sends the status.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body, after a status of 200 if none was set.
func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
