package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds every step: a page that never comes fails its test in time to say so.
const patience = 90 * time.Second

// A Tab is a tab of a browser. Its test fails when something that it does fails.
type Tab struct {
	T   testing.TB
	ctx context.Context

	mu       sync.Mutex
	hosts    []string // that were asked
	faults   []string // what the browser complains of
	requests int
	bytes    float64 // of the answers, as they came over the wire
}

// Tab opens a tab whose cookies and storage are its own. It ends with the test.
func (b *Browser) Tab(t testing.TB, settings ...Setting) *Tab {
	t.Helper()
	return open(b.ctx, t, settings, chromedp.WithNewBrowserContext())
}

// Beside opens another tab of the same person.
func (tab *Tab) Beside(settings ...Setting) *Tab {
	tab.T.Helper()
	return open(tab.ctx, tab.T, settings)
}

// Another opens a tab of another person in the same browser.
func (tab *Tab) Another(settings ...Setting) *Tab {
	tab.T.Helper()
	return open(tab.ctx, tab.T, settings, chromedp.WithNewBrowserContext())
}

func open(ctx context.Context, t testing.TB, settings []Setting, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	tab := &Tab{T: t}
	var cancel context.CancelFunc
	tab.ctx, cancel = chromedp.NewContext(ctx, append(options, chromedp.WithListener(tab.hear))...)
	t.Cleanup(cancel)
	// The tab lives as long as the context of its first step.
	if err := chromedp.Do(tab.ctx); err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	tab.Do("setting up a tab", settings...)
	return tab
}

// hear notes whom the browser asks, and what it complains of: scripts, policies, mixed
// content, dialogs. That a page came with status 409 is no complaint of ours.
func (tab *Tab) hear(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		tab.requests++
		// A browser's own icons of fields are data: nobody is asked for them.
		if at, err := url.Parse(e.Request.URL); err == nil && at.Scheme != "data" && !slices.Contains(tab.hosts, at.Host) {
			tab.hosts = append(tab.hosts, at.Host)
		}
	case *network.EventLoadingFinished:
		tab.bytes += e.EncodedDataLength
	case *log.EventEntryAdded:
		if e.Entry.Source != log.EntrySourceNetwork {
			tab.faults = append(tab.faults, e.Entry.Text)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			tab.faults = append(tab.faults, fmt.Sprintf("console.%s", e.Type))
		}
	case *runtime.EventExceptionThrown:
		tab.faults = append(tab.faults, e.ExceptionDetails.Text)
	case *page.EventJavascriptDialogOpening:
		tab.faults = append(tab.faults, "a dialog opened: "+e.Message)
	}
}

// Traffic returns the requests so far, and the bytes of their answers.
func (tab *Tab) Traffic() (requests int, bytes float64) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return tab.requests, tab.bytes
}

// Do performs actions.
func (tab *Tab) Do(what string, actions ...chromedp.Action[chromedp.Void]) {
	tab.T.Helper()
	ctx, cancel := tab.patient()
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		tab.T.Fatalf("%s: %v", what, err)
	}
}

// Read returns what an action finds.
func (tab *Tab) Read(what string, action chromedp.Action[string]) string {
	tab.T.Helper()
	ctx, cancel := tab.patient()
	defer cancel()
	found, err := chromedp.Run(ctx, action)
	if err != nil {
		tab.T.Fatalf("reading %s: %v", what, err)
	}
	return found
}

// Eval returns the value of a JavaScript expression, also where pages run no script.
// A promise is awaited.
func Eval[T any](tab *Tab, expression string) T {
	tab.T.Helper()
	ctx, cancel := tab.patient()
	defer cancel()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.T.Fatalf("evaluating %.300s: %v", expression, err)
	}
	return found
}

// Open opens an address.
func (tab *Tab) Open(address string) {
	tab.T.Helper()
	tab.Do("opening "+address, chromedp.Navigate(address))
}

// At is the address in the browser's bar.
func (tab *Tab) At() string {
	tab.T.Helper()
	return tab.Read("the address", chromedp.Location())
}

// Text is what a person reads in an element.
func (tab *Tab) Text(css string) string {
	tab.T.Helper()
	return Eval[string](tab, fmt.Sprintf(`document.querySelector(%s)?.innerText ?? ""`, quote(css)))
}

// Says checks that an element says each of some parts, however its spaces are.
func (tab *Tab) Says(css string, parts ...string) {
	tab.T.Helper()
	text := spaced(tab.Text(css))
	for _, part := range parts {
		if !strings.Contains(text, part) {
			tab.T.Errorf("%s at %s does not say %q: %s", css, tab.At(), part, text)
		}
	}
}

func spaced(text string) string { return strings.Join(strings.Fields(text), " ") }

