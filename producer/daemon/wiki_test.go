package daemon

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// A wikiNotion shows rows of a data source under other parents, as Notion does with the
// pages of a wiki.
type wikiNotion struct {
	producer.Notion
	parents map[string]string // by page: its parent, as JSON text
	refused func(what string) error
}

func (n *wikiNotion) show(page *notion.Page) {
	parent, other := n.parents[page.ID]
	if !other || page.Partial {
		return
	}
	page.Parent, page.DatabaseID, page.DataSourceID = []byte(parent), "", ""
	page.Properties = bytes.Clone(page.Properties) // or the page would keep its fingerprint
	for _, name := range []struct{ of, member string }{{"database", `"database_id":"`}, {"data source", `"data_source_id":"`}} {
		_, id, found := strings.Cut(parent, name.member)
		switch {
		case !found:
		case name.of == "database":
			page.DatabaseID = id[:36]
		default:
			page.DataSourceID = id[:36]
		}
	}
}

func (n *wikiNotion) ReadAll(ctx context.Context, q notion.Query, left ...notion.Window) iter.Seq2[*notion.Chunk, error] {
	return func(yield func(*notion.Chunk, error) bool) {
		for portion, err := range n.Notion.ReadAll(ctx, q, left...) {
			if err == nil {
				for i := range portion.Pages {
					n.show(&portion.Pages[i])
				}
			}
			if !yield(portion, err) {
				return
			}
		}
	}
}

func (n *wikiNotion) Complete(ctx context.Context, page *notion.Page) error {
	if err := n.refused("property"); err != nil && len(page.Cut) > 0 {
		return err
	}
	return n.Notion.Complete(ctx, page)
}

func (n *wikiNotion) Page(ctx context.Context, id string) (*notion.Page, error) {
	if err := n.refused("page"); err != nil {
		return nil, err
	}
	page, err := n.Notion.Page(ctx, id)
	if err == nil {
		n.show(page)
	}
	return page, err
}

const aPage, anotherPage = "59833787-2cf9-4fdf-8782-e53db20768a5", "59833787-2cf9-4fdf-8782-e53db20768a6"

// otherParents are the parents, other than its data source, that a row of a wiki may
// have.
var otherParents = map[string]string{
	"page":     `{"type":"page_id","page_id":"` + aPage + `"}`,
	"block":    `{"type":"block_id","block_id":"` + aPage + `"}`,
	"database": `{"type":"database_id","database_id":"` + aPage + `"}`,
}

// A wiki is a world whose database has rows with other parents.
type wiki struct {
	*world
	parents map[string]string // by page: as JSON text; none: its data source
	parent  string            // one that it can have
	refuses map[string]error  // by what is asked for, property or page: what Notion answers
}

// source makes a source read the wiki.
func (w *wiki) source(src *producer.Source) {
	with(producer.Settings{})(src)
	src.Notion = &wikiNotion{src.Notion, w.parents, func(what string) error { return w.refuses[what] }}
}

// inWiki runs a test for every kind of parent that rows of a wiki have.
func inWiki(t *testing.T, test func(t *testing.T, w *wiki)) {
	t.Helper()
	for kind, parent := range otherParents {
		t.Run(kind, func(t *testing.T) {
			inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
				test(t, &wiki{w, map[string]string{}, parent, map[string]error{}})
			})
		})
	}
}

