package console

import "net/http"

// How many connections and streams of events clients may hold open at one instance. A
// stream takes a connection, two goroutines and a run in memory, for as long as the run
// takes.
const (
	mostConnections = 2000
	mostStreams     = 256
)

// beginStream takes a slot for a stream of events; end releases it.
func (s *Server) beginStream() (end func(), err error) {
	select {
	case s.streams <- struct{}{}:
		return func() { <-s.streams }, nil
	default:
		return nil, refuse(http.StatusServiceUnavailable,
			"this instance has its maximum of %d streams of events open: try again later, or poll GET /api/v1/runs/{id}", mostStreams)
	}
}
