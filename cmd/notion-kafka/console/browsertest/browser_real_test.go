//go:build real

package browsertest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// wrong is a page that does everything that no page of ours may.
const wrong = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>One thing</title></head><body>
<h1>Another</h1><input><p style="color: #eee">faint</p><div style="width: 3000px">wide</div>
<script>alert(1); localStorage.setItem("t", "ntn_1"); console.error("wrong"); fetch("http://elsewhere.test/").catch(() => {}); missing();</script>
<script src="http://127.0.0.1:9/x.js"></script></body></html>`

// What the checks of pages are for, they find.
func TestWrongPagesAreFound(t *testing.T) {
	mux := http.NewServeMux()
	for path, policy := range map[string]string{"/wrong": "", "/strict": "default-src 'none'"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Security-Policy", policy)
			fmt.Fprint(w, wrong)
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	browser := Start(t.Context(), t)
	tab := browser.Tab(t, Width(1280))
	if err := chromedp.Do(tab.ctx, closing()); err != nil {
		t.Fatal(err)
	}
	tab.Open(server.URL + "/wrong")
	if tab.wide() == "" {
		t.Error("the page is not said to scroll sideways")
	}
	holds(t, tab.words(), "the title", "a secret")
	holds(t, tab.axe(), "color-contrast", "label")
	holds(t, tab.complaints([]string{tab.hosts[0]}), "asked elsewhere.test", "a dialog", "console.error", "Uncaught")

	strict := browser.Tab(t)
	strict.Open(server.URL + "/strict")
	holds(t, strict.complaints(nil), "Content Security Policy")
}

// holds checks that each part is in one of some texts.
func holds(t *testing.T, texts []string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, part) }) {
			t.Errorf("nothing says %q: %q", part, texts)
		}
	}
}

// closing makes a tab close dialogs, which would hold the page.
func closing() Setting {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		opened, done := target.Subscribe(page.JavascriptDialogOpening.Method)
		context.AfterFunc(ctx, done)
		go func() {
			for range opened {
				for ctx.Err() == nil { // it is told of before it can be closed
					if _, err := cdp.Call(ctx, target, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}); err == nil {
						break
					}
				}
			}
		}()
		return nil
	})
}
