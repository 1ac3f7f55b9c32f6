package console

import (
	"net/http"

	"notion-kafka/cmd/notion-kafka/console/pages"
	"notion-kafka/producer/control"
)

// mostRunsOnPage is how many runs the list of all runs shows.
const mostRunsOnPage = 50

func (s *Server) runsPage(r *http.Request) (pages.Page, error) {
	query := r.URL.Query()
	filter := control.RunFilter{
		Source: query.Get("source"), Status: control.Status(query.Get("status")), Trigger: control.Trigger(query.Get("trigger")), Limit: mostRunsOnPage,
	}
	sources := s.backend.Sources()
	var names []string
	for _, source := range sources {
		if !source.Shadowed {
			names = append(names, source.Name)
		}
	}
	return pages.NewRuns(s.shell(r, sources), filter, names, s.backend.AllRuns(filter)), nil
}

func (s *Server) runPage(r *http.Request) (pages.Page, error) {
	run, log, err := s.backend.Run(r.PathValue("run"))
	if err != nil {
		return nil, err
	}
	query := r.URL.Query()
	detail := pages.RunDetail{Log: log, Level: query.Get("level"), Text: query.Get("q")}
	sources := s.backend.Sources()
	for _, source := range sources {
		if source.Name == run.Source && !source.Shadowed {
			detail.Source = source
		}
	}
	if !run.Status.Ended() {
		if spent := s.spent(r, run.Source); spent != nil {
			detail.Limit = spent.Limit
		}
	}
	return pages.NewRun(s.shell(r, sources), run, detail), nil
}

func (s *Server) cancelBy(c call) (string, error) {
	run, err := s.backend.Cancel(c.Context(), c.PathValue("run"))
	return said(path("runs", run.ID), pages.Cancelled), err
}
