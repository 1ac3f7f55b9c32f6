package daemon

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// mustHold returns the held pages of a database as an instance shows them.
func (i *member) mustHold(db *notiontest.Database, look int) control.HeldDeletes {
	i.world.t.Helper()
	held, err := i.Held(i.world.t.Context(), "acme", producer.DatabaseStream(db.ID()), look)
	if err != nil {
		i.world.t.Fatal(err)
	}
	return held
}

// fates are the fates of held pages, by id; those without one are left out.
func fates(held control.HeldDeletes) map[string]string {
	found := map[string]string{}
	for _, page := range held.Pages {
		if page.Fate != "" {
			found[page.Page] = string(page.Fate)
		}
	}
	return found
}

// holds makes a stream of n pages of which a scan misses the first.
func (i *member) holds(n, missing int) (db *notiontest.Database, pages []string) {
	w := i.world
	w.t.Helper()
	db = w.addTasks(n)
	i.finished(i.mustStart(producer.Order{}).ID)
	pages = db.Pages(notiontest.Live)[:missing]
	for _, id := range pages {
		w.notion.Trash(id)
	}
	if run := i.finished(i.mustStart(producer.Order{Full: true}).ID); run.Status != control.NeedsAttention {
		w.t.Fatalf("scan: %+v", run)
	}
	return db, pages
}

// A look says of every page what a confirmation then does with it, and does nothing
// itself. Any instance answers.
func TestLookAtHeldPagesIsADryRunOfTheConfirmation(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		elsewhere := w.notion.AddDatabase("Archive", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		owner := w.member("one", byHandOnly, with(producer.Settings{}))
		defer owner.stop()
		owner.started()
		db, pages := owner.holds(60, 40)
		other := w.member("two", byHandOnly, with(producer.Settings{}))
		defer other.stop()
		w.pass(time.Minute)
		want := map[string]string{}
		for n, id := range pages {
			want[id] = "trashed"
			if n%5 > 0 {
				w.notion.Restore(id)
			}
			switch n % 5 {
			case 1:
				want[id] = "still_there"
			case 2:
				w.notion.Purge(id)
				want[id] = "gone"
			case 3:
				w.notion.Move(id, elsewhere.DataSource())
				want[id] = "moved"
			case 4:
				w.notion.UnsharePage(id)
				want[id] = "gone"
			}
		}
		records := len(w.records(tasksTopic))
		for _, i := range []*member{owner, other} {
			held := i.mustHold(db, 100)
			if got := fates(held); !mapsEqual(got, want) {
				t.Errorf("fates %v\n want %v", got, want)
			}
			if held.Held != 40 || held.Rows != 60 || held.Topic != tasksTopic || held.Title != "Tasks" || held.Source != "acme" {
				t.Errorf("held: %+v", held)
			}
			for _, page := range held.Pages {
				if shown := page.Title != ""; shown == (page.Fate == control.Gone) || page.Error != "" {
					t.Errorf("page: %+v", page)
				}
			}
		}
		if held := owner.mustHold(db, 7); len(held.Pages) != 40 || len(fates(held)) != 7 || held.Pages[6].Fate == "" {
			t.Errorf("a look at 7: %v", fates(held))
		}
		if now := len(w.records(tasksTopic)); now != records || owner.mustHold(db, 0).Held != 40 {
			t.Errorf("a look published %d records", now-records)
		}
		confirmed, err := other.Confirm(t.Context(), "acme", producer.DatabaseStream(db.ID()))
		if err != nil {
			t.Fatal(err)
		}
		owner.finished(confirmed.ID)
		deleted := deletes(w.records(tasksTopic))
		for id, fate := range want {
			if fate == "still_there" {
				fate = ""
			}
			if deleted[id] != fate {
				t.Errorf("page %s, whose fate is %s, was deleted with reason %q", id, want[id], deleted[id])
			}
		}
	})
}

