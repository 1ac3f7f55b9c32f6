package console

import (
	"errors"
	"net/http"
	"strings"

	"notion-kafka/cmd/notion-kafka/console/pages"
	"notion-kafka/producer/control"
)

func (s *Server) systemPage(r *http.Request) (pages.Page, error) {
	wrong, err := s.readiness.result(r.Context(), s.checkReady)
	if err != nil {
		return nil, err
	}
	sources := s.backend.Sources()
	level := strings.ToLower(s.level.Level().String())
	return pages.NewSystem(s.shell(r, sources), s.backend.Instances(), wrong, level, sources, s.lastRuns), nil
}

// findPage looks for what the find box of the header has. A run's id is looked up first.
// findPage looks for a name, or for the page that an id or a link of Notion leads to.
func (s *Server) findPage(r *http.Request) (pages.Page, error) {
	text := strings.TrimSpace(r.URL.Query().Get("page"))
	sources := s.backend.Sources()
	shell := s.shell(r, sources)
	var finding *control.Finding
	found, err := s.backend.Find(r.Context(), text)
	switch known, is := errors.AsType[*control.Error](err); {
	case err == nil:
		finding = &found
	case !is || known.Kind != control.Invalid: // else it is no id, and may be a name
		shell.Failed = s.problem(r, err).Detail
	}
	page := pages.NewFind(shell, text, sources, s.lastRuns, finding)
	if run, _, err := s.backend.Run(text); err == nil {
		page.Run = &run
	}
	return page, nil
}

func (s *Server) setLevelBy(c call) (string, error) {
	return said(path("system"), pages.Level), s.changeLevel(c.Context(), c.query.Get("level"))
}
