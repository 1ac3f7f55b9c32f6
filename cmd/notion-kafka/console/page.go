package console

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"notion-kafka/cmd/notion-kafka/console/pages"
	"notion-kafka/producer/control"
)

// people returns the routes of all pages, which are not in the API's document. A page is
// got; what changes something is posted by a form and leads to a page.
func (s *Server) people() map[string]http.HandlerFunc {
	routes := s.watching()
	maps.Copy(routes, s.adding())
	maps.Copy(routes, s.exploring())
	return routes
}

// watching returns the routes of what runs.
func (s *Server) watching() map[string]http.HandlerFunc {
	const (
		source = "/sources/{source}"
		stream = source + "/streams/{stream}"
	)
	return map[string]http.HandlerFunc{
		"GET " + assets + "{hash}/{name}": pages.ServeAsset,

		"GET /sources":                s.page(s.sourcesPage),
		"GET " + source:               s.page(s.streamsPage),
		"GET " + source + "/runs":     s.page(s.sourceRunsPage),
		"GET " + source + "/settings": s.page(s.settingsPage),
		"GET " + source + "/delete":   s.page(s.deletePage),
		"GET " + source + "/again":    s.page(s.againPage),
		"GET " + stream:               s.page(s.streamPage),
		"GET " + stream + "/held":     s.page(s.heldPage),
		"GET " + stream + "/reset":    s.page(s.againPage),
		"POST " + source + "/run":     s.form(s.runSource, "stream"),
		"POST " + source + "/failed":  s.form(s.runFailed),
		"POST " + source + "/pause":   s.form(s.pauseBy, "from"),
		"POST " + source + "/resume":  s.form(s.resumeBy, "from"),
		"POST " + source + "/delete":  s.form(s.deleteBy),
		"POST " + source + "/again":   s.form(s.readAgain, "how"),
		"POST " + stream + "/reset":   s.form(s.readStreamAgain, "how"),
		"POST " + stream + "/held":    s.form(s.decideHeld, "decision"),
		"GET /runs":                   s.page(s.runsPage),
		"GET /runs/{run}":             s.page(s.runPage),
		"POST /runs/{run}/cancel":     s.form(s.cancelBy),
		"GET /find":                   s.page(s.findPage),
		"GET /system":                 s.page(s.systemPage),
		"POST /system/log-level":      s.form(s.setLevelBy, "level"),
	}
}

// page handles the requests of a page.
func (s *Server) page(of func(r *http.Request) (pages.Page, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
		defer cancel()
		ctx = context.WithValue(ctx, failureKey{}, s.takeFailure(w, r))
		var page pages.Page
		err := s.patiently(ctx, func() (err error) {
			page, err = of(r.WithContext(ctx))
			return err
		})
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.drawPage(w, r, http.StatusOK, page)
	}
}

// failureKey is the key of a context with what the last form could not do.
type failureKey struct{}

// form handles a form that a page posted: do returns the path to go on at. The page after
// a form is always got, so that reloading it or going back repeats nothing.
func (s *Server) form(do func(call) (next string, err error), fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		form, err := readForm(w, r, fields...)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
		defer cancel()
		next := ""
		err = s.patiently(ctx, func() (err error) {
			next, err = do(call{Request: r.WithContext(ctx), query: form})
			return err
		})
		if err != nil {
			s.failForm(w, r, form.Get("from"), err)
			return
		}
		seeOther(w, r, next)
	}
}

// drawPage responds with a page.
func (s *Server) drawPage(w http.ResponseWriter, r *http.Request, status int, page pages.Page) {
	body, err := pages.Render(page)
	if err != nil {
		s.log.ErrorContext(r.Context(), "drawing a page failed", requestAttrs(r), "error", err)
		http.Error(w, "the page could not be drawn: the log of this instance has the reason", http.StatusInternalServerError)
		return
	}
	pageHeaders(w.Header())
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil { //nolint:gosec // html/template has made it
		s.log.DebugContext(r.Context(), "writing a page failed", requestAttrs(r), "error", err)
	}
}

// shell returns what is around every page.
func (s *Server) shell(r *http.Request, sources []control.Source) pages.Shell {
	shell := pages.Shell{
		Root: base(r), Now: time.Now(), Version: s.version, ReadOnly: s.readOnly, Said: pages.Notice(r.URL.Query().Get("said")),
		SignedIn: s.isSignedIn(r), NoContents: !s.preview,
	}
	shell.Failed, _ = r.Context().Value(failureKey{}).(string)
	_, shell.NoContents = s.backend.(hidden)
	for _, source := range sources {
		if pages.NeedsPerson(source) {
			shell.Waiting++
		}
	}
	shell.Warnings = s.warnings()
	return shell
}

// warnings returns what every page says about this instance and its group.
func (s *Server) warnings() (all []string) {
	wrong := s.readiness.recent(s.checkReady)
	for _, name := range slices.Sorted(maps.Keys(wrong)) {
		all = append(all, "This instance is not ready ("+name+"): "+wrong[name].Error())
	}
	if differ := s.backend.Instances().Disagreements; len(differ) > 0 {
		all = append(all, "The files of the instances disagree about "+strings.Join(differ, ", ")+".")
	}
	return all
}

// path returns the path of a page below the root; its segments are escaped.
func path(segments ...string) string {
	return "/" + pages.Shell{}.To(segments...)
}

// said adds a notice to a path.
func said(path string, notice pages.Notice) string { return path + "?said=" + string(notice) }
