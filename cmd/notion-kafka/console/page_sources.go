package console

import (
	"net/http"

	"notion-kafka/cmd/notion-kafka/console/pages"
	"notion-kafka/producer/control"
)

func (s *Server) sourcesPage(r *http.Request) (pages.Page, error) {
	query := r.URL.Query()
	sources := s.backend.Sources()
	filter := pages.SourceFilter{Text: query.Get("q"), Status: control.SourceStatus(query.Get("status"))}
	return pages.NewSources(s.shell(r, sources), sources, s.lastRuns, filter, s.backend.Drafts()), nil
}

// lastRuns returns the runs of a source that its strip shows.
func (s *Server) lastRuns(source string) []control.Run {
	return s.backend.AllRuns(control.RunFilter{Source: source, Limit: pages.MostInStrip})
}

// sourceOf returns the source of a request, and what is around its page.
func (s *Server) sourceOf(r *http.Request) (control.Source, pages.Shell, error) {
	sources := s.backend.Sources()
	source, err := sourceIn(sources, r.PathValue("source"))
	return source, s.shell(r, sources), err
}

func (s *Server) streamsPage(r *http.Request) (pages.Page, error) {
	source, shell, err := s.sourceOf(r)
	if err != nil {
		return nil, err
	}
	detail := pages.SourceDetail{Spent: s.spent(r, source.Name)}
	if detail.Runs, err = s.backend.Runs(source.Name); err != nil {
		return nil, err
	}
	detail.Streams, detail.Unknown = s.backend.Streams(r.Context(), source.Name)
	return pages.NewSourceStreams(shell, source, detail), nil
}

// spent returns the requests of a source's connection; nil where its owner does not say.
func (s *Server) spent(r *http.Request, source string) *control.Spending {
	spending, err := s.backend.Spending(r.Context(), source)
	if err != nil {
		return nil
	}
	return &spending
}

func (s *Server) sourceRunsPage(r *http.Request) (pages.Page, error) {
	source, shell, err := s.sourceOf(r)
	if err != nil {
		return nil, err
	}
	runs, err := s.backend.Runs(source.Name)
	return pages.NewSourceRuns(shell, source, runs), err
}

func (s *Server) settingsPage(r *http.Request) (pages.Page, error) {
	source, shell, err := s.sourceOf(r)
	return pages.NewSourceSettings(shell, source), err
}

func (s *Server) deletePage(r *http.Request) (pages.Page, error) {
	source, shell, err := s.sourceOf(r)
	if err != nil {
		return nil, err
	}
	streams, err := s.backend.Streams(r.Context(), source.Name)
	if err != nil {
		streams = nil // it can be deleted all the same
	}
	return pages.NewSourceDelete(shell, source, streams), nil
}

// againPage asks how a source, or one stream of it, is to be read again.
func (s *Server) againPage(r *http.Request) (pages.Page, error) {
	source, shell, err := s.sourceOf(r)
	if err != nil {
		return nil, err
	}
	streams, err := s.backend.Streams(r.Context(), source.Name)
	if err != nil {
		return nil, err
	}
	stream := r.PathValue("stream")
	if stream != "" {
		if _, err := streamNamed(streams, source.Name, stream); err != nil {
			return nil, err
		}
	}
	limit := 0
	if spent := s.spent(r, source.Name); spent != nil {
		limit = spent.Limit
	}
	return pages.NewSourceAgain(shell, source, streams, stream, limit), nil
}

func (s *Server) runSource(c call) (string, error) {
	var order control.Order
	if stream := c.query.Get("stream"); stream != "" {
		order.Streams = []string{stream}
	}
	return s.begin(c, order)
}

func (s *Server) runFailed(c call) (string, error) {
	return s.begin(c, control.Order{Failed: true})
}

// begin starts a run and returns the path of its page.
func (s *Server) begin(c call, order control.Order) (string, error) {
	run, err := s.backend.Start(c.Context(), c.PathValue("source"), order)
	return said(path("runs", run.ID), pages.Started), err
}

func (s *Server) pauseBy(c call) (string, error) {
	return s.back(c, pages.Paused), s.backend.Pause(c.Context(), c.PathValue("source"))
}

func (s *Server) resumeBy(c call) (string, error) {
	return s.back(c, pages.Resumed), s.backend.Resume(c.Context(), c.PathValue("source"))
}

// back returns the path of the page that a form was on: the list, or the source's.
func (s *Server) back(c call, notice pages.Notice) string {
	if c.query.Get("from") == "list" {
		return said(path("sources"), notice)
	}
	return said(path("sources", c.PathValue("source")), notice)
}

func (s *Server) deleteBy(c call) (string, error) {
	return said(path("sources"), pages.Deleted), s.backend.DeleteSource(c.Context(), c.PathValue("source"))
}

func (s *Server) readAgain(c call) (string, error) {
	publish, err := publishes(c)
	if err != nil {
		return "", err
	}
	return s.begin(c, control.Order{Full: true, Republish: publish})
}

// publishes reads how something is read again: with every row published, or only what
// differs.
func publishes(c call) (bool, error) {
	switch how := c.query.Get("how"); how {
	case "read":
		return false, nil
	case "publish":
		return true, nil
	default:
		return false, refuse(http.StatusBadRequest, "the form does not say whether to read or to publish again: go back, and press one of its buttons")
	}
}