// Await waits until a JavaScript condition is true. It is looked at after each change of
// the page, so a change that is none of the page's is not noticed.
func (tab *Tab) Await(what, condition string) {
	tab.T.Helper()
	waiting := fmt.Sprintf(`new Promise((done) => {
		const fits = () => Boolean(%s);
		if (fits()) return done(true);
		const watch = new MutationObserver(() => { if (fits()) { watch.disconnect(); done(true); } });
		watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
	})`, condition)
	ctx, cancel := tab.patient()
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](waiting, chromedp.EvalAwaitPromise)); err != nil {
		tab.T.Fatalf("waiting until %s at %s: %v", what, tab.whereAfter(), err)
	}
}

// AwaitText waits until an element says something.
func (tab *Tab) AwaitText(css, part string) {
	tab.T.Helper()
	tab.Await(fmt.Sprintf("%s says %q", css, part), fmt.Sprintf(`document.querySelector(%s)?.innerText.includes(%s)`, quote(css), quote(part)))
}

func (tab *Tab) patient() (context.Context, context.CancelFunc) {
	return context.WithTimeout(tab.ctx, patience)
}

// whereAfter is the address for a message, also when the test's time is over.
func (tab *Tab) whereAfter() string {
	ctx, cancel := tab.patient()
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if err != nil {
		return "an unknown page"
	}
	return at
}

// A place is where an element is in the window, or why it is not.
type place struct {
	X, Y    float64
	Missing bool
	Others  string // what there is instead
}

// find scrolls to a link, button, label or summary by its whole text.
func (tab *Tab) find(name string) place {
	tab.T.Helper()
	at := Eval[place](tab, fmt.Sprintf(`((name) => {
		const text = (e) => e.textContent.replace(/\s+/g, " ").trim();
		const all = [...document.querySelectorAll("a, button, summary, label")].filter((e) => e.checkVisibility());
		const found = all.find((e) => text(e) === name);
		if (!found) return { missing: true, others: all.map(text).join(" | ") };
		found.scrollIntoView({ block: "center", behavior: "instant" });
		const box = found.getClientRects()[0];
		return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
	})(%s)`, quote(name)))
	if at.Missing {
		tab.T.Fatalf("%s has no %q, but: %s", tab.At(), name, at.Others)
	}
	return at
}

// Press clicks what has a name and leads to a page, and waits for that page.
func (tab *Tab) Press(name string) {
	tab.T.Helper()
	at := tab.find(name)
	tab.Land("pressing "+name, chromedp.MouseClickXY(at.X, at.Y))
}

// Touch clicks what has a name and stays on the page.
func (tab *Tab) Touch(name string) {
	tab.T.Helper()
	at := tab.find(name)
	tab.Do("touching "+name, chromedp.MouseClickXY(at.X, at.Y))
}

// Land performs an action that leads to another page, and waits for that page.
func (tab *Tab) Land(what string, action chromedp.Action[chromedp.Void]) {
	tab.T.Helper()
	ctx, cancel := tab.patient()
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, action); err != nil {
		tab.T.Fatalf("%s at %s: %v", what, tab.whereAfter(), err)
	}
}

// Back goes to the page before. The browser may have kept it whole, and then loads nothing.
func (tab *Tab) Back() {
	tab.T.Helper()
	ctx, cancel := tab.patient()
	defer cancel()
	leave := chromedp.Evaluate[chromedp.Void]("history.back()")
	isWhole := func(e page.EventFrameNavigated) bool { return e.Frame.ParentID == "" }
	if _, err := chromedp.Run(ctx, chromedp.WaitEvent(page.FrameNavigated, isWhole, leave)); err != nil {
		tab.T.Fatalf("going back from %s: %v", tab.whereAfter(), err)
	}
	for Eval[string](tab, "document.readyState") != "complete" {
		if ctx.Err() != nil {
			tab.T.Fatalf("the page before does not load: %s", tab.whereAfter())
		}
	}
}

// Hide tells the page that it is behind another tab, or in front again. Without a desk
// Chromium shows all its tabs.
func (tab *Tab) Hide(hidden bool) {
	tab.T.Helper()
	Eval[bool](tab, fmt.Sprintf(`(() => {
		Object.defineProperty(document, "hidden", { value: %t, configurable: true });
		return document.dispatchEvent(new Event("visibilitychange"));
	})()`, hidden))
}

// Focus tells the page that its window has the focus, or another one. Without a desk
// Chromium gives it to all its windows.
func (tab *Tab) Focus(has bool) {
	tab.T.Helper()
	event := "blur"
	if has {
		event = "focus"
	}
	Eval[bool](tab, fmt.Sprintf(`(() => {
		document.hasFocus = () => %t;
		return window.dispatchEvent(new Event(%q));
	})()`, has, event))
}

// Picture returns a PNG of the whole page.
func (tab *Tab) Picture() []byte {
	tab.T.Helper()
	picture, err := chromedp.Run(tab.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		tab.T.Fatalf("taking a picture of %s: %v", tab.At(), err)
	}
	return picture
}

// quote returns a text as JavaScript writes it.
func quote(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(out)
}
