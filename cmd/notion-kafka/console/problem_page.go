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
	page := pages.NewProblem(s.bareShell(r), p.Status, titleOf(p.Status), detail, again)
	page.SignIn = p.Status == http.StatusUnauthorized || r.URL.Path == loginPath
	s.drawPage(w, r, p.Status, page)
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

// bareShell returns what is around a page of which nothing is known: it needs no backend.
// Who has not signed in is not told how the console is set up.
func (s *Server) bareShell(r *http.Request) pages.Shell {
	shell := pages.Shell{Root: base(r), Now: time.Now()}
	shell.SignedIn = s.isSignedIn(r)
	if shell.SignedIn || s.login == nil {
		shell.Version, shell.ReadOnly = s.version, s.readOnly
	}
	return shell
}
