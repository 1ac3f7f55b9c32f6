package daemon

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// While Notion is slow, other requests are answered and runs go on. What Notion did not
// say in time is unknown, and says why.
func TestSlowLookHoldsUpNothing(t *testing.T) {
	slow := false
	latency := func(r *http.Request) time.Duration {
		if slow && strings.HasPrefix(r.URL.Path, "/v1/pages/") {
			return 4 * time.Second
		}
		return 0
	}
	inWorld(t, notiontest.Options{Latency: latency}, func(t *testing.T, w *world) {
		owner := w.member("one", byHandOnly, with(producer.Settings{}))
		defer owner.stop()
		owner.started()
		db, pages := owner.holds(200, 150)
		slow = true
		asked := time.Now()
		looks := make(chan control.HeldDeletes)
		go func() { looks <- owner.mustHold(db, 100) }()
		w.pass(time.Second)
		added := db.AddPage("new", nil)
		if run := owner.finished(owner.mustStart(producer.Order{}).ID); run.Status != control.NeedsAttention || w.lastValue(tasksTopic, added) == "" {
			t.Errorf("a run beside the look: %+v", run)
		}
		if since := time.Since(asked); since > 5*time.Second {
			t.Errorf("the run had to wait: it ended after %v", since)
		}
		held := <-looks
		if since := time.Since(asked); since > 13*time.Second {
			t.Errorf("the look took %v", since)
		}
		counts := map[control.Fate]int{}
		for _, page := range held.Pages[:100] {
			counts[page.Fate]++
			if unknown := page.Fate == control.Unknown; unknown != strings.Contains(page.Error, "no answer from Notion within 12s") {
				t.Errorf("page: %+v", page)
			}
		}
		if counts[control.Trashed] < 15 || counts[control.Unknown] < 15 || counts[control.Trashed]+counts[control.Unknown] != 100 {
			t.Errorf("fates: %v of %d pages", counts, len(pages))
		}
	})
}

// An owner that stops does not wait for a look.
func TestLookEndsWithItsOwner(t *testing.T) {
	latency := func(r *http.Request) time.Duration {
		if strings.HasPrefix(r.URL.Path, "/v1/pages/") {
			return time.Minute
		}
		return 0
	}
	inWorld(t, notiontest.Options{Latency: latency}, func(t *testing.T, w *world) {
		owner := w.member("one", byHandOnly, with(producer.Settings{}))
		owner.started()
		db, _ := owner.holds(60, 40)
		ended := make(chan error)
		go func() {
			_, err := owner.Held(t.Context(), "acme", producer.DatabaseStream(db.ID()), 40)
			ended <- err
		}()
		w.pass(time.Second)
		stopping := time.Now()
		owner.stop()
		if took := time.Since(stopping); took > 5*time.Second {
			t.Errorf("the owner stopped after %v", took)
		}
		mustBeKind(t, <-ended, control.Unavailable, "try again")
	})
}

// Where Notion does not let the pages be judged, their fate is unknown, never gone.
func TestLookWithoutAccessKnowsNothing(t *testing.T) {
	for name, lose := range map[string]func(w *world, db *notiontest.Database, pages []string){
		"database not shared": func(_ *world, db *notiontest.Database, _ []string) { db.Unshare() },
		"token refused":       func(w *world, _ *notiontest.Database, _ []string) { w.notion.RevokeToken() },
		"data source cannot be read": func(w *world, db *notiontest.Database, pages []string) {
			for _, id := range pages {
				w.notion.Restore(id)
				w.notion.Purge(id)
			}
			w.notion.FailAlways("data_sources/"+db.DataSource().ID()+"/query", notiontest.InternalError())
		},
		"pages cannot be read": func(w *world, _ *notiontest.Database, pages []string) {
			for _, id := range pages {
				w.notion.FailAlways("pages/"+id, notiontest.InternalError())
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				owner := w.member("one", byHandOnly, with(producer.Settings{}))
				defer owner.stop()
				owner.started()
				db, pages := owner.holds(60, 40)
				lose(w, db, pages)
				for _, page := range owner.mustHold(db, 40).Pages {
					if page.Fate != control.Unknown || page.Error == "" {
						t.Errorf("page: %+v", page)
					}
				}
			})
		})
	}
}

// A person may look while a source is paused. A source whose token is refused asks Notion
// nothing.
func TestWhoMayLook(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		owner := w.member("one", with(producer.Settings{}))
		defer owner.stop()
		owner.started()
		db, _ := owner.holds(60, 40)
		if err := owner.Pause(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		if got := fates(owner.mustHold(db, 3)); len(got) != 3 || slices.ContainsFunc(owner.mustHold(db, 3).Pages[:3], func(p control.HeldPage) bool { return p.Fate != control.Trashed }) {
			t.Errorf("while it is paused: %v", got)
		}
		if err := owner.Resume(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		w.notion.RevokeToken()
		owner.awaits(func(m *control.Memory) bool { s, _ := m.SourceState("acme"); return s.Refused != "" })
		before := w.requestsSent()
		held := owner.mustHold(db, 3)
		if sent := w.requestsSent() - before; sent != 0 || held.Pages[0].Fate != control.Unknown || held.Pages[0].Error == "" {
			t.Errorf("with a refused token: %d requests, %+v", sent, held.Pages[0])
		}
	})
}

// A title that exclude_properties keeps back is not shown by a look.
func TestLookShowsNoExcludedTitle(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		owner := w.member("one", byHandOnly, with(producer.Settings{Exclude: []string{"Name"}}))
		defer owner.stop()
		owner.started()
		db, _ := owner.holds(60, 40)
		for _, page := range owner.mustHold(db, 40).Pages {
			if page.Fate != control.Trashed || page.Title != "" {
				t.Errorf("page: %+v", page)
			}
		}
	})
}
