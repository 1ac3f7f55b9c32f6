package daemon

import (
	"fmt"
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
		other.finished(confirmed.ID)
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

// Every instance tells at once that nothing waits for a person any more.
func TestADismissalIsInTheTotalsAtOnce(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		owner := w.member("one", byHandOnly, with(producer.Settings{}))
		defer owner.stop()
		owner.started()
		db, _ := owner.holds(60, 40)
		if held := owner.Sources()[0].Totals.Held; held != 40 {
			t.Fatalf("%d are held", held)
		}
		if _, err := owner.Dismiss(t.Context(), "acme", producer.DatabaseStream(db.ID())); err != nil {
			t.Fatal(err)
		}
		if err := owner.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if held := owner.Sources()[0].Totals.Held; held != 0 {
			t.Errorf("%d are held after the dismissal", held)
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
