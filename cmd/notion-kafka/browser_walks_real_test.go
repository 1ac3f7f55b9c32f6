//go:build real

package main_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"notion-kafka/cmd/notion-kafka/console/browsertest"
	"notion-kafka/notion/notiontest"
)

// A walk is what a person does in the console of a daemon with an embedded broker, in a
// tab of a real Chromium.
type walk struct {
	person
	*walkStage
	scripts bool
	// elsewhere says that only the console's address differs from another walk's, so some of
	// the buttons are enough, and axe need not see the pages again.
	elsewhere bool
}

// A walkStage is a daemon with sources acme, of two databases, which runs by hand only, and
// other, which reads one of them every second.
type walkStage struct {
	*stage
	many, few *notiontest.Database
	pages     []string // of many
	gate      *barrier
	listen    string // the console's address
	settings  []string
	daemon    *instance
}

// longestWalk bounds a walk on a busy machine.
const longestWalk = 6 * time.Minute

// newWalkStage starts a daemon; settings are more of --set.
func newWalkStage(t *testing.T, settings ...string) *walkStage {
	t.Helper()
	s := &walkStage{stage: emptyStage(t, realParts{}, longestWalk), gate: &barrier{}, listen: freeAddress(t)}
	s.workspace = notiontest.New(notiontest.Options{RequestsPerMinute: -1, Hook: s.gate.hook, Violation: func(what string) { t.Error("Notion's contract broken:", what) }})
	s.many, s.few = s.workspace.AddDatabase("Many"), s.workspace.AddDatabase("Few & <b>far</b>")
	s.pages = s.many.DataSource().AddPages(40, time.Now().Add(-72*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
	s.few.AddPage("one", nil)
	api := httptest.NewServer(s.workspace)
	t.Cleanup(api.Close)
	t.Cleanup(s.gate.open)
	text := fmt.Sprintf(`
notion: {api_url: %q, requests_per_minute: 100000}
embedded: {kafka_listen: %q, registry_listen: %q}
console: {listen: %q}
defaults: {trigger: {manual: true}}
sources:
  - {name: acme, token: "${NOTION_TOKEN}", topic_prefix: notion.acme., description: "Ours, <i>all</i> of it"}
  - {name: other, token: "${NOTION_TOKEN}", topic_prefix: notion.other., trigger: {every: 1s}, streams: [{match: "title:Few*"}]}
`, api.URL, freeAddress(t), freeAddress(t), s.listen)
	if err := os.WriteFile(filepath.Join(s.dir, "notion-kafka.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.settings = settings
	t.Cleanup(func() {
		if talk := s.daemon.talk.String(); t.Failed() {
			t.Logf("the daemon wrote at last\n%s", talk[max(0, len(talk)-4000):])
		}
	})
	s.up()
	return s
}

// up starts the daemon.
func (s *walkStage) up() {
	s.t.Helper()
	s.daemon = s.startInstance(s.settings...)
	s.daemon.awaitConsole()
}

// runs runs acme to its end, whatever that is.
func (s *walkStage) runs(flags ...string) {
	s.t.Helper()
	s.run(append([]string{"trigger", "acme", "--wait", "--api", "http://" + s.listen}, flags...)...)
}

// A barrier holds queries back while it is shut.
type barrier struct {
	mu   sync.Mutex
	shut chan struct{} // closed when it opens; nil while it is open
}

func (g *barrier) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = make(chan struct{})
}

func (g *barrier) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

func (g *barrier) hook(r *http.Request) *notiontest.Fault {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil && strings.HasSuffix(r.URL.Path, "/query") {
		select {
		case <-shut:
		case <-r.Context().Done():
		}
	}
	return nil
}

// startWalks starts a Chromium that knows a name of this machine.
func startWalks(ctx context.Context, t *testing.T) *browsertest.Browser {
	t.Helper()
	return browsertest.Start(ctx, t, chromedp.Flag("host-resolver-rules", "MAP console.test 127.0.0.1"))
}

// Whoever comes to the console, wherever they find it and whatever their browser can,
// every button does what it says.
func TestWalksThroughTheConsole(t *testing.T) {
	t.Parallel()
	chromium := startWalks(t.Context(), t)
	for name, way := range map[string]func(*testing.T) *walk{
		"wide":            func(t *testing.T) *walk { return directWalk(t, chromium, browsertest.Width(1280)) },
		"narrow and dark": func(t *testing.T) *walk { return directWalk(t, chromium, browsertest.Width(390), browsertest.Dark()) },
		"without scripts": func(t *testing.T) *walk {
			w := directWalk(t, chromium, browsertest.Width(1280), browsertest.NoScript())
			w.scripts, w.axe = false, false
			return w
		},
		"under a path": func(t *testing.T) *walk { return proxiedWalk(t, chromium) },
		"by a name":    func(t *testing.T) *walk { return namedWalk(t, chromium) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := way(t)
			w.begin()
			w.cancelARun()
			w.runTheFailed()
			w.pauseAndResume()
			if !w.elsewhere {
				w.decideAboutHeld()
				w.readAgain()
				w.foldQuietRuns()
			}
			w.Quiet(strings.TrimPrefix(strings.TrimSuffix(w.root, "/nk"), "http://"))
		})
	}
}

func directWalk(t *testing.T, chromium *browsertest.Browser, settings ...browsertest.Setting) *walk {
	t.Helper()
	s := newWalkStage(t)
	return &walk{person: person{chromium.Tab(t, settings...), "http://" + s.listen, true}, walkStage: s, scripts: true}
}

// namedWalk comes over plain http to a name that browsers trust no more than any other.
func namedWalk(t *testing.T, chromium *browsertest.Browser) *walk {
	t.Helper()
	s := newWalkStage(t, "console.hosts=console.test")
	_, port, err := net.SplitHostPort(s.listen)
	if err != nil {
		t.Fatal(err)
	}
	return &walk{person: person{chromium.Tab(t, browsertest.Width(1280)), "http://console.test:" + port, false}, walkStage: s, scripts: true, elsewhere: true}
}

// proxiedWalk comes through a proxy that serves the console under /nk.
func proxiedWalk(t *testing.T, chromium *browsertest.Browser) *walk {
	t.Helper()
	var target *url.URL
	reverse := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	mux := http.NewServeMux()
	mux.Handle("/nk/", http.StripPrefix("/nk", reverse))
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	s := newWalkStage(t, "console.public_url="+front.URL+"/nk")
	target = &url.URL{Scheme: "http", Host: s.listen}
	return &walk{person: person{chromium.Tab(t, browsertest.Width(1280)), front.URL + "/nk", false}, walkStage: s, scripts: true, elsewhere: true}
}

// becomes waits until an element says something: by itself, else by reloading the page as
// a person does.
func (w *walk) becomes(css, part string) {
	w.T.Helper()
	if w.scripts {
		w.AwaitText(css, part)
		return
	}
	for !strings.Contains(w.Text(css), part) {
		if w.ctx.Err() != nil {
			w.T.Fatalf("%s does not say %q:\n%s", w.At(), part, w.Text("body"))
		}
		w.Do("reloading", chromedp.Reload())
	}
}

// told checks the notice of what was just done. A script takes it away as soon as the
// page says something newer.
func (w *walk) told(notice string) {
	w.T.Helper()
	if got := w.Text("#said"); got != notice && (got != "" || !w.scripts) {
		w.T.Errorf("the notice at %s is %q, want %q", w.At(), got, notice)
	}
}
