package daemon

import (
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// mustConnect has a person connect acme, and waits until a run of theirs has ended.
func (w *oauthWorld) mustConnect(i *oauthMember, person int) {
	w.t.Helper()
	began := time.Now()
	if _, err := w.allow(i, person, "acme"); err != nil {
		w.t.Fatal(err)
	}
	i.awaits(func(m *control.Memory) bool {
		last, some := m.LastRun("acme")
		return some && last.Run.Status.Ended() && !last.Run.StartedAt.Before(began)
	})
}

// scan reads every row, and returns what the run did for the tasks.
func (w *oauthWorld) scan(i *oauthMember) control.StreamRun {
	w.t.Helper()
	return streamOf(producer.Report{Run: i.finished(i.mustStart(producer.Order{Full: true}).ID)}, producer.DatabaseStream(w.tasks.ID()))
}

// mustScan fails the test unless a scan deletes and holds so many pages.
func (w *oauthWorld) mustScan(i *oauthMember, when string, deleted, held int) (s control.StreamRun) {
	w.t.Helper()
	if s = w.scan(i); s.Deleted != deleted || s.Held != held {
		w.t.Errorf("%s: deleted %d, held %d, want %d and %d: %s", when, s.Deleted, s.Held, deleted, held, s.Error)
	}
	return s
}

// After another person has connected a source, pages that are not found may be out of
// their sight. They are held, few or many, until a person confirms. What Notion shows in
// the trash is deleted all the same.
func TestAnotherPersonsFirstDeletesAreHeld(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i := w.member("a")
		defer i.stop()
		w.connect(i)
		pages := w.tasks.Pages(notiontest.Live)
		stream := producer.DatabaseStream(w.tasks.ID())
		w.mustConnect(i, bruno)
		w.notion.UnsharePage(pages[0])
		w.notion.Trash(pages[1])
		s := w.mustScan(i, "the first scan of bruno's connection", 1, 1)
		if s.Status != control.NeedsAttention || !strings.Contains(s.Error, "1 of 29 pages are missing since another connection reads the source") || !strings.Contains(s.Error, "confirm-deletes") {
			t.Errorf("%+v", s)
		}
		w.mustScan(i, "the next scan", 0, 1)
		if _, err := i.Dismiss(t.Context(), "acme", stream); err != nil {
			t.Fatal(err)
		}
		w.mustScan(i, "the scan after a dismissal", 0, 1)
		confirmed, err := i.Confirm(t.Context(), "acme", stream)
		if err != nil {
			t.Fatal(err)
		}
		if s := streamOf(producer.Report{Run: i.finished(confirmed.ID)}, stream); s.Deleted != 1 || s.Held != 0 || s.Status != control.Succeeded {
			t.Errorf("confirmed: %+v", s)
		}
		w.notion.UnsharePage(pages[2])
		w.mustScan(i, "a scan after the confirmation", 1, 0)
		w.mustConnect(i, ada)
		w.notion.UnsharePage(pages[3])
		w.mustScan(i, "the first scan of ada's connection, which is another one again", 0, 1)
	})
}

// A person who sees everything is trusted after one whole scan, and so is who connected
// the source before. A later owner knows it, too.
func TestWhoMissesNothingIsTrusted(t *testing.T) {
	scanned := func(trashed int) func(*oauthWorld, *oauthMember) {
		return func(w *oauthWorld, i *oauthMember) {
			for _, page := range w.tasks.Pages(notiontest.Live)[:trashed] {
				w.notion.Trash(page)
			}
			w.mustConnect(i, bruno)
			w.mustScan(i, "a scan that misses nothing", trashed, 0)
		}
	}
	for name, begin := range map[string]func(*oauthWorld, *oauthMember){
		"another person, and every page is there":     scanned(0),
		"another person, and a page is in the trash":  scanned(1),
		"the same person, who connects it once again": func(w *oauthWorld, i *oauthMember) { w.mustConnect(i, ada) },
	} {
		t.Run(name, func(t *testing.T) {
			inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
				i := w.member("a")
				w.connect(i)
				begin(w, i)
				i.stop()
				heir := w.member("b")
				defer heir.stop()
				heir.started()
				w.notion.UnsharePage(w.tasks.Pages(notiontest.Live)[0])
				w.mustScan(heir, "the scan in which a page is gone", 1, 0)
			})
		})
	}
}

// A page that Notion does not answer for is no reason to trust a connection.
func TestAPageThatWasNotLookedAtTrustsNobody(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		i := w.member("a")
		defer i.stop()
		w.connect(i)
		w.mustConnect(i, bruno)
		page := w.tasks.Pages(notiontest.Live)[0]
		w.notion.UnsharePage(page)
		w.notion.FailAlways("pages/"+page, notiontest.Restricted())
		w.mustScan(i, "a scan in which Notion refuses the page", 0, 0)
		w.notion.StopFailing("pages/" + page)
		w.mustScan(i, "a scan in which it is not found", 0, 1)
	})
}

// A scan that one connection began and another ends proves nothing for the second: it has
// not looked for what the first one listed.
func TestAScanOfTwoConnectionsTrustsNeither(t *testing.T) {
	inOAuthWorld(t, notiontest.Options{Latency: slowly}, notiontest.AppOptions{}, func(t *testing.T, w *oauthWorld) {
		for range 3000 {
			w.tasks.AddPage("more", nil)
		}
		i := w.member("a")
		defer i.stop()
		w.connect(i)
		first := w.tasks.Pages(notiontest.Live)[0]
		run := i.mustStart(producer.Order{Full: true})
		i.awaits(func(m *control.Memory) bool {
			last, _ := m.LastRun("acme")
			return last.Run.ID == run.ID && streamOf(producer.Report{Run: last.Run}, producer.DatabaseStream(w.tasks.ID())).Read > 1000
		})
		w.mustConnect(i, bruno)
		if ended := i.finished(run.ID); ended.Status != control.Cancelled || !strings.Contains(ended.Error, "connected anew") {
			t.Errorf("ada's scan: %s: %s", ended.Status, ended.Error)
		}
		if run := i.runs()[0]; run.Status != control.Succeeded || !slices.ContainsFunc(run.Streams, func(s control.StreamRun) bool {
			return s.Kind == control.FullScan && s.Stream == producer.DatabaseStream(w.tasks.ID())
		}) {
			t.Errorf("bruno's run did not end ada's scan: %+v", run)
		}
		w.notion.UnsharePage(first)
		w.mustScan(i, "bruno's own scan", 0, 1)
	})
}
