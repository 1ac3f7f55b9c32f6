//go:build real

package pages

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"notion-kafka/cmd/notion-kafka/console/browsertest"
	"notion-kafka/producer/control"
)

// A desk keeps one draft, as the console does: each form that is posted is its next
// version, and leads to the step's page.
type desk struct {
	mu     sync.Mutex
	one    adding
	posted []url.Values
	failed string // why it does not save
}

func (d *desk) page(step string) piece {
	d.mu.Lock()
	defer d.mu.Unlock()
	return stepIn(d.one.steps(Shell{Root: "../../", Now: noon, Failed: d.failed}, "x"), step)
}

func (d *desk) take(form url.Values) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.posted = append(d.posted, form)
	d.one.draft.Version++
	all := form.Get("properties") == "typed"
	ticked := all != d.one.review.Typed
	d.one.review.Typed = all
	d.one.review.Trigger = control.TriggerReview{Sentence: "by the line " + form.Get("cron"), Zone: "UTC"}
	for i, table := range d.one.review.Tables {
		if table.Problem = ""; form.Get("n."+table.Stream) == "taken" {
			table.Problem = "this name is taken"
		}
		if table.Typed = form.Get("c."+table.Stream) == "typed"; ticked {
			table.Typed = all && i > 0
		}
		d.one.review.Tables[i] = table
	}
}

// sent are the forms posted so far, as their buttons and versions.
func (d *desk) sent() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	for _, form := range d.posted {
		all = append(all, form.Get("do")+"@"+form.Get("v"))
	}
	return strings.Join(all, " ")
}

func (d *desk) serve(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{hash}/{name}", ServeAsset)
	mux.HandleFunc("GET /add/{id}/{step}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		fmt.Fprint(w, draw(t, d.page(r.PathValue("step"))))
	})
	mux.HandleFunc("POST /add/{id}/{step}", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		d.take(r.PostForm)
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/add/" + d.one.draft.ID + "/"
}

// A filter hides databases and unticks none of them. All and None take those that are
// shown, and the number follows.
func TestBrowserChoosesDatabases(t *testing.T) {
	d := &desk{one: addingOf(10)}
	at := d.serve(t)
	tab := browsertest.Start(t.Context(), t).Tab(t, browsertest.Width(1280))
	tab.Open(at + StepStreams)
	ticked := func() string {
		return browsertest.Eval[string](tab, `document.querySelector("[data-chosen]").textContent + " " + document.querySelectorAll("#found input:checked").length`)
	}
	typed := func(text string) {
		browsertest.Eval[bool](tab, `(() => { const box = document.querySelector("[data-filter=found]"); box.value = "`+text+`"; return box.dispatchEvent(new Event("input", {bubbles: true})); })()`)
	}
	if got := ticked(); got != "8 8" {
		t.Fatalf("at first %s are chosen", got)
	}
	typed("projects")
	if got := ticked(); got != "8 8" {
		t.Errorf("with a filter %s are chosen", got)
	}
	tab.Touch("None")
	if got := ticked(); got != "6 6" {
		t.Errorf("without the two that are shown %s are chosen", got)
	}
	typed("")
	tab.Touch("All")
	if got := ticked(); got != "10 10" {
		t.Errorf("with all of them %s are chosen", got)
	}
	if sent := d.sent(); sent != "" {
		t.Errorf("the script sent %s", sent)
	}
	tab.Quiet(hostOf(t, at))
}

// What a person changes is told at once, by the server. A button that is pressed meanwhile
// sends the version that the answer has.
func TestBrowserAsksWhatAChangeDoes(t *testing.T) {
	d := &desk{one: addingOf(4)}
	at := d.serve(t)
	tab := browsertest.Start(t.Context(), t).Tab(t, browsertest.Width(1280))
	tab.Open(at + StepTables)
	name := "n." + d.one.review.Tables[1].Stream
	change := func(field, value string) {
		browsertest.Eval[bool](tab, `(() => { const field = document.getElementsByName("`+field+`")[0]; field.value = "`+value+`"; field.dispatchEvent(new Event("input", {bubbles: true})); return field.dispatchEvent(new Event("change", {bubbles: true})); })()`)
	}
	change("prefix", "other.")
	tab.Says("#tables tr:nth-child(2) .whole", "other.projects")
	change(name, "taken")
	tab.Says("#tables tr:nth-child(2) .whole", "other.taken")
	tab.AwaitText("#tables tr:nth-child(2) .told", "This name is taken.")
	change(name, "free")
	tab.Await("the remark is gone", `!document.querySelector("#tables tr:nth-child(2) .told").textContent.trim()`)

	// The choices of the tables follow the tick for all of them.
	own := "c." + d.one.review.Tables[2].Stream
	choice := `document.getElementsByName("` + own + `")[0]`
	tick := func(on string) {
		browsertest.Eval[bool](tab, `(() => { const box = document.getElementById("properties"); box.checked = `+on+`; return box.dispatchEvent(new Event("change", {bubbles: true})); })()`)
	}
	tick("true")
	tab.Await("each table follows the tick", choice+`.value === "typed"`)
	browsertest.Eval[bool](tab, `(() => { `+choice+`.focus(); return true; })()`)
	change(own, "json")
	tab.Await("the server knows the choice", `document.querySelector("form[data-ask]").ariaBusy === null`)
	if !browsertest.Eval[bool](tab, choice+`.value === "json" && document.activeElement === `+choice) {
		t.Error("the choice that a person made lost the focus, or its value")
	}
	browsertest.Eval[bool](tab, `(() => { document.activeElement.blur(); return true; })()`)
	tick("false")
	first := `document.getElementsByName("c.` + d.one.review.Tables[1].Stream + `")[0]`
	tab.Await("each table follows again", choice+`.value === "json" && `+first+`.value === "json" && document.querySelector("form[data-ask]").ariaBusy === null`)

	d.mu.Lock()
	d.posted, d.one.draft.Version = nil, 7
	d.mu.Unlock()
	tab.Open(at + StepSchedule)
	change("cron", "1 2 * * *")
	tab.AwaitText("#when", "By the line 1 2 * * *")
	tab.Land("a change, and a button at once", chromedp.Evaluate[chromedp.Void](`(() => {
		const field = document.getElementsByName("cron")[0];
		field.value = "3 4 * * *";
		field.dispatchEvent(new Event("change", {bubbles: true}));
		document.querySelector(".onward button").click();
	})()`))
	if got, want := d.sent(), "ask@7 ask@8 next@9"; got != want {
		t.Errorf("the forms sent are %s, want %s", got, want)
	}

	// What was not saved is told as well.
	d.mu.Lock()
	d.failed = "nothing was saved: Kafka does not answer"
	d.mu.Unlock()
	change("cron", "5 6 * * *")
	tab.AwaitText("#failed", "Kafka does not answer")
	tab.Quiet(hostOf(t, at))
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return at.Host
}
