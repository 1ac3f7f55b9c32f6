//go:build real

package main_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"notion-kafka/cmd/notion-kafka/console/browsertest"
	"notion-kafka/notion/notiontest"
)

// A browser is a tab of a real Chromium, with cookies of its own.
type browser struct {
	*browsertest.Tab
	t *testing.T
}

// newBrowser starts a Chromium, which ends with the test.
func newBrowser(ctx context.Context, t *testing.T) *browser {
	t.Helper()
	return &browser{browsertest.Start(ctx, t).Tab(t), t}
}

// another is a browser of another person: its cookies are its own.
func (b *browser) another() *browser {
	b.t.Helper()
	return &browser{b.Another(), b.t}
}

// leave goes to an address from the page that is open, as its links do.
func (b *browser) leave(address string) {
	b.t.Helper()
	b.Read("a link", chromedp.Evaluate[string](fmt.Sprintf("location.href = %q", address)))
}

// decide answers Notion's consent page: a button, and what is ticked before.
func (b *browser) decide(decision, person string, databases ...*notiontest.Database) {
	b.t.Helper()
	b.Do("waiting for Notion's page", chromedp.WaitVisible(chromedp.ID("person")), chromedp.SetValue(chromedp.ID("person"), person))
	for _, db := range databases {
		b.Do("ticking a database", chromedp.SetAttributeValue(chromedp.CSS(fmt.Sprintf(`input[value="%s"]`, db.ID())), "checked", ""))
	}
	b.Do("pressing "+decision, chromedp.Click(chromedp.CSS(fmt.Sprintf(`button[value="%s"]`, decision))))
}

// sees waits for our page and checks what it says: a title, then parts of its text.
func (b *browser) sees(title string, parts ...string) {
	b.t.Helper()
	b.Do("waiting for the page "+title, chromedp.WaitVisible(chromedp.CSS("h1.ok, h1.bad")))
	h1, text := b.Read("the title", chromedp.Text(chromedp.CSS("h1"))), b.Read("the text", chromedp.Text(chromedp.CSS("main")))
	html := b.Read("the page", chromedp.OuterHTML(chromedp.CSS("html")))
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
	width := b.Read("the style", chromedp.Evaluate[string](loaded+`.then(() => getComputedStyle(document.querySelector("main")).maxWidth)`, chromedp.EvalAwaitPromise))
	if width != "640px" {
		b.t.Errorf("the page %q has no style: main is at most %s wide", h1, width)
	}
}

// follow clicks the one link of the page.
func (b *browser) follow(text string) {
	b.t.Helper()
	if got := b.Read("the link", chromedp.Text(chromedp.CSS("a.button"))); got != text {
		b.t.Fatalf("the link says %q, want %q", got, text)
	}
	b.Do("following the link", chromedp.Click(chromedp.CSS("a.button")))
}
