package console

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"notion-kafka/producer/control"
)

// An entrance is where browsers begin and end: at the host of the redirect URL, which
// alone gets its cookie.
type entrance struct {
	host   string // without a port
	base   string // the console's address there, without a slash at its end
	path   string // of the cookie
	secure bool   // browsers come by https
}

// newEntrance makes one of console.public_url and oauth.redirect_url, which may be "".
func newEntrance(public, redirect string) (entrance, error) {
	key, given := "oauth.redirect_url", redirect
	if redirect == "" {
		key, given, redirect = "console.public_url", public, strings.TrimRight(public, "/")+oauthCallback
	}
	at, err := url.Parse(redirect)
	if err != nil || at.Hostname() == "" {
		return entrance{}, fmt.Errorf("%s %q is not a URL such as http://localhost:8080", key, given)
	}
	e := entrance{host: at.Hostname(), base: strings.TrimRight(public, "/"), path: "/", secure: at.Scheme == "https"}
	if prefix, ours := strings.CutSuffix(at.Path, oauthCallback); ours {
		e.base, e.path = at.Scheme+"://"+at.Host+prefix, prefix+"/"
	}
	return e, nil
}

// start returns the address at which a source or draft is connected, for a browser that came
// to another host.
func (e entrance) start(what control.Connecting, ticket string) string {
	query := url.Values{"source": {what.Source}, "ticket": {ticket}}
	if what.Draft != "" {
		query = url.Values{"draft": {what.Draft}, "ticket": {ticket}}
	}
	return e.base + oauthStart + "?" + query.Encode()
}

// isElsewhere reports whether a browser asks for another host than the callback's, which
// the cookie would not be sent to.
func (e entrance) isElsewhere(r *http.Request) bool {
	return !strings.EqualFold((&url.URL{Host: r.Host}).Hostname(), e.host)
}

const (
	browserCookie = "notion_kafka_browser"
	browserFor    = 15 * time.Minute // more than a state lasts
)

// browserID is the form of a browser's id: that of [rand.Text], 130 random bits.
var browserID = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// browserOf returns the id that a browser was given; "" if it has none.
func browserOf(r *http.Request) string {
	cookie, err := r.Cookie(browserCookie)
	if err != nil || !browserID.MatchString(cookie.Value) {
		return ""
	}
	return cookie.Value
}

// cookie gives a browser its id. Notion's redirect comes from another site, which
// SameSite=Lax permits and Strict would not.
func (e entrance) cookie(browser string) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure where browsers come by https; on localhost they do not
		Name: browserCookie, Value: browser, Path: e.path, MaxAge: int(browserFor.Seconds()),
		HttpOnly: true, Secure: e.secure, SameSite: http.SameSiteLaxMode,
	}
}

const (
	ticketFor   = time.Minute // a redirect takes less
	mostTickets = 1000
)

// tickets are issued to browsers that are sent to another name of the console. To the
// browser that is another site, so a ticket shows that it was sent by this one.
type tickets struct {
	mu     sync.Mutex
	issued map[string]time.Time // when it ends
}

func newTickets() *tickets { return &tickets{issued: map[string]time.Time{}} }

// issue returns a new ticket; beyond the maximum one that is not taken.
func (t *tickets) issue() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for ticket, end := range t.issued {
		if now.After(end) {
			delete(t.issued, ticket)
		}
	}
	ticket := rand.Text()
	if len(t.issued) < mostTickets {
		t.issued[ticket] = now.Add(ticketFor)
	}
	return ticket
}

// redeem takes a ticket, once, and reports whether it is valid.
func (t *tickets) redeem(ticket string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	end, issued := t.issued[ticket]
	delete(t.issued, ticket)
	return issued && !time.Now().After(end)
}
