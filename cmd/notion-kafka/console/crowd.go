package console

import "net/http"

// What other programs may hold open at an instance at a time. A stream of events has
// a connection, two goroutines and a run in memory, for as long as the run takes.
const (
	mostConnections = 2000
	mostStreams     = 256
)

// beginStream takes a place for a stream of events, which end gives back.
func (s *Server) beginStream() (end func(), err error) {
	select {
	case s.streams <- struct{}{}:
		return func() { <-s.streams }, nil
	default:
		return nil, refuse(http.StatusServiceUnavailable,
			"%d streams of events are open at this instance, and it opens no more: ask again in a while, or ask GET /api/v1/runs/{id} now and then", mostStreams)
	}
}
