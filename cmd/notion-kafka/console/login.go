package console

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// A login knows who may come in: by username and password, or by a session that these
// began.
type login struct {
	username string
	password func() string // the current one
	attempts *attempts
}

// admit lets a request in that has a session, or sends username and password. A browser
// sends the cookie of a session with whatever a page requests, so a change by a session
// alone has to say that it comes from a page of ours; that it is no other page's, the
// guard has checked.
func (l *login) admit(r *http.Request) error {
	signedIn := l.left(r, time.Now()) > 0
	if signedIn && (isSafe(r) || isOfAPage(r)) {
		return nil
	}
	if username, password, given := r.BasicAuth(); given {
		return l.try(r, username, password)
	}
	if signedIn {
		return refuse(http.StatusForbidden,
			"a change by the cookie of a browser says where its page is from, and this one has no Origin: a program sends console.username and console.password instead")
	}
	return refuse(http.StatusUnauthorized, "send console.username and console.password by basic authentication")
}

// isOfAPage reports whether a browser says which page a request comes from.
func isOfAPage(r *http.Request) bool {
	return r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != ""
}

// try checks a username and a password. It delays the response to wrong ones if many came
// from the same address.
func (l *login) try(r *http.Request, username, password string) error {
	from := addressOf(r)
	end, may := l.attempts.begin(from)
	if !may {
		return refuse(http.StatusTooManyRequests,
			"too many wrong passwords came from %s, and this one was not checked: try again in %d seconds", from, mostWaiting)
	}
	defer end()
	if l.fits(username, password) {
		return nil
	}
	l.attempts.punish(r.Context(), from)
	return refuse(http.StatusUnauthorized, "send console.username and console.password by basic authentication")
}

// knows reports at once whether a request for a page that needs no password has it. It
// does not check passwords from a slowed-down address, which could use the page to guess.
func (l *login) knows(r *http.Request) bool {
	if l.left(r, time.Now()) > 0 {
		return true
	}
	username, password, given := r.BasicAuth()
	if !given || l.attempts.isSlow(addressOf(r)) {
		return false
	}
	if !l.fits(username, password) {
		l.attempts.failed(addressOf(r))
		return false
	}
	return true
}

// fits compares hashes, which takes the same time for every guess of any length.
func (l *login) fits(username, password string) bool {
	return same(username, l.username)&same(password, l.password()) == 1
}

func same(given, wanted string) int {
	g, w := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(wanted))
	return subtle.ConstantTimeCompare(g[:], w[:])
}

// addressOf returns the client's address: for IPv6 the /64 network, all of which one
// machine may have.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	address, err := netip.ParseAddr(host)
	if err != nil || address.Unmap().Is4() {
		return host
	}
	network, err := address.WithZone("").Prefix(64)
	if err != nil {
		return host
	}
	return network.String()
}

const (
	freeFailures        = 10          // wrong passwords of an address that get an immediate response
	failureRest         = time.Second // between the responses to further ones
	mostWaiting         = 10          // waiting requests of an address; each waits failureRest longer than the one before
	failuresLoggedEvery = time.Minute
	mostOffenders       = 1000 // addresses that are counted one by one
	otherAddresses      = "other addresses"
)

// attempts counts the wrong passwords of the last minutes by address.
type attempts struct {
	log *slog.Logger

	mu        sync.Mutex
	offenders map[string]*offender
}

// An offender is an address that sent wrong passwords.
type offender struct {
	failures int
	unlogged int       // failures not logged yet
	next     time.Time // when the response to the last one is due
	waiting  int       // requests waiting for their response
}

func newAttempts(log *slog.Logger) *attempts {
	return &attempts{log: log, offenders: map[string]*offender{}}
}

// isSlow reports whether the next wrong password of an address is delayed.
func (a *attempts) isSlow(from string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	one := a.offenders[a.nameOf(from)]
	return one != nil && one.failures >= freeFailures
}

// begin reports whether a password of an address is checked: not while the maximum of its
// requests is waiting. end must be called after the response.
func (a *attempts) begin(from string) (end func(), may bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	one := a.offenders[a.nameOf(from)]
	switch {
	case one == nil || one.failures < freeFailures:
		return func() {}, true
	case one.waiting >= mostWaiting:
		return nil, false
	}
	one.waiting++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		one.waiting--
	}, true
}

// punish counts a wrong password, and returns when its response is due, or when ctx
// ends.
func (a *attempts) punish(ctx context.Context, from string) {
	timer := time.NewTimer(a.failed(from))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// failed counts a wrong password, and returns the delay of its response.
func (a *attempts) failed(from string) (pause time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	from = a.nameOf(from)
	one := a.offenders[from]
	if one == nil {
		one = &offender{}
		a.offenders[from] = one
		a.warn(from, 1)
		time.AfterFunc(failuresLoggedEvery, func() { a.report(from) })
	} else {
		one.unlogged++
	}
	if one.failures++; one.failures <= freeFailures {
		return 0
	}
	now := time.Now()
	if one.next.Before(now) {
		one.next = now
	}
	one.next = one.next.Add(failureRest)
	return one.next.Sub(now)
}

// report logs the wrong passwords of an address in the last minute, and forgets an address
// without any.
func (a *attempts) report(from string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	one := a.offenders[from]
	if one.unlogged == 0 && one.waiting == 0 {
		delete(a.offenders, from)
		return
	}
	if one.unlogged > 0 {
		a.warn(from, one.unlogged)
		one.unlogged = 0
	}
	time.AfterFunc(failuresLoggedEvery, func() { a.report(from) })
}

func (a *attempts) warn(from string, count int) {
	a.log.Warn("wrong passwords for the console", "from", from, "count", count)
}

// nameOf returns the key of an address. All addresses beyond the bound share one.
func (a *attempts) nameOf(from string) string {
	if a.offenders[from] == nil && len(a.offenders) >= mostOffenders {
		return otherAddresses
	}
	return from
}