// An earlier version did not note the parents of a wiki's rows. Rows that are gone since
// are deleted nevertheless; that a row moved away cannot be known then.
func TestScanOfAWikiThatAnEarlierVersionPublished(t *testing.T) {
	inWiki(t, func(t *testing.T, w *wiki) {
		db := w.addTasks(12)
		second := db.AddDataSource("More", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		second.AddPages(3, time.Now().Add(-9*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
		pages := db.Pages(notiontest.Live)
		for _, id := range pages {
			w.parents[id] = w.parent
		}
		w.mustRun(byHand, w.source)
		w.forgetPlaces(db)
		w.notion.Trash(pages[0])
		w.notion.Purge(pages[1])
		w.notion.MoveToPage(pages[2])
		w.parents[pages[2]] = strings.Replace(w.parent, aPage, anotherPage, 1)
		before := len(w.records(tasksTopic))
		w.mustRun(fullScan, w.source)
		want := map[string]string{pages[0]: producer.ReasonTrashed, pages[1]: producer.ReasonGone}
		if got := deletes(w.records(tasksTopic)); !maps.Equal(got, want) {
			t.Errorf("deletes %v\n   want %v", got, want)
		}
		if n := len(w.records(tasksTopic)) - before; n != 2 {
			t.Errorf("the scan published %d records", n)
		}
	})
}

// forgetPlaces removes from the state what an earlier version did not note about a
// wiki's rows.
func (w *world) forgetPlaces(db *notiontest.Database) {
	w.t.Helper()
	_, s, done := w.claimed()
	defer done()
	var entries []state.Entry
	var pages map[state.PageID]state.Page
	s.View(func(m *state.Memory) { pages = m.Source("acme").Stream(producer.DatabaseStream(db.ID())).Pages })
	for id, page := range pages {
		page.Source = state.NoSource
		entries = append(entries, state.Entry{Key: state.PageKey("acme", producer.DatabaseStream(db.ID()), id.String()), Value: page})
	}
	if err := s.Save(w.t.Context(), entries...); err != nil {
		w.t.Fatal(err)
	}
}

// Rows of a wiki that are trashed, purged or moved out of it are deleted, and no
// others are.
func TestScanOfAWikiDeletesWhatIsGone(t *testing.T) {
	inWiki(t, func(t *testing.T, w *wiki) {
		db := w.addTasks(12)
		second := db.AddDataSource("More", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		second.AddPages(3, time.Now().Add(-9*time.Hour), time.Minute, func(int) notiontest.Values { return nil })
		pages := db.Pages(notiontest.Live)
		for _, id := range pages {
			w.parents[id] = w.parent
		}
		w.mustRun(byHand, w.source)
		w.checkDeletes(db, tasksTopic)
		w.notion.Trash(pages[0])
		w.notion.Purge(pages[1])
		w.notion.MoveToPage(pages[2])
		w.parents[pages[2]] = strings.Replace(w.parent, aPage, anotherPage, 1)
		w.parents[pages[3]] = w.parents[pages[2]] // it stays in the wiki
		w.notion.Edit(pages[3], nil)
		w.pass(time.Hour)
		w.mustRun(bySchedule, w.source)
		if got := deletes(w.records(tasksTopic)); len(got) > 0 {
			t.Errorf("a poll deleted %v", got)
		}
		w.mustRun(fullScan, w.source)
		want := map[string]string{pages[0]: producer.ReasonTrashed, pages[1]: producer.ReasonGone, pages[2]: producer.ReasonMoved}
		if got := deletes(w.records(tasksTopic)); !maps.Equal(got, want) {
			t.Errorf("deletes %v\n   want %v", got, want)
		}
		before := len(w.records(tasksTopic))
		w.mustRun(fullScan, w.source)
		if n := len(w.records(tasksTopic)) - before; n != 0 {
			t.Errorf("the next scan published %d records", n)
		}
	})
}

// longRelation is a database whose first row has a relation that Notion cuts. The hook
// decides the answers of its property endpoint.
func (w *world) longRelation() (db *notiontest.Database, long string) {
	db = w.notion.AddDatabase("Tasks", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle}, notiontest.Prop{Name: "Refs", Kind: notiontest.KindRelation})
	var refs []string
	for range 30 {
		refs = append(refs, db.AddPage("ref", nil))
	}
	long = db.AddPage("long", notiontest.Values{"Refs": refs})
	w.pass(5 * time.Minute)
	return db, long
}

// A row of a wiki that Notion refuses to complete is stuck, and not taken for a row that
// moved.
func TestRefusedRowOfAWikiIsNotDeleted(t *testing.T) {
	inWiki(t, func(t *testing.T, w *wiki) {
		db, long := w.longRelation()
		w.parents[long] = w.parent
		w.mustRun(byHand, w.source)
		w.notion.Edit(long, notiontest.Values{"Name": "longer"})
		w.pass(time.Hour)
		w.refuses["property"] = &notion.Error{Kind: notion.ErrInvalidRequest, Message: "not for you"}
		for range 5 {
			if s := w.runWith(bySchedule, db, w.source); s.Status == control.Succeeded || !strings.Contains(s.Error, long) {
				t.Errorf("while it is refused: %+v", s)
			}
		}
		if got := deletes(w.records(tasksTopic)); len(got) > 0 {
			t.Errorf("deleted %v", got)
		}
		clear(w.refuses)
		w.mustRun(byHand, w.source)
		if !strings.Contains(w.lastValue(tasksTopic, long), "longer") {
			t.Error("the row is not in the topic as it is now")
		}
	})
}

// Notion lists a new row, and answers 404 for one of its properties or for the row
// itself. The row is not lost: no run is green while it is not in the topic.
func TestNewRowThatIsNotFoundIsAskedForAgain(t *testing.T) {
	for name, hidden := range map[string][]string{"its property": {"property"}, "the row, too": {"property", "page"}} {
		t.Run(name, func(t *testing.T) {
			inWiki(t, func(t *testing.T, w *wiki) {
				db, long := w.longRelation()
				w.mustRun(byHand, w.source)
				w.notion.Trash(long) // the next one is new
				w.mustRun(fullScan, w.source)
				w.notion.Restore(long)
				w.parents[long] = w.parent
				w.notion.Edit(long, nil)
				w.pass(time.Hour)
				for _, what := range hidden {
					w.refuses[what] = &notion.Error{Kind: notion.ErrNotFound, Message: "could not find " + what}
				}
				for range 5 {
					if s := w.runWith(bySchedule, db, w.source); s.Status == control.Succeeded || !strings.Contains(s.Error, long) {
						t.Errorf("while it is not found: %+v", s)
					}
				}
				clear(w.refuses)
				w.mustRun(byHand, w.source)
				w.checkDeletes(db, tasksTopic)
			})
		})
	}
}

// A row that was not found at its completion and is no longer listed is not requested
// again.
func TestRowThatGoesWhileItIsCompleted(t *testing.T) {
	var gone func()
	options := notiontest.Options{Hook: notiontest.OneByOne(func(r *http.Request) *notiontest.Fault {
		if gone != nil && strings.Contains(r.URL.Path, "/properties/") {
			gone()
			gone = nil
		}
		return nil
	})}
	inWorld(t, options, func(t *testing.T, w *world) {
		db, long := w.longRelation()
		gone = func() { w.notion.Purge(long) }
		if s := w.runWith(byHand, db, with(producer.Settings{})); s.Status == control.Succeeded || !strings.Contains(s.Error, long) {
			t.Errorf("the run in which it went: %+v", s)
		}
		w.mustRun(bySchedule, with(producer.Settings{}))
		w.checkDeletes(db, tasksTopic)
	})
}

// A row that Notion refuses to complete holds back the cursor of its own data source
// only.
func TestRefusedRowHoldsItsOwnCursorOnly(t *testing.T) {
	inWorld(t, notiontest.Options{}, func(t *testing.T, w *world) {
		db, long := w.longRelation()
		second := db.AddDataSource("More", notiontest.Prop{Name: "Name", Kind: notiontest.KindTitle})
		one := &wiki{w, nil, "", map[string]error{}}
		w.mustRun(byHand, one.source)
		before := w.cursors(db)
		w.notion.Edit(long, nil)
		w.pass(time.Hour)
		one.refuses["property"] = &notion.Error{Kind: notion.ErrInvalidRequest, Message: "not for you"}
		if s := w.runWith(bySchedule, db, one.source); s.Status != control.Failed {
			t.Errorf("while it is refused: %+v", s)
		}
		after, first := w.cursors(db), db.DataSource().ID()
		if after[first] != before[first] || !after[second.ID()].After(before[second.ID()]) {
			t.Errorf("the cursors were %v and are %v", before, after)
		}
	})
}
