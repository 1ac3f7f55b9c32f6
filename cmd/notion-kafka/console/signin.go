package console

import (
	"errors"
	"net/http"
	"net/url"
	slashpath "path"
	"strings"
	"time"
	"unicode"

	"notion-kafka/cmd/notion-kafka/console/pages"
	"notion-kafka/producer/guard"
)

// firstPage is where people begin.
const firstPage = "/sources"

// wrongLogin is what ?said= has on the sign-in page after a wrong password.
const wrongLogin = "wrong"

// showSignIn shows the form, or to whom is signed in already where to go on.
func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request) {
	if s.login == nil {
		seeOther(w, r, firstPage)
		return
	}
	query, shell, problem := r.URL.Query(), s.bareShell(r), ""
	switch query.Get("said") {
	case string(pages.SignedOut):
		shell.Said = pages.SignedOut
	case wrongLogin:
		problem = "The user name or the password is wrong."
	}
	user := ""
	if shell.SignedIn {
		user = s.login.username
	}
	s.drawPage(w, r, http.StatusOK, pages.NewLogin(shell, nextOf(query.Get("next")), user, problem))
}

// signIn begins a session for whom the username and the password fit.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	form, err := readForm(w, r, "username", "password", "next")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if s.login == nil {
		seeOther(w, r, firstPage)
		return
	}
	next := nextOf(form.Get("next"))
	if err := s.isKept(r); err != nil {
		s.fail(w, r, err)
		return
	}
	if err := s.login.try(r, form.Get("username"), form.Get("password")); err != nil {
		if p, is := errors.AsType[*problem](err); is && p.Status == http.StatusUnauthorized {
			seeOther(w, r, signInAt(next, wrongLogin))
			return
		}
		s.fail(w, r, err)
		return
	}
	value, err := s.login.session(time.Now())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.SetCookie(w, s.home.cookie(r, value))
	if strings.HasPrefix(next, "/oauth/") {
		// It leads to Notion, and the policy of the form's page forbids redirects to
		// other sites (CSP: form-action). So the person follows a link.
		next = signInAt(next, "")
	}
	seeOther(w, r, next)
}

// isKept returns why a browser would not keep the cookie of a session: it came by plain
// http where the public address has https.
func (s *Server) isKept(r *http.Request) error {
	from, err := url.Parse(r.Header.Get("Origin"))
	if err == nil && s.home.secure && from.Scheme == "http" && !guard.IsLoopback(from.Hostname()) {
		return refuse(http.StatusForbidden, "a browser that comes by http cannot stay signed in: sign in at https://%s%s (console.public_url)", s.home.host, s.home.path)
	}
	return nil
}

// signOut ends the session of a browser. It was perhaps begun by another address.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	ended := s.home.cookie(r, "") //nolint:gosec // it has the attributes of the one that it ends
	http.SetCookie(w, ended)
	if ended.Path != "/" {
		ended.Path = "/"
		http.SetCookie(w, ended)
	}
	if s.login == nil {
		seeOther(w, r, firstPage)
		return
	}
	seeOther(w, r, signInAt("", string(pages.SignedOut)))
}

// signInAt returns the path of the sign-in page that leads to next and says what happened.
func signInAt(next, said string) string {
	query := url.Values{}
	if next != "" && next != firstPage {
		query.Set("next", next)
	}
	if said != "" {
		query.Set("said", said)
	}
	if len(query) == 0 {
		return loginPath
	}
	return loginPath + "?" + query.Encode()
}

// longestNext bounds the address that a person goes on to, in bytes.
const longestNext = 2000

// nextOf returns where a person goes on after signing in: a path of the console, with its
// query. What is none, or could lead elsewhere, is replaced by the first page.
func nextOf(given string) string {
	at, err := url.Parse(given)
	unsafe := func(r rune) bool { return r == '\\' || unicode.IsControl(r) || r == unicode.ReplacementChar }
	switch {
	case err != nil, len(given) > longestNext, strings.ContainsFunc(given, unsafe), !strings.HasPrefix(given, "/"):
		return firstPage
	case at.Scheme != "", at.Host != "", at.Opaque != "", strings.ContainsFunc(at.Path, unsafe):
		return firstPage
	case slashpath.Clean(at.Path) != at.Path, at.Path == loginPath, at.Path == logoutPath:
		return firstPage
	}
	return given
}
