//go:build real

package console

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"notion-kafka/cmd/notion-kafka/console/browsertest"
	"notion-kafka/producer/control"

	"github.com/chromedp/chromedp"
)

// What a real browser sends and keeps: the headers of forms on plain http, cookies under a
// prefix, and what a policy does to redirects. No test without a browser can know these.

// A scene is a console with a proxy before it that serves it under /nk, a page of another
// site, and one tab.
type scene struct {
	t        *testing.T
	tab      *browsertest.Tab
	console  string // its port
	front    string // the proxy's port
	consent  string // the address of Notion's consent page, of another origin
	backend  *consenting
	mu       sync.Mutex
	requests []string
}

// A consenting backend has a consent page of its own.
type consenting struct {
	*fakeBackend
	page string
}

func (b *consenting) BeginOAuth(ctx context.Context, what control.Connecting, browser string) (string, error) {
	_, err := b.fakeBackend.BeginOAuth(ctx, what, browser)
	return b.page, err
}

// name is how the browser finds this machine without knowing that it is this machine.
const name = "nk.internal"

func portOf(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func newScene(t *testing.T) *scene {
	t.Helper()
	sc := &scene{t: t, backend: &consenting{fakeBackend: newFake()}}
	consent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>Notion</title><h1>May it?</h1>"))
	}))
	t.Cleanup(consent.Close)
	sc.consent = consent.URL + "/"
	sc.backend.page = sc.consent
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	sc.console = portOf(t, server.URL)
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }}
	front := httptest.NewServer(http.StripPrefix("/nk", proxy))
	t.Cleanup(front.Close)
	sc.front = portOf(t, front.URL)
	s := newServer(t, sc.backend, Options{
		Username: "ops", Password: "right", Hosts: []string{name}, PublicURL: "http://localhost:" + sc.front + "/nk",
	})
	handler = sc.watched(s.handler())
	browser := browsertest.Start(t.Context(), t, chromedp.Flag("host-resolver-rules", "MAP "+name+" 127.0.0.1"))
	sc.tab = browser.Tab(t, browsertest.Width(1280))
	return sc
}

