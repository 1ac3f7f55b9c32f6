package console

import (
	"net/http"
	"strings"

	"notion-kafka/cmd/notion-kafka/console/pages"
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
func (s *Server) findPage(r *http.Request) (pages.Page, error) {
	text := strings.TrimSpace(r.URL.Query().Get("page"))
	sources := s.backend.Sources()
	page := pages.NewFind(s.shell(r, sources), text, sources, s.lastRuns, nil)
	if run, _, err := s.backend.Run(text); err == nil {
		page.Run = &run
	}
	return page, nil
}

func (s *Server) setLevelBy(c call) (string, error) {
	return said(path("system"), pages.Level), s.changeLevel(c.Context(), c.query.Get("level"))
}
