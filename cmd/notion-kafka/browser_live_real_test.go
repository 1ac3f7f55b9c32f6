//go:build real

package main_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"notion-kafka/cmd/notion-kafka/console/browsertest"
)

// Pages change while people use them: nothing that somebody types, reads, has marked or
// has opened is taken away.
func TestLivePagesLeavePeopleAlone(t *testing.T) {
	t.Parallel()
	w := directWalk(t, startWalks(t.Context(), t), browsertest.Width(1280))
	w.runs()
	w.Open(w.root + "/sources")
	w.Do("focusing a button", chromedp.Focus(chromedp.CSS(`#source-acme form[action$="/run"] button`)))
	w.Do("typing", chromedp.SendKeys(chromedp.CSS("#q"), "m"))
	w.Do("focusing a button", chromedp.Focus(chromedp.CSS(`#source-acme form[action$="/run"] button`)))
	before := w.Text("#source-acme td:nth-child(4) a")
	remembered := browsertest.Eval[bool](w.Tab, `Boolean(globalThis.button = document.activeElement)`)
	w.daemonPauses("other")
	w.Await("the other row says that it is paused", `document.querySelector("#source-other").textContent.includes("Paused")`)
	if !remembered || !browsertest.Eval[bool](w.Tab, `document.activeElement === button && button.isConnected`) {
		t.Errorf("the focus is on %s", browsertest.Eval[string](w.Tab, `document.activeElement.outerHTML`))
	}
	if got := browsertest.Eval[string](w.Tab, `document.querySelector("#q").value`); got != "m" {
		t.Errorf("the filter has %q (%s)", got, before)
	}

	w.Open(w.root + "/sources/acme")
	w.Touch("The numbers")
	w.daemonPauses("acme")
	w.AwaitText("#status", "Paused")
	if !browsertest.Eval[bool](w.Tab, `document.querySelector("#charts details").open`) {
		t.Error("the details were closed")
	}
	w.Quiet(w.listen)
}

// daemonPauses pauses a source by the command line.
func (s *walkStage) daemonPauses(source string) {
	s.t.Helper()
	s.mustRun("pause", source, "--api", "http://"+s.listen)
}

// A run page says that the daemon is away and goes on when it is back, with the run that
// it left behind.
func TestLivePageOutlivesTheDaemon(t *testing.T) {
	t.Parallel()
	w := directWalk(t, startWalks(t.Context(), t), browsertest.Width(1280))
	w.gate.close()
	w.Open(w.root + "/sources")
	w.Press("Run now acme")
	w.AwaitText("#streams", "Many")
	w.AwaitText("#live-state", "Live")
	w.daemon.kill()
	w.AwaitText("#live-state", "Live updates stopped; trying again")
	w.gate.open()
	w.up()
	w.AwaitText("#live-state", "Ended")
	w.Says("#status", "Failed")
	w.Says("#verdict", "interrupted")
	w.Sound()
}

// Browsers open six connections to a console at most. Eight pages of a running run leave
// room for each other, because a page behind another has no stream.
func TestEightLivePages(t *testing.T) {
	t.Parallel()
	w := directWalk(t, startWalks(t.Context(), t), browsertest.Width(1280))
	w.gate.close()
	w.Open(w.root + "/sources")
	w.Press("Run now acme")
	run, tabs := w.At(), []*browsertest.Tab{w.Tab}
	for range 7 {
		tabs[len(tabs)-1].AwaitText("#status", "Running")
		tabs[len(tabs)-1].Hide(true)
		tab := w.Beside(browsertest.Width(1280))
		tab.Open(run)
		tabs = append(tabs, tab)
	}
	w.gate.open()
	for i, tab := range tabs {
		tab.Hide(false)
		tab.AwaitText("#live-state", "Ended")
		if status := tab.Text("#status"); status != "Succeeded" {
			t.Errorf("page %d says %q", i, status)
		}
	}
}

// The console can be used by keyboard alone.
func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	w := directWalk(t, startWalks(t.Context(), t), browsertest.Width(1280))
	w.runs()
	w.Open(w.root + "/sources/acme")
	w.key(kb.Tab)
	if got := w.focused(); got != "Skip to content" {
		t.Errorf("the first stop is %q", got)
	}
	w.key(kb.Enter)
	if got := browsertest.Eval[string](w.Tab, `document.activeElement.id`); got != "main" {
		t.Errorf("the skip link leads to %q", got)
	}
	var stops []string
	for range 60 {
		w.key(kb.Tab)
		stop := w.focused()
		stops = append(stops, stop)
		if hidden := browsertest.Eval[string](w.Tab, coveredFocus); hidden != "" {
			t.Errorf("the focus on %q is covered by %s", stop, hidden)
		}
		if stop == "More" {
			break
		}
	}
	if !strings.Contains(strings.Join(stops, "|"), "Run now|Pause|More") {
		t.Fatalf("the stops are %q", stops)
	}
	w.key(kb.Enter)
	w.key(kb.Tab)
	if got := browsertest.Eval[string](w.Tab, `document.activeElement.id`); got != "one" {
		t.Errorf("the menu begins with %q", got)
	}
	w.key(kb.Escape)
	if got := w.focused(); got != "More" {
		t.Errorf("after Escape the focus is on %q", got)
	}
	w.key("/")
	if got := browsertest.Eval[string](w.Tab, `document.activeElement.type`); got != "search" {
		t.Errorf("the key / leads to %q", got)
	}
	w.key(kb.Tab)
	w.key("g")
	w.Land("the key r", chromedp.KeyEvent("r"))
	w.landed("/runs")
}

// coveredFocus says what lies over the element that has the focus (WCAG 2.4.11).
const coveredFocus = `(() => {
	const e = document.activeElement, box = e.getClientRects()[0];
	if (!box || e === document.body) return "";
	const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
	return !top || e.contains(top) || top.contains(e) ? "" : top.outerHTML.slice(0, 200);
})()`

func (w *walk) key(keys string) {
	w.T.Helper()
	w.Do("pressing a key", chromedp.KeyEvent(keys))
}

func (w *walk) focused() string {
	w.T.Helper()
	return browsertest.Eval[string](w.Tab, `document.activeElement.textContent.replace(/\s+/g, " ").trim()`)
}

// People choose light or dark, or leave it to their system, and the choice stays.
func TestColoursAreChosen(t *testing.T) {
	t.Parallel()
	w := directWalk(t, startWalks(t.Context(), t), browsertest.Width(1280), browsertest.Dark())
	const ground = `getComputedStyle(document.body).backgroundColor`
	light, dark := "rgb(255, 255, 255)", "rgb(18, 21, 26)"
	for _, step := range []struct{ choice, want string }{{"", dark}, {"light", light}, {"dark", dark}, {"light", light}, {"", dark}} {
		w.Open(w.root + "/sources")
		browsertest.Eval[bool](w.Tab, `((choice) => {
			const select = document.querySelector("[data-theme-choice]");
			select.value = choice;
			return select.dispatchEvent(new Event("change", { bubbles: true }));
		})("`+step.choice+`")`)
		w.Open(w.root + "/runs")
		if got := browsertest.Eval[string](w.Tab, ground); got != step.want {
			t.Errorf("with the choice %q the ground is %s, want %s", step.choice, got, step.want)
		}
	}
	w.Do("forcing colours", browsertest.ForcedColours())
	w.Open(w.root + "/sources")
	w.Axe()
	w.Fits()
	w.Do("text of twice the size", browsertest.TextSize(32), browsertest.Width(320))
	w.Open(w.root + "/sources")
	w.Quiet(w.listen)
}
