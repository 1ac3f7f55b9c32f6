package console

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"notion-kafka/cmd/notion-kafka/console/pages"
	"notion-kafka/producer/control"
	"notion-kafka/producer/guard"
)

// The way to Notion and back: start redirects to Notion's consent page, which redirects
// to the callback (RFC 6749, section 4.1).
const (
	oauthStart    = "/oauth/start"
	oauthCallback = "/oauth/callback"
	oauthStyle    = "/oauth/style.css"
)

// sourceName is the form of a source's name.
var sourceName = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// startOAuth sends a browser to the consent page on which a source is connected.
func (s *Server) startOAuth(w http.ResponseWriter, r *http.Request) {
	what, moves, err := s.beginning(r)
	if err != nil {
		s.failPage(w, r, control.Connected{Source: what.Source, Draft: what.Draft}, err)
		return
	}
	if moves {
		redirect(w, s.entrance.start(what, s.tickets.issue()))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
	defer cancel()
	browser, consent := cmp.Or(browserOf(r), rand.Text()), ""
	err = s.patiently(ctx, func() (err error) {
		consent, err = s.backend.BeginOAuth(ctx, what, browser)
		return err
	})
	if err != nil {
		s.failPage(w, r, control.Connected{Draft: what.Draft}, err)
		return
	}
	http.SetCookie(w, s.entrance.cookie(browser))
	redirect(w, consent)
}

// draftID is the form of a draft's id.
var draftID = browserID

// beginning returns what a request of start is about, and whether the browser has to move to
// the host of the callback first. A link of another site's page may not begin: the person is
// asked first. That error alone comes with what it is about.
func (s *Server) beginning(r *http.Request) (what control.Connecting, moves bool, err error) {
	query, err := readQuery(r, []string{"source", "draft", "ticket"})
	if err != nil {
		return what, false, err
	}
	switch source, id := query.Get("source"), query.Get("draft"); {
	case !query.Has("draft") && sourceName.MatchString(source):
		what.Source = source
	case !query.Has("source") && draftID.MatchString(id):
		what.Draft = id
	default:
		return what, false, refuse(http.StatusBadRequest, "the address does not name the source to connect: open %s?source=NAME", oauthStart)
	}
	if sent := s.tickets.redeem(query.Get("ticket")); guard.IsCrossSite(r) && !sent {
		return what, false, refuse(http.StatusForbidden, "a link of another page leads here, to connect %s: connect it only if you want that", what)
	}
	return what, !query.Has("ticket") && s.entrance.isElsewhere(r), nil
}

// finishOAuth answers the callback. What was begun with Notion is finished even if the
// browser leaves: the code of the callback works only once.
func (s *Server) finishOAuth(w http.ResponseWriter, r *http.Request) {
	query, err := ReadCallback(r)
	if err != nil {
		s.failPage(w, r, control.Connected{}, err)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), answerWithin)
	defer cancel()
	var connected control.Connected
	if err = s.awake(ctx); err == nil {
		connected, err = s.backend.FinishOAuth(ctx, browserOf(r), query)
	}
	if err != nil {
		s.failPage(w, r, connected, err)
		return
	}
	if isProgram(r) {
		s.respond(w, r, ok(connected), nil)
		return
	}
	if connected.Draft != "" {
		seeOther(w, r, "/add/"+connected.Draft+"/connect?"+url.Values{"v": {strconv.Itoa(connected.Version)}, "said": {"connected"}}.Encode())
		return
	}
	ServeConnectPage(w, http.StatusOK, ConnectPage{Connected: connected})
}

// isProgram reports whether a request does not come from a browser: login sends some for
// a browser that cannot reach the console.
func isProgram(r *http.Request) bool { return accepts(r, "text/html") != nil }

// ReadCallback returns the query of a callback. Its parameters are Notion's, each given
// at most once (RFC 6749, section 3.1).
func ReadCallback(r *http.Request) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	for _, name := range []string{"state", "code", "error"} {
		if err != nil || len(query[name]) > 1 {
			return nil, refuse(http.StatusBadRequest,
				"the address that the browser came back with is not as Notion makes it: connect the source again")
		}
	}
	return query, nil
}

// onlyGet refuses other methods, HEAD among them: whoever only looks must not begin or
// finish anything.
func (s *Server) onlyGet(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			next(w, r)
			return
		}
		w.Header().Set("Allow", http.MethodGet)
		s.fail(w, r, refuse(http.StatusMethodNotAllowed, "%s is not possible here, only %s", r.Method, http.MethodGet))
	}
}

// refused responds to a request that is not admitted: with a page where a browser is
// expected, the one to sign in on if it has sent no password.
func (s *Server) refused(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problem(r, err)
	switch {
	case p.Status != http.StatusUnauthorized && strings.HasPrefix(r.URL.Path, "/oauth/"):
		s.failPage(w, r, control.Connected{}, p)
	case p.Status == http.StatusUnauthorized && isSafe(r) && wantsPage(r) && r.Header.Get("Authorization") == "":
		seeOther(w, r, signInAt(nextOf(r.URL.RequestURI()), ""))
	default:
		s.fail(w, r, p)
	}
}

// failPage responds to a person with an error. connected has the source or draft, if it is
// known.
func (s *Server) failPage(w http.ResponseWriter, r *http.Request, connected control.Connected, err error) {
	if isProgram(r) {
		s.fail(w, r, err)
		return
	}
	p := s.problem(r, err)
	p.advise(w.Header(), r)
	page := ConnectPage{Connected: connected, Problem: p.Detail}
	switch {
	case connected.Draft != "" && unknown(err):
		page.Sources = base(r) + "sources"
	case connected.Draft != "":
		page.Again = "start?" + url.Values{"draft": {connected.Draft}}.Encode()
		page.Back = ".." + path("add", connected.Draft, pages.StepConnect)
	case connected.Source != "":
		page.Again = "start?" + url.Values{"source": {connected.Source}}.Encode()
	}
	ServeConnectPage(w, p.Status, page)
}

// redirect sends a browser to an address, with a GET whatever it came with.
func redirect(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
}
