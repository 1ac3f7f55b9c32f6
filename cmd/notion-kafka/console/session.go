package console

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	sessionCookie = "notion_kafka_session"
	sessionFor    = 12 * time.Hour
	renewedAt     = sessionFor / 2 // what is left then
)

// sessionEncoding is that of a cookie's value: when it ends, in seconds of Unix time in
// eight bytes, and the HMAC-SHA256 of these bytes.
var sessionEncoding = base64.RawURLEncoding.Strict()

const (
	endSize     = 8
	sessionSize = endSize + sha256.Size
)

// mac returns the HMAC of data that a cookie has, for one purpose. Its key comes from
// username and password (HKDF, RFC 5869): another password ends all sessions, and any
// instance with the same one knows them.
func (l *login) mac(purpose string, data []byte) ([]byte, error) {
	password := sha256.Sum256([]byte(l.password()))
	key, err := hkdf.Key(sha256.New, password[:], nil, "notion-kafka "+purpose+" of "+l.username, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("deriving the key of cookies: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(data)
	return mac.Sum(nil), nil
}

// session returns the value of a new session's cookie.
func (l *login) session(now time.Time) (string, error) {
	value := binary.BigEndian.AppendUint64(nil, uint64(now.Add(sessionFor).Unix())) //nolint:gosec // no time of ours is before 1970
	mac, err := l.mac("session", value)
	return sessionEncoding.EncodeToString(append(value, mac...)), err
}

// left returns how long the session of a request still lasts; nothing: it has none that
// is valid. Consoles on other ports or paths of the host may have set cookies of the
// same name.
func (l *login) left(r *http.Request, now time.Time) (left time.Duration) {
	for _, cookie := range r.CookiesNamed(sessionCookie) {
		value, err := sessionEncoding.DecodeString(cookie.Value)
		if err != nil || len(value) != sessionSize {
			continue
		}
		mac, err := l.mac("session", value[:endSize])
		if err != nil || !hmac.Equal(mac, value[endSize:]) {
			continue
		}
		end := time.Unix(int64(binary.BigEndian.Uint64(value)), 0) //nolint:gosec // as session made it
		left = max(left, end.Sub(now))
	}
	return left
}

// isSignedIn reports whether a request has a session.
func (s *Server) isSignedIn(r *http.Request) bool {
	return s.login != nil && s.login.left(r, time.Now()) > 0
}

// A home is where browsers find the console.
type home struct {
	host   string
	path   string // with a slash at its end
	secure bool   // they come by https
}

// newHome makes one of console.public_url.
func newHome(public string) (home, error) {
	at, err := url.Parse(public)
	if err != nil {
		return home{}, fmt.Errorf("console.public_url %q is not a URL such as http://localhost:8080", public)
	}
	return home{at.Host, strings.TrimRight(at.Path, "/") + "/", at.Scheme == "https"}, nil
}

// pathFor returns the path of the console's root as the browser of a request sees it.
// Whoever comes by another address than the public one, past the proxy, finds no prefix
// there.
func (h home) pathFor(r *http.Request) string {
	if strings.EqualFold(r.Host, h.host) {
		return h.path
	}
	return "/"
}

// cookie returns the cookie of a session; "" ends it.
func (h home) cookie(r *http.Request, value string) *http.Cookie {
	cookie := &http.Cookie{ //nolint:gosec // Secure where browsers come by https; on localhost they do not
		Name: sessionCookie, Value: value, Path: h.pathFor(r), MaxAge: int(sessionFor.Seconds()),
		HttpOnly: true, Secure: h.secure, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	return cookie
}

// renew gives a browser a new session once half of its own is gone.
func (s *Server) renew(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	if left := s.login.left(r, now); left <= 0 || left > renewedAt {
		return
	}
	value, err := s.login.session(now)
	if err != nil {
		s.log.ErrorContext(r.Context(), "renewing a session failed", "error", err)
		return
	}
	http.SetCookie(w, s.home.cookie(r, value))
}
