package notiontest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

// TestQueryLag: queries see each change as a whole after the lag; GET sees it at once.
func TestQueryLag(t *testing.T) {
	for _, live := range []bool{false, true} {
		c, clock := world(t, notiontest.Options{QueryLag: 2 * time.Minute, LivePages: live, RequestsPerMinute: -1})
		db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "N", Kind: notiontest.KindNumber})
		old := db.DataSource().AddPages(2, clock.at.Add(-time.Hour), time.Minute, func(int) notiontest.Values { return notiontest.Values{"N": 0} })
		shown := func(filter string) map[string]any {
			t.Helper()
			rows := map[string]any{}
			for _, one := range c.query(db.DataSource(), `{`+filter+`}`)["results"].([]any) {
				page := one.(map[string]any)
				rows[page["id"].(string)] = page["properties"].(map[string]any)["N"].(map[string]any)["number"]
			}
			return rows
		}
		want := func(what, filter string, want map[string]any) {
			t.Helper()
			if diff := cmp.Diff(want, shown(filter)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		recent := filterOn("last_edited_time", "on_or_after", clock.at.Truncate(time.Minute).Format(time.RFC3339))
		before := map[string]any{old[0]: 0.0, old[1]: 0.0}

		c.w.Edit(old[0], notiontest.Values{"N": 1})
		c.w.Trash(old[1])
		added := db.AddPage("new", notiontest.Values{"N": 5})
		clock.advance(time.Minute)
		c.w.Edit(old[0], notiontest.Values{"N": 2})
		want("at first", "", before)
		want("at first, what was edited", recent, map[string]any{})
		if page := c.object("GET /v1/pages/"+old[0], ""); page["properties"].(map[string]any)["N"].(map[string]any)["number"] != 2.0 {
			t.Errorf("GET shows %v", page["properties"])
		}

		clock.advance(time.Minute)
		want("after the lag of the first changes", "", map[string]any{old[0]: 1.0, added: 5.0})
		want("after the lag of the first changes, what was edited", recent, map[string]any{old[0]: 1.0, added: 5.0})
		clock.advance(time.Minute)
		want("in the end", "", map[string]any{old[0]: 2.0, added: 5.0})
	}
}

// TestQueryLagInARun: a change that becomes visible in the middle of a run loses no other
// row.
func TestQueryLagInARun(t *testing.T) {
	c, clock := world(t, notiontest.Options{QueryLag: time.Minute, RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks")
	pages := db.DataSource().AddPages(6, clock.at.Add(-time.Hour), time.Minute, noValues)
	c.w.EditBody(pages[3])
	list := c.query(db.DataSource(), `{"page_size":2,`+byCreated+`}`)
	got := idsOf(list)
	clock.advance(time.Minute)
	for list["has_more"] == true {
		list = c.query(db.DataSource(), `{"page_size":2,`+byCreated+`,"start_cursor":"`+list["next_cursor"].(string)+`"}`)
		got = append(got, idsOf(list)...)
	}
	if diff := cmp.Diff(pages, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestFreshRows: a query lists a page by its old state and shows its new state.
func TestFreshRows(t *testing.T) {
	c, clock := world(t, notiontest.Options{QueryLag: time.Minute, FreshRows: true, RequestsPerMinute: -1})
	db, other := c.w.AddDatabase("Tasks"), c.w.AddDatabase("Archive")
	pages := db.DataSource().AddPages(2, clock.at.Add(-time.Hour), time.Minute, noValues)
	c.w.Trash(pages[0])
	c.w.Move(pages[1], other.DataSource())
	rows := c.query(db.DataSource(), `{`+byCreated+`}`)["results"].([]any)
	if len(rows) != 2 {
		t.Fatalf("the query shows %d rows, want both", len(rows))
	}
	if rows[0].(map[string]any)["in_trash"] != true {
		t.Errorf("the page in the trash is shown as %v", rows[0])
	}
	if parent := rows[1].(map[string]any)["parent"].(map[string]any); parent["database_id"] != other.ID() {
		t.Errorf("the moved page has the parent %v", parent)
	}
	clock.advance(time.Minute)
	if ids := idsOf(c.query(db.DataSource(), `{}`)); len(ids) != 0 {
		t.Errorf("after the lag the query shows %v", ids)
	}
}
