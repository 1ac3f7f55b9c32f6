package console

import (
	"cmp"
	"net/http"
	"slices"

	"notion-kafka/producer/control"
)

// runsOf returns the runs that fit a filter, the newest first.
func (s *Server) runsOf(filter control.RunFilter) (all []control.Run) {
	for _, source := range s.backend.Sources() {
		if source.Shadowed || filter.Source != "" && source.Name != filter.Source {
			continue
		}
		runs, err := s.backend.Runs(source.Name)
		if err != nil {
			continue // it was deleted meanwhile
		}
		for _, run := range runs {
			if (filter.Status == "" || run.Status == filter.Status) && (filter.Trigger == "" || run.Trigger == filter.Trigger) {
				all = append(all, run)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b control.Run) int { return cmp.Compare(b.ID, a.ID) })
	return all[:min(len(all), filter.Limit)]
}

// spent returns the requests of a source's connection; nil where its owner does not say.
func (s *Server) spent(r *http.Request, source string) *control.Spending {
	spending, err := s.backend.Spending(r.Context(), source)
	if err != nil {
		return nil
	}
	return &spending
}

// group returns the living instances.
func (s *Server) group() control.Group { return control.Group{} }
