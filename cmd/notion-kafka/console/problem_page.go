package console

import (
	"mime"
	"net/http"
	"strings"
	"time"

	"notion-kafka/cmd/notion-kafka/console/pages"
)

// wantsPage reports whether a person is to read the response: a browser that goes to a
// page names HTML. What is for programs is JSON for browsers too.
func wantsPage(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, assets) || isMonitoring(r.URL.Path) {
		return false
	}
	return names(r, "text/html")
}

// names reports whether a request's Accept header has a media type, and no pattern for it.
func names(r *http.Request, mediaType string) bool {
	for one := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		name, params, err := mime.ParseMediaType(one)
		if err == nil && name == mediaType && params["q"] != "0" {
			return true
		}
	}
	return false
}

// showProblem responds to a person with an error.
func (s *Server) showProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	detail, again := p.Detail, ""
	switch {
	case p.Status == http.StatusUnauthorized:
		detail = "You are not signed in, or no longer. Nothing was changed."
	case isSafe(r) && (p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests):
		again = base(r) + strings.TrimLeft(r.URL.RequestURI(), "/")
	}
	page := pages.NewProblem(s.shell(r), p.Status, titleOf(p.Status), detail, again)
	page.SignIn = p.Status == http.StatusUnauthorized || r.URL.Path == loginPath
	s.draw(w, r, p.Status, page)
}

func titleOf(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "sign in first"
	case status == http.StatusNotFound:
		return "there is no such page"
	case status >= http.StatusInternalServerError:
		return "that did not work"
	}
	return "that is not possible"
}

// shell returns what a page has around its content. Who has not signed in is not told how
// the console is set up.
func (s *Server) shell(r *http.Request) pages.Shell {
	shell := pages.Shell{Root: base(r), Now: time.Now()}
	shell.SignedIn = s.login != nil && s.login.left(r, shell.Now) > 0
	if shell.SignedIn || s.login == nil {
		shell.Version, shell.ReadOnly = s.version, s.readOnly
	}
	return shell
}

// draw responds with a page.
func (s *Server) draw(w http.ResponseWriter, r *http.Request, status int, page pages.Page) {
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