// Of a data source that its database lists no more, a look says what a confirmation does,
// too: it deletes the pages that are not found there.
func TestLookAtPagesOfADataSourceThatMoved(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		from, _, pages := w.moveAway(5)
		w.notion.Purge(pages[0])
		owner := w.member("one", byHandOnly, with(producer.Settings{}))
		defer owner.stop()
		owner.started()
		owner.finished(owner.mustStart(producer.Order{Full: true}).ID)
		if got := fates(owner.mustHold(from, 20)); !mapsEqual(got, map[string]string{pages[0]: "gone"}) {
			t.Errorf("fates %v, want that %s is gone", got, pages[0])
		}
		confirmed, err := owner.Confirm(t.Context(), "acme", producer.DatabaseStream(from.ID()))
		if err != nil {
			t.Fatal(err)
		}
		owner.finished(confirmed.ID)
		if got := w.lastOp(tasksTopic, pages[0]); got != "delete gone" {
			t.Errorf("confirmed: %s", got)
		}
	})
}

// The pages are listed in a stable order, the one that was edited last first, without a
// request to Notion.
func TestHeldPagesAreListed(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		owner := w.member("one", byHandOnly, with(producer.Settings{}))
		defer owner.stop()
		owner.started()
		db, pages := owner.holds(60, 40)
		before := w.requestsSent()
		held := owner.mustHold(db, 0)
		if sent := w.requestsSent() - before; sent != 0 || len(held.Pages) != 40 || len(fates(held)) != 0 {
			t.Errorf("%d requests, %d pages, fates %v", sent, len(held.Pages), fates(held))
		}
		for n, page := range held.Pages {
			if n > 0 && page.Edited.After(held.Pages[n-1].Edited) || page.Edited.IsZero() || !slices.Contains(pages, page.Page) {
				t.Errorf("page %d: %+v", n, page)
			}
			if want := "https://www.notion.so/" + strings.ReplaceAll(page.Page, "-", ""); page.URL != want {
				t.Errorf("its address is %s, want %s", page.URL, want)
			}
		}
		for range 3 {
			if again := owner.mustHold(db, 0); !slices.Equal(again.Pages, held.Pages) {
				t.Errorf("another order:\n%v\n%v", again.Pages, held.Pages)
			}
		}
		if _, err := owner.Dismiss(t.Context(), "acme", producer.DatabaseStream(db.ID())); err != nil {
			t.Fatal(err)
		}
		if held := owner.mustHold(db, 20); held.Held != 0 || held.Pages == nil || len(held.Pages) != 0 {
			t.Errorf("after the dismissal: %+v", held)
		}
	})
}

func TestOfManyHeldPagesAThousandAreListed(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		owner := w.member("one", byHandOnly, with(producer.Settings{}))
		defer owner.stop()
		owner.started()
		db, _ := owner.holds(1300, 1100)
		if held := owner.mustHold(db, 0); held.Held != 1100 || len(held.Pages) != 1000 {
			t.Errorf("%d of %d are listed", len(held.Pages), held.Held)
		}
	})
}

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

func TestHeldPagesThatCannotBeListed(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		owner := w.member("one", byHandOnly, with(producer.Settings{}))
		defer owner.stop()
		owner.started()
		db := w.addTasks(3)
		owner.finished(owner.mustStart(producer.Order{}).ID)
		for name, stream := range map[string]string{"none held": producer.DatabaseStream(db.ID()), "databases": producer.DatabasesStream} {
			if held, err := owner.Held(t.Context(), "acme", stream, 20); err != nil || held.Held != 0 || held.Pages == nil {
				t.Errorf("%s: %+v, %v", name, held, err)
			}
		}
		_, err := owner.Held(t.Context(), "acme", "database_of_dreams", 0)
		mustBeKind(t, err, control.NotFound, "database_of_dreams")
		_, err = owner.Held(t.Context(), "acne", "databases", 0)
		mustBeKind(t, err, control.NotFound, "acne")
		for _, look := range []int{-1, MostLooked + 1} {
			_, err = owner.Held(t.Context(), "acme", "databases", look)
			mustBeKind(t, err, control.Invalid, fmt.Sprint(look))
		}
	})
}