// watched notes requests that change something, with the headers that matter, and serves
// a form whose page sends no referrer, and one that leads to another site.
func (sc *scene) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			sc.mu.Lock()
			sc.requests = append(sc.requests, fmt.Sprintf("%s %s Origin=%s Site=%s", r.Method, r.URL.Path, r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")))
			sc.mu.Unlock()
		}
		switch r.URL.Path {
		case "/trap":
			pageHeaders(w.Header())
			w.Header().Set("Referrer-Policy", "no-referrer")
			_, _ = w.Write([]byte(`<!doctype html><title>x</title><form method="post" action="sources/acme/pause"><button>Go</button></form>`))
		case "/straight":
			pageHeaders(w.Header())
			_, _ = w.Write([]byte(`<!doctype html><title>x</title><form method="post" action="away"><button>Go</button></form>`))
		case "/away":
			http.Redirect(w, r, sc.consent, http.StatusSeeOther)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isAt checks the address in the browser's bar.
func (sc *scene) isAt(want string) {
	sc.t.Helper()
	if got := sc.tab.At(); got != want {
		sc.t.Errorf("the browser is at %s, want %s", got, want)
	}
}

// signIn fills the form in and sends it.
func (sc *scene) signIn() {
	sc.t.Helper()
	sc.tab.Do("filling the form in", chromedp.SendKeys(chromedp.ID("username"), "ops"), chromedp.SendKeys(chromedp.ID("password"), "right"))
	sc.tab.Press("Sign in")
}

// sent checks the requests that changed something since the last look.
func (sc *scene) sent(want ...string) {
	sc.t.Helper()
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if got := strings.Join(sc.requests, "\n"); got != strings.Join(want, "\n") {
		sc.t.Errorf("the browser sent\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	sc.requests = nil
}

// On plain http, at a name that is not this machine's, a browser sends no Sec-Fetch-Site,
// and Origin as the page's referrer policy lets it. Every button works.
func TestBrowserOnPlainHTTP(t *testing.T) {
	sc := newScene(t)
	at := "http://" + name + ":" + sc.console
	sc.tab.Open(at + "/sources/acme")
	sc.isAt(at + "/login?next=%2Fsources%2Facme")
	sc.signIn()
	sc.isAt(at + "/sources/acme")
	sc.sent("POST /login Origin=" + at + " Site=")
	sc.tab.Press("Pause")
	sc.isAt(at + "/sources/acme")
	sc.sent("POST /sources/acme/pause Origin=" + at + " Site=")
	sc.tab.Press("Sign out")
	sc.isAt(at + "/login")
	sc.sent("POST /logout Origin=" + at + " Site=")
	sc.tab.Quiet(name + ":" + sc.console)
}

// With no-referrer the same button is refused: that is why pages have same-origin.
func TestBrowserWithoutAReferrer(t *testing.T) {
	sc := newScene(t)
	at := "http://" + name + ":" + sc.console
	sc.tab.Open(at + "/login")
	sc.signIn()
	sc.tab.Open(at + "/trap")
	sc.tab.Press("Go")
	sc.tab.Says("main", ofAnotherPage[1:]) // the style begins it with a capital
	sc.sent("POST /login Origin="+at+" Site=", "POST /sources/acme/pause Origin=null Site=")
}

// Under a prefix the browser keeps the cookie and finds every file, and goes on to Notion.
func TestBrowserUnderAPrefix(t *testing.T) {
	sc := newScene(t)
	at := "http://localhost:" + sc.front + "/nk"
	sc.tab.Open(at + "/oauth/start?source=acme")
	sc.isAt(at + "/login?next=%2Foauth%2Fstart%3Fsource%3Dacme")
	sc.signIn()
	sc.tab.Press("Continue")
	sc.isAt(sc.consent)
	sc.tab.Open(at + "/sources")
	sc.isAt(at + "/sources")
	if got := browsertest.Eval[string](sc.tab, "getComputedStyle(document.body).fontFamily"); !strings.Contains(got, "system-ui") {
		t.Errorf("the page has no style: %s", got)
	}
	if browsertest.Eval[bool](sc.tab, "document.querySelector('.theme').hidden") {
		t.Error("the script does not run")
	}
	sc.tab.Land("pausing", chromedp.Submit(chromedp.CSS(`form[action$="pause"] button`)))
	sc.isAt(at + "/sources")
	sc.tab.Press("Sign out")
	sc.tab.Open(at + "/runs")
	sc.isAt(at + "/login?next=%2Fruns")
	sc.tab.Quiet("localhost:"+sc.front, strings.Trim(strings.TrimPrefix(sc.consent, "http:"), "/"))
}

// A form that is redirected to another site ends nowhere, by the policy of its page: that
// is why who signs in on the way to Notion follows a link.
func TestBrowserDoesNotFollowAFormToAnotherSite(t *testing.T) {
	sc := newScene(t)
	at := "http://localhost:" + sc.console
	sc.tab.Open(at + "/straight")
	got := browsertest.Eval[string](sc.tab, `new Promise((done) => {
		document.addEventListener("securitypolicyviolation", (e) => done(e.violatedDirective));
		document.forms[0].requestSubmit();
	})`)
	if got != "form-action" {
		t.Errorf("the browser says %s", got)
	}
	sc.isAt(at + "/straight")
}

// A page that is open while its session ends, here by another tab, says so and looks no
// further: it would be shown the form every time.
func TestBrowserSaysThatTheSessionHasEnded(t *testing.T) {
	sc := newScene(t)
	at := "http://localhost:" + sc.front + "/nk"
	sc.tab.Open(at + "/login")
	sc.signIn()
	sc.tab.Open(at + "/sources")
	other := sc.tab.Beside()
	other.Open(at + "/sources")
	other.Press("Sign out")
	sc.tab.AwaitText("#live-state", "Signed out: reload to sign in")
	sc.isAt(at + "/sources")
	sc.tab.Quiet("localhost:" + sc.front)
}
