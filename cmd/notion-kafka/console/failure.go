package console

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
	"time"

	"notion-kafka/cmd/notion-kafka/console/pages"
)

// What a form could not do is told by the page that the browser gets next, not by the
// answer to the form: reloading that would send the form again. The text travels in a
// cookie with an HMAC, so nobody else can put words into a page.

const (
	failureCookie  = "notion_kafka_failure"
	failureFor     = time.Minute
	longestFailure = 1500 // bytes of text, which a cookie has room for
)

// randomKey is the key of failures where there is no password: one instance serves such a
// console, and its failures need not outlive it.
var randomKey = []byte(rand.Text())

// macOfFailure returns the HMAC of a failure.
func (s *Server) macOfFailure(failure []byte) ([]byte, error) {
	if s.login != nil {
		return s.login.mac("failure", failure)
	}
	mac := hmac.New(sha256.New, randomKey)
	mac.Write(failure)
	return mac.Sum(nil), nil
}

// failForm responds to a form that could not be carried out: the page that it was on says
// why.
func (s *Server) failForm(w http.ResponseWriter, r *http.Request, from string, err error) {
	p := s.problem(r, err)
	text := p.Detail
	if len(text) > longestFailure {
		text = strings.ToValidUTF8(text[:longestFailure], "") + "…"
	}
	failure := binary.BigEndian.AppendUint64(nil, uint64(time.Now().Add(failureFor).Unix())) //nolint:gosec // no time of ours is before 1970
	failure = append(failure, text...)
	mac, failed := s.macOfFailure(failure)
	if failed != nil {
		s.fail(w, r, err)
		return
	}
	http.SetCookie(w, s.failureCookie(r, sessionEncoding.EncodeToString(append(failure, mac...)), int(failureFor.Seconds())))
	seeOther(w, r, pageOf(r.URL.EscapedPath(), from))
}

func (s *Server) failureCookie(r *http.Request, value string, maxAge int) *http.Cookie {
	cookie := s.home.cookie(r, value) //nolint:gosec // Secure as the session's is
	cookie.Name, cookie.MaxAge, cookie.SameSite = failureCookie, maxAge, http.SameSiteStrictMode
	return cookie
}

// pageOf returns the path of the page that has a form: the form's own path, or the one
// above it.
func pageOf(path, from string) string {
	i := strings.LastIndexByte(path, '/')
	above, last := path[:i], path[i+1:]
	switch {
	case from == "list":
		return "/sources"
	case slices.Contains([]string{"again", "reset", "held", "delete", "add"}, last), pages.StepNumber(last) > 0 && strings.HasPrefix(path, "/add/"):
		return path
	}
	return above
}

// takeFailure returns what the last form of a browser could not do, and ends the cookie;
// "" if there is nothing to tell.
func (s *Server) takeFailure(w http.ResponseWriter, r *http.Request) string {
	if isPart(r) {
		return "" // a script looks, and the person has not read it yet
	}
	text, some := "", false
	for _, cookie := range r.CookiesNamed(failureCookie) {
		some = true
		value, err := sessionEncoding.DecodeString(cookie.Value)
		if err != nil || len(value) < sessionSize {
			continue
		}
		failure, given := value[:len(value)-sha256.Size], value[len(value)-sha256.Size:]
		mac, err := s.macOfFailure(failure)
		end := time.Unix(int64(binary.BigEndian.Uint64(failure)), 0) //nolint:gosec // as failForm made it
		if err == nil && hmac.Equal(mac, given) && time.Now().Before(end) {
			text = string(failure[endSize:])
		}
	}
	if some {
		http.SetCookie(w, s.failureCookie(r, "", -1))
	}
	return text
}
