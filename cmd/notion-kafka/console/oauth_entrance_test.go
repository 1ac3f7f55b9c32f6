package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Two tabs are one browser, so its id stays; what is no id of ours is replaced.
func TestABrowserKeepsItsID(t *testing.T) {
	for before, kept := range map[string]bool{
		aBrowser: true, "": false, "x": false, strings.ToLower(aBrowser): false, aBrowser + "A": false, "0" + aBrowser[1:]: false,
	} {
		backend := newFake()
		s := newServer(t, backend, Options{})
		cookie := cookieOf(t, ask(t, s.handler(), from(before, request("GET", "/oauth/start?source=acme", ""))))
		if cookie.MaxAge != 900 || !browserID.MatchString(cookie.Value) || (cookie.Value == before) != kept || backend.done[0] != "begin acme "+cookie.Value {
			t.Errorf("%q: %v, the backend did %q", before, cookie, backend.done)
		}
	}
}

// An id that a browser could not have from here is none.
func TestABrowserWithoutAnIDOfOurs(t *testing.T) {
	for _, sent := range []string{"", "x", aBrowser + "; " + browserCookie + "=", `"` + aBrowser} {
		backend := newFake()
		r := request("GET", "/oauth/callback?code=c", "")
		r.Header.Set("Cookie", browserCookie+"="+strings.TrimSuffix(sent, "; "+browserCookie+"="))
		ask(t, newServer(t, backend, Options{}).handler(), r)
		want := "finish  code=c"
		if strings.HasPrefix(sent, aBrowser) {
			want = "finish " + aBrowser + " code=c"
		}
		if diff := cmp.Diff([]string{want}, backend.done); diff != "" {
			t.Errorf("%q (-want +got):\n%s", sent, diff)
		}
	}
}

// Under a prefix the cookie is for the addresses below it, and with https for https alone.
func TestTheCookieIsForTheAddressesOfTheConsole(t *testing.T) {
	for name, test := range map[string]struct {
		public, redirect, host, end string
	}{
		"at the root":          {"http://localhost:8080", "", "localhost:8080", "Path=/; Max-Age=900; HttpOnly; SameSite=Lax"},
		"by https":             {"https://notion.example", "", "notion.example", "Path=/; Max-Age=900; HttpOnly; Secure; SameSite=Lax"},
		"under a prefix":       {"https://ops.example/nk", "", "ops.example", "Path=/nk/; Max-Age=900; HttpOnly; Secure; SameSite=Lax"},
		"another redirect URL": {"http://localhost:8080", "https://tunnel.example/a/oauth/callback", "tunnel.example", "Path=/a/; Max-Age=900; HttpOnly; Secure; SameSite=Lax"},
		"a path of its own":    {"http://localhost:8080", "https://tunnel.example/notion", "tunnel.example", "Path=/; Max-Age=900; HttpOnly; Secure; SameSite=Lax"},
	} {
		s := newServer(t, newFake(), Options{PublicURL: test.public, RedirectURL: test.redirect})
		r := from(aBrowser, request("GET", "/oauth/start?source=acme", ""))
		r.Host = test.host
		if got := ask(t, s.handler(), r).header.Get("Set-Cookie"); got != "notion_kafka_browser="+aBrowser+"; "+test.end {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// moved sends a browser to start by an address of the console that the callback does not
// have, and returns the address that it is sent on to.
func moved(t *testing.T, s *Server, backend *fakeBackend) *url.URL {
	t.Helper()
	r := from(aBrowser, request("GET", "/oauth/start?source=acme", ""))
	r.Host = "127.0.0.1:8080"
	answer := ask(t, s.handler(), r)
	to, err := url.Parse(answer.header.Get("Location"))
	if err != nil || answer.status != 303 || cookieOf(t, answer) != nil || len(backend.done) > 0 {
		t.Fatalf("status %d to %v, %v, the backend did %q", answer.status, to, answer.header, backend.done)
	}
	return to
}

// onward is the request of a browser that was sent on: to it that is another site.
func onward(to *url.URL) *http.Request {
	r := request("GET", to.RequestURI(), "")
	r.Host = to.Host
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	return r
}

// A browser that came to 127.0.0.1 is sent to localhost first, where Notion sends it
// back to: a cookie belongs to one host.
func TestABrowserIsSentToTheHostOfTheCallback(t *testing.T) {
	backend := newFake()
	s := newServer(t, backend, Options{PublicURL: "http://localhost:8080/nk"})
	to := moved(t, s, backend)
	if ticket := to.Query().Get("ticket"); to.String() != "http://localhost:8080/nk/oauth/start?source=acme&ticket="+ticket || ticket == "" {
		t.Fatalf("sent to %s", to)
	}
	to.Path = strings.TrimPrefix(to.Path, "/nk") // as a proxy does
	answer := ask(t, s.handler(), onward(to))
	if cookie := cookieOf(t, answer); answer.status != 303 || cookie == nil || backend.done[0] != "begin acme "+cookie.Value {
		t.Errorf("status %d, cookie %v, the backend did %q", answer.status, cookie, backend.done)
	}
	if answer := ask(t, s.handler(), onward(to)); answer.status != 403 {
		t.Errorf("a ticket was taken twice: status %d", answer.status)
	}
}

func TestATicketEndsAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := newFake()
		s := newServer(t, backend, Options{})
		early, late := moved(t, s, backend), moved(t, s, backend)
		time.Sleep(ticketFor) // virtual
		if answer := ask(t, s.handler(), onward(early)); answer.status != 303 {
			t.Errorf("within the minute: status %d", answer.status)
		}
		time.Sleep(time.Second)
		if answer := ask(t, s.handler(), onward(late)); answer.status != 403 {
			t.Errorf("after it: status %d", answer.status)
		}
		moved(t, s, newFake())
		if n := len(s.tickets.issued); n != 1 {
			t.Errorf("%d tickets are kept, one of them is valid", n)
		}
	})
}

// Behind a proxy that rewrites Host every browser seems to be elsewhere: it is sent on
// once, never in a circle.
func TestABrowserIsSentOnOnce(t *testing.T) {
	backend := newFake()
	s := newServer(t, backend, Options{PublicURL: "https://notion.example", Insecure: true})
	to := moved(t, s, backend)
	for name, r := range map[string]*http.Request{
		"with its ticket":            request("GET", to.RequestURI(), ""),
		"with another instance's":    request("GET", "/oauth/start?source=acme&ticket=X", ""),
		"with an empty one, by hand": request("GET", "/oauth/start?source=acme&ticket=", ""),
	} {
		if answer := ask(t, s.handler(), r); answer.status != 303 || !strings.HasPrefix(answer.header.Get("Location"), consentPage) {
			t.Errorf("%s: status %d to %s", name, answer.status, answer.header.Get("Location"))
		}
	}
}

// However many begin, memory stays small.
func TestTicketsAreBounded(t *testing.T) {
	all := newTickets()
	for range mostTickets + 10 {
		all.issue()
	}
	if n := len(all.issued); n != mostTickets {
		t.Errorf("%d tickets", n)
	}
}
