package console

import (
	"net/http"

	"notion-kafka/producer/control"
)

// runsOf returns the runs that fit a filter, the newest first.
func (s *Server) runsOf(filter control.RunFilter) []control.Run { return s.backend.AllRuns(filter) }

// spent returns the requests of a source's connection; nil where its owner does not say.
func (s *Server) spent(r *http.Request, source string) *control.Spending {
	spending, err := s.backend.Spending(r.Context(), source)
	if err != nil {
		return nil
	}
	return &spending
}

// group returns the living instances.
func (s *Server) group() control.Group { return s.backend.Instances() }
