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

// A login is what a person has to give. Hashes are compared: that takes the same
// time whatever is guessed, its length too.
type login struct {
	username [sha256.Size]byte
	password func() string // that of now
	attempts *attempts
}

// admit lets in who gives the username and the password. It takes its time for a wrong
// one where many came from the same address.
func (l *login) admit(r *http.Request) error {
	if _, _, given := r.BasicAuth(); given {
		from := addressOf(r)
		end, may := l.attempts.begin(from)
		if !may {
			return refuse(http.StatusTooManyRequests,
				"too many wrong passwords came from %s, and this one was not looked at: try again in %d seconds", from, mostWaiting)
		}
		defer end()
		if l.fits(r) {
			return nil
		}
		l.attempts.punish(r.Context(), from)
	}
	return refuse(http.StatusUnauthorized, "give the username and password of console.username and console.password by basic authentication")
}

// knows says, at once, whether a request for a page that needs no password has it all
// the same. Where an address is slowed down it is not looked at: the page would tell.
func (l *login) knows(r *http.Request) bool {
	if _, _, given := r.BasicAuth(); !given || l.attempts.isSlow(addressOf(r)) {
		return false
	}
	if !l.fits(r) {
		l.attempts.failed(addressOf(r))
		return false
	}
	return true
}

func (l *login) fits(r *http.Request) bool {
	username, password, _ := r.BasicAuth()
	u, p := sha256.Sum256([]byte(username)), sha256.Sum256([]byte(password))
	wanted := sha256.Sum256([]byte(l.password()))
	return subtle.ConstantTimeCompare(u[:], l.username[:])&subtle.ConstantTimeCompare(p[:], wanted[:]) == 1
}

// addressOf is where a request comes from: an address, or of IPv6 the network of 64
// bits, which one machine has whole.
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
	freeFailures   = 10          // wrong passwords of an address that are answered at once
	failureRest    = time.Second // between two further ones
	mostWaiting    = 10          // of an address, for their turn; each waits failureRest longer than the one before
	failuresToldIn = time.Minute
	mostOffenders  = 1000 // addresses that are told apart
	otherAddresses = "other addresses"
)

// attempts are the wrong passwords of the last minutes, by where they came from.
type attempts struct {
	log *slog.Logger

	mu        sync.Mutex
	offenders map[string]*offender
}

// An offender is an address that wrong passwords came from.
type offender struct {
	failures int
	untold   int       // that the log has not told of
	next     time.Time // the turn of the next one
	waiting  int       // for their turn
}

func newAttempts(log *slog.Logger) *attempts {
	return &attempts{log: log, offenders: map[string]*offender{}}
}

// isSlow says whether the next wrong password of an address will not be answered at once.
func (a *attempts) isSlow(from string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	one := a.offenders[a.nameOf(from)]
	return one != nil && one.failures >= freeFailures
}

// begin says whether a password of an address is looked at: not where as many as may
// wait for the answer to a wrong one. end is called when it was answered.
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

// punish takes note of a wrong password, and returns when it may be answered, or as soon
// as ctx ends.
func (a *attempts) punish(ctx context.Context, from string) {
	timer := time.NewTimer(a.failed(from))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// failed takes note of a wrong password, and says how long its answer has to wait.
func (a *attempts) failed(from string) (pause time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	from = a.nameOf(from)
	one := a.offenders[from]
	if one == nil {
		one = &offender{}
		a.offenders[from] = one
		a.tell(from, 1)
		time.AfterFunc(failuresToldIn, func() { a.look(from) })
	} else {
		one.untold++
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

// look tells of the last minute's wrong passwords of an address, and forgets one that
// gave none.
func (a *attempts) look(from string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	one := a.offenders[from]
	if one.untold == 0 && one.waiting == 0 {
		delete(a.offenders, from)
		return
	}
	if one.untold > 0 {
		a.tell(from, one.untold)
		one.untold = 0
	}
	time.AfterFunc(failuresToldIn, func() { a.look(from) })
}

func (a *attempts) tell(from string, count int) {
	a.log.Warn("wrong passwords for the console", "from", from, "count", count)
}

// nameOf is under what an address is remembered: those beyond the bound are one.
func (a *attempts) nameOf(from string) string {
	if a.offenders[from] == nil && len(a.offenders) >= mostOffenders {
		return otherAddresses
	}
	return from
}
