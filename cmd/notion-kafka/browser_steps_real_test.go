//go:build real

package main_test

import (
	"strings"

	"notion-kafka/notion/notiontest"
)

// The first page tells of sources that never ran.
func (w *walk) begin() {
	w.T.Helper()
	w.goTo("/")
	w.landed("/sources")
	w.Says("#source-acme", "acme", "Ours, <i>all</i> of it", "from the file", "Waiting for its first run", "never")
	w.Press("acme")
	w.landed("/sources/acme")
	w.Says("main", "1 selected", "Databases", "Waiting for its first run")
	w.Press("Settings")
	w.Says("main", "written in the configuration file", "notion.acme.")
	if text := w.Text("main"); strings.Contains(text, w.workspace.Token()) {
		w.T.Error("the settings show the token")
	}
	w.check()
	w.Back()
	w.landed("/sources/acme")
}

// A run that Notion holds up is cancelled.
func (w *walk) cancelARun() {
	w.T.Helper()
	w.gate.close()
	w.goTo("/sources")
	w.Press("Run now acme")
	w.landed("/runs/")
	w.told("The run was started.")
	w.becomes("#status", "Running")
	w.becomes("#streams", "Many")
	w.check()
	run := w.At()
	w.Press("Cancel")
	w.gate.open()
	w.becomes("#status", "Cancelled")
	w.landed("/runs/")
	w.Says("#verdict", "Cancelled")
	w.Back()
	if w.At() != run {
		w.T.Errorf("back of a cancelled run leads to %s, want %s", w.At(), run)
	}
	w.Says("h1", "Run of acme")
}

// One database fails: its error is told, and the run of the failed ones reads it alone.
func (w *walk) runTheFailed() {
	w.T.Helper()
	query := "data_sources/" + w.few.DataSource().ID() + "/query"
	w.workspace.FailAlways(query, notiontest.BadRequest())
	w.runs()
	w.workspace.StopFailing(query)
	w.goTo("/sources/acme")
	w.Says("#status", "Failing")
	w.goTo("/runs?source=acme&status=failed")
	w.Press(w.Text("#runs tr:first-child td:first-child a"))
	w.landed("/runs/")
	w.Says("#verdict", "Failed")
	w.Says("#streams", "Few & <b>far</b>", "Failed")
	w.Press("Run the failed ones")
	w.landed("/runs/")
	w.becomes("#status", "Succeeded")
	w.Says("#streams", "Few & <b>far</b>")
	if text := w.Text("#streams"); strings.Contains(text, "Many") {
		w.T.Errorf("the run of the failed ones read %s", text)
	}
	w.check()
}

// Runs of other that changed nothing are one line of its history, which is written twice a
// minute at most.
func (w *walk) foldQuietRuns() {
	w.T.Helper()
	w.goTo("/sources/other/runs")
	w.becomes("#runs", "runs that changed nothing")
	w.Press(w.Text("#runs tr.folded td:first-child a"))
	w.landed("/runs/")
	w.Says("main", "None of them changed anything")
	w.goTo("/runs")
	w.Says("#runs", "acme", "other")
}

// A source is paused in the list and resumed on its page.
func (w *walk) pauseAndResume() {
	w.T.Helper()
	w.goTo("/sources")
	w.Press("Pause acme")
	w.landed("/sources")
	w.told("Paused: nothing is read until it is resumed.")
	w.becomes("#source-acme", "Resume")
	w.Press("acme")
	w.Says("#status", "Paused")
	w.Press("Resume")
	w.landed("/sources/acme")
	w.becomes("#status", "On time")
	w.Press("Pause")
	w.landed("/sources/acme")
	w.Press("Resume")
	w.goTo("/sources")
	w.Says("#source-acme", "Pause")
}

// Three quarters of a database vanish: the deletes are held until a person has looked.
func (w *walk) decideAboutHeld() {
	w.T.Helper()
	for _, page := range w.pages[:30] {
		w.workspace.Trash(page)
	}
	w.runs("--full")
	w.goTo("/sources")
	w.Says("#urgent", "acme")
	w.Press("Look and decide about acme")
	w.landed("/sources/acme/streams/")
	w.Says("main", "30 of 40 pages", "nothing was deleted from notion.acme.many")
	w.Press("Look at the first 20 now")
	w.landed("/sources/acme/streams/")
	w.Says("main", "Of the 20 that Notion was just asked about: 20", "in the trash")
	held := strings.SplitN(w.At(), "?", 2)[0]

	w.Press("Keep until the next full read")
	w.landed("/sources/acme/streams/")
	w.told("The pages are kept. The next full read looks again.")
	w.Open(held)
	w.Says("main", "No deletes are held")
	w.runs("--full")
	w.Open(held)
	w.Says("main", "30 of 40 pages")
	w.Press("Delete up to 30 pages")
	w.landed("/runs/")
	w.becomes("#status", "Succeeded")
	w.Says("#totals", "Deleted 30")
	w.check()
	w.goTo("/sources")
	w.Says("#source-acme", "On time", "13")
}

// Reading again publishes only what differs, publishing again every row.
func (w *walk) readAgain() {
	w.T.Helper()
	w.goTo("/sources/acme")
	w.Touch("More")
	w.Press("Read everything again…")
	w.landed("/sources/acme/again")
	w.Says("main", "all 13 rows", "notion.acme.few", "notion.acme.many")
	w.Press("Read everything again")
	w.landed("/runs/")
	w.becomes("#status", "Succeeded")
	w.Says("#totals", "Published 0")
	w.goTo("/sources/acme")
	w.Press("Many")
	w.landed("/sources/acme/streams/")
	w.Press("Read again…")
	w.landed("/sources/acme/streams/")
	w.Press("Publish 10 rows again")
	w.landed("/runs/")
	w.becomes("#status", "Succeeded")
	w.Says("#totals", "Published 10", "Read 10")
	w.check()
}
