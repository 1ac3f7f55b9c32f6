package browsertest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Installed returns the path of a file of the checks that deploy/real/assemble installs,
// such as axe-core/axe.min.js.
func Installed(t testing.TB, name string) string {
	t.Helper()
	folder := os.Getenv("PAGE_CHECKS")
	if folder == "" {
		t.Fatal("PAGE_CHECKS is not set: deploy/real/with sets it, and `make test-real` calls that")
	}
	return filepath.Join(folder, "node_modules", filepath.FromSlash(name))
}

// Axe checks the page for what hinders people, by the rules of axe-core for WCAG 2.2 at
// level AA and for good practice.
func (tab *Tab) Axe() {
	tab.T.Helper()
	for _, found := range tab.axe() {
		tab.T.Errorf("axe at %s: %s", tab.At(), found)
	}
}

func (tab *Tab) axe() []string {
	tab.T.Helper()
	if !Eval[bool](tab, `"axe" in globalThis`) {
		code, err := os.ReadFile(Installed(tab.T, "axe-core/axe.min.js"))
		if err != nil {
			tab.T.Fatal(err)
		}
		Eval[bool](tab, string(code)+";true")
	}
	return Eval[[]string](tab, `axe.run(document, {
		runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
		resultTypes: ["violations"], preload: false, iframes: false,
	}).then((found) => found.violations.map((v) => v.id + ", " + v.help + ": " + v.nodes.length + " times, such as " +
		v.nodes[0].html.slice(0, 300) + " " + v.nodes[0].failureSummary.replace(/\s+/g, " ").slice(0, 300))) `)
}

// secrets begin every secret that Notion gives.
var secrets = []string{"ntn_", "nrt_", "secret_"}

// Sound checks what every page of the console keeps to beside [Tab.Axe]: one h1 that the
// title begins with, nothing to scroll sideways, no secret in page, address or storage.
func (tab *Tab) Sound() {
	tab.T.Helper()
	tab.Fits()
	for _, fault := range tab.words() {
		tab.T.Errorf("%s: %s", tab.At(), fault)
	}
}

func (tab *Tab) words() (faults []string) {
	tab.T.Helper()
	title := strings.TrimPrefix(Eval[string](tab, `document.title`), "Error: ")
	headings := Eval[[]string](tab, `[...document.querySelectorAll("h1")].map((h) => h.textContent.trim())`)
	if len(headings) != 1 || !strings.HasPrefix(spaced(title), spaced(headings[0])) {
		faults = append(faults, fmt.Sprintf("the title is %q, and the headings are %q", title, headings))
	}
	all := Eval[string](tab, `[document.documentElement.outerHTML, location.href, document.cookie,
		JSON.stringify(localStorage), JSON.stringify(sessionStorage)].join("\n")`)
	for _, secret := range secrets {
		if strings.Contains(all, secret) {
			faults = append(faults, "it has a secret that begins with "+secret)
		}
	}
	return faults
}

// Fits checks that the page is not wider than its window. What is wider has a frame of
// its own that scrolls.
func (tab *Tab) Fits() {
	tab.T.Helper()
	if wide := tab.wide(); wide != "" {
		tab.T.Errorf("%s scrolls sideways: %s", tab.At(), wide)
	}
}

func (tab *Tab) wide() string {
	tab.T.Helper()
	return Eval[string](tab, `(() => {
		const root = document.documentElement, width = root.clientWidth;
		if (root.scrollWidth <= width) return "";
		const framed = (e) => e && (getComputedStyle(e).overflowX !== "visible" || framed(e.parentElement));
		const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > width + 0.5 && !framed(e.parentElement));
		return root.scrollWidth + " of " + width + " px, for " + wide.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" and ");
	})()`)
}

// Quiet checks that the browser complained of nothing so far, and asked nobody but these
// hosts.
func (tab *Tab) Quiet(hosts ...string) {
	tab.T.Helper()
	for _, fault := range tab.complaints(hosts) {
		tab.T.Error(fault)
	}
}

func (tab *Tab) complaints(hosts []string) (all []string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, host := range tab.hosts {
		if !slices.Contains(hosts, host) {
			all = append(all, "the browser asked "+host)
		}
	}
	for _, fault := range tab.faults {
		all = append(all, "the browser complains: "+fault)
	}
	return all
}
