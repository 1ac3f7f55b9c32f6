//go:build real

package main_test

import (
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"notion-kafka/notion/notiontest"
)

// A browser is a tab of a real Chromium, with cookies of its own.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	hosts  []string // that were asked
	faults []string // what the browser's console says
}

// newBrowser starts a Chromium, which ends with the test.
func newBrowser(ctx context.Context, t *testing.T) *browser {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, // tests may run as root
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(longestTest), // on a busy machine
	)
	ctx, cancel := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	return tabOf(ctx, t)
}

// chromium returns the path of a Chromium.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium on the PATH: install it (Debian: chromium)")
	return ""
}

// another is a browser of another person: its cookies are its own.
func (b *browser) another() *browser {
	b.t.Helper()
	return tabOf(b.ctx, b.t, chromedp.WithNewBrowserContext())
}

func tabOf(ctx context.Context, t *testing.T, options ...chromedp.ContextOption) *browser {
	t.Helper()
	b := &browser{t: t}
	var cancel context.CancelFunc
	b.ctx, cancel = chromedp.NewContext(ctx, append(options, chromedp.WithListener(b.hear))...)
	t.Cleanup(cancel)
	b.do("starting the browser")
	return b
}

// hear notes whom the browser asks, and what it complains of: scripts, policies, mixed
// content. That a page came with status 409 is no complaint of ours.
func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if at, err := url.Parse(e.Request.URL); err == nil && !slices.Contains(b.hosts, at.Host) {
			b.hosts = append(b.hosts, at.Host)
		}
	case *log.EventEntryAdded:
		if e.Entry.Source != log.EntrySourceNetwork {
			b.faults = append(b.faults, e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, e.ExceptionDetails.Text)
	}
}

func (b *browser) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// read returns what an action finds.
func (b *browser) read(what string, action chromedp.Action[string]) string {
	b.t.Helper()
	found, err := chromedp.Run(b.ctx, action)
	if err != nil {
		b.t.Fatalf("reading %s: %v", what, err)
	}
	return found
}

// open opens an address.
func (b *browser) open(address string) {
	b.t.Helper()
	b.do("opening "+address, chromedp.Navigate(address))
}

// leave goes to an address from the page that is open, as its links do.
func (b *browser) leave(address string) {
	b.t.Helper()
	b.read("a link", chromedp.Evaluate[string](fmt.Sprintf("location.href = %q", address)))
}

// at is the address in the browser's bar.
func (b *browser) at() string {
	b.t.Helper()
	return b.read("the address", chromedp.Location())
}

// decide answers Notion's consent page: a button, and what is ticked before.
func (b *browser) decide(decision, person string, databases ...*notiontest.Database) {
	b.t.Helper()
	b.do("waiting for Notion's page", chromedp.WaitVisible(chromedp.ID("person")), chromedp.SetValue(chromedp.ID("person"), person))
	for _, db := range databases {
		b.do("ticking a database", chromedp.SetAttributeValue(chromedp.CSS(fmt.Sprintf(`input[value="%s"]`, db.ID())), "checked", ""))
	}
	b.do("pressing "+decision, chromedp.Click(chromedp.CSS(fmt.Sprintf(`button[value="%s"]`, decision))))
}

// sees waits for our page and checks what it says: a title, then parts of its text.
func (b *browser) sees(title string, parts ...string) {
	b.t.Helper()
	b.do("waiting for the page "+title, chromedp.WaitVisible(chromedp.CSS("h1.ok, h1.bad")))
	h1, text := b.read("the title", chromedp.Text(chromedp.CSS("h1"))), b.read("the text", chromedp.Text(chromedp.CSS("main")))
	html := b.read("the page", chromedp.OuterHTML(chromedp.CSS("html")))
	if h1 != title {
		b.t.Errorf("the page is %q, want %q: %s", h1, title, text)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			b.t.Errorf("the page %q does not say %q: %s", h1, part, text)
		}
	}
	for _, secret := range []string{"ntn_", "nrt_", "secret_"} {
		if strings.Contains(html, secret) {
			b.t.Errorf("the page %q has a secret: %s", h1, html)
		}
	}
	const loaded = `new Promise((done) => document.readyState === "complete" ? done() : addEventListener("load", done))`
	width := b.read("the style", chromedp.Evaluate[string](loaded+`.then(() => getComputedStyle(document.querySelector("main")).maxWidth)`, chromedp.EvalAwaitPromise))
	if width != "640px" {
		b.t.Errorf("the page %q has no style: main is at most %s wide", h1, width)
	}
}

// follow clicks the one link of the page.
func (b *browser) follow(text string) {
	b.t.Helper()
	if got := b.read("the link", chromedp.Text(chromedp.CSS("a.button"))); got != text {
		b.t.Fatalf("the link says %q, want %q", got, text)
	}
	b.do("following the link", chromedp.Click(chromedp.CSS("a.button")))
}

// quiet checks that the browser complained of nothing, and asked nobody but these hosts.
func (b *browser) quiet(hosts ...string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, host := range b.hosts {
		if !slices.Contains(hosts, host) {
			b.t.Errorf("the browser asked %s", host)
		}
	}
	for _, fault := range b.faults {
		b.t.Errorf("the browser complains: %s", fault)
	}
}
