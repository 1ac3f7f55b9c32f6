package notiontest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"notion-kafka/notion/notiontest"
)

// TestFailAlways: requests below the path fail until StopFailing, others never.
func TestFailAlways(t *testing.T) {
	faults := map[int]notiontest.Fault{400: notiontest.BadRequest(), 401: notiontest.Unauthorized(), 403: notiontest.Restricted(), 404: notiontest.NotFound(), 500: notiontest.InternalError()}
	for status, fault := range faults {
		c, _ := world(t, notiontest.Options{})
		db, other := c.w.AddDatabase("Tasks"), c.w.AddDatabase("Ideas")
		path := "databases/" + db.ID()
		c.w.FailAlways(path, fault)
		for range 3 {
			if got, _ := c.send("GET /v1/"+path, ""); got.status != status {
				t.Errorf("%d, want %d", got.status, status)
			}
		}
		c.object("GET /v1/databases/"+other.ID(), "")
		c.query(db.DataSource(), "{}")
		c.w.StopFailing(path)
		c.object("GET /v1/"+path, "")
	}
}

// TestFailAlwaysOfAProperty: a page is readable although its properties cannot be
// listed.
func TestFailAlwaysOfAProperty(t *testing.T) {
	c, _ := world(t, notiontest.Options{})
	page := c.w.AddDatabase("Tasks").AddPage("one", nil)
	c.w.FailAlways("pages/"+page+"/properties", notiontest.BadRequest())
	c.object("GET /v1/pages/"+page, "")
	if got, _ := c.send("GET /v1/pages/"+page+"/properties/title", ""); got.status != 400 {
		t.Errorf("%d", got.status)
	}
}

// TestHideFromSearch: the database is readable by its id.
func TestHideFromSearch(t *testing.T) {
	c, _ := world(t, notiontest.Options{})
	db := c.w.AddDatabase("Tasks")
	db.HideFromSearch()
	if found := idsOf(c.object("POST /v1/search", "{}")); len(found) != 0 {
		t.Errorf("found %v", found)
	}
	c.object("GET /v1/databases/"+db.ID(), "")
}

// TestStalled: an answer without results repeats its cursor, in every kind of list.
func TestStalled(t *testing.T) {
	c, _ := world(t, notiontest.Options{})
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "Rel", Kind: notiontest.KindRelation})
	c.w.AddDatabase("Ideas")
	page := db.AddPage("one", nil)
	for range 8 {
		db.AddPage("more", nil)
	}
	c.w.Edit(page, notiontest.Values{"Rel": slices.Repeat([]string{page}, 30)})
	rel := c.object("GET /v1/pages/"+page, "")["properties"].(map[string]any)["Rel"].(map[string]any)["id"].(string)
	lists := map[string]string{
		"POST /v1/search": `{"page_size":1CURSOR}`,
		"POST /v1/data_sources/" + db.DataSource().ID() + "/query":            `{"page_size":4CURSOR}`,
		"GET /v1/users?page_size=2CURSOR":                                     "",
		"GET /v1/pages/" + page + "/properties/" + rel + "?page_size=9CURSOR": "",
	}
	for line, body := range lists {
		ask := func(cursor string) map[string]any {
			if body != "" {
				if cursor != "" {
					cursor = `,"start_cursor":"` + cursor + `"`
				}
				return c.object(line, strings.ReplaceAll(body, "CURSOR", cursor))
			}
			if cursor != "" {
				cursor = "&start_cursor=" + cursor
			}
			return c.object(strings.ReplaceAll(line, "CURSOR", cursor), "")
		}
		second := ask("")["next_cursor"].(string)
		c.w.FailNext("", notiontest.Stalled(), notiontest.Stalled())
		for range 2 {
			if got := ask(second); got["next_cursor"] != second || len(got["results"].([]any)) != 0 {
				t.Errorf("%s: %v", line, got)
			}
		}
		if got := ask(second); len(got["results"].([]any)) == 0 {
			t.Errorf("%s: the cursor leads nowhere", line)
		}
	}
}

// TestShuffled: some of 1,200 rows imported in a minute come twice, and as many never.
func TestShuffled(t *testing.T) {
	c, clock := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Import")
	db.DataSource().AddPages(1200, clock.at.Add(-time.Hour).Truncate(time.Minute), time.Millisecond, func(int) notiontest.Values { return nil })
	byMinute := `"sorts":[{"timestamp":"created_time","direction":"ascending"}]`
	if ids, _ := c.all(db.DataSource(), byMinute); len(distinct(ids)) != 1200 {
		t.Fatalf("%d rows while nobody edits", len(distinct(ids)))
	}
	c.w.FailNext(notiontest.EndpointQuery, notiontest.Slow(0), notiontest.Shuffled())
	ids, _ := c.all(db.DataSource(), byMinute)
	if n := len(distinct(ids)); len(ids) != 1200 || n > 1190 {
		t.Errorf("%d rows, %d of them distinct", len(ids), n)
	}
}

func distinct(ids []string) []string { return slices.Compact(slices.Sorted(slices.Values(ids))) }

// TestHugeAnswer: 100 rows of 660 KiB make more than 64 MiB, which are not kept.
func TestHugeAnswer(t *testing.T) {
	c, clock := world(t, notiontest.Options{})
	db := c.w.AddDatabase("Papers", notiontest.Prop{Name: "Text", Kind: notiontest.KindRichText})
	text := strings.Repeat("long text ", 60_000)
	db.DataSource().AddPages(100, clock.at.Add(-time.Hour), time.Second, func(int) notiontest.Values { return notiontest.Values{"Text": text} })
	got, err := c.send("POST /v1/data_sources/"+db.DataSource().ID()+"/query", "{}")
	if err != nil || got.status != 200 || len(got.body) <= 64<<20 || len(got.body) > 200<<20 {
		t.Errorf("%d, %d bytes, %v", got.status, len(got.body), err)
	}
}

// TestGarbledItem: one entry of a property is unusable.
func TestGarbledItem(t *testing.T) {
	c, _ := world(t, notiontest.Options{})
	page := c.w.AddDatabase("Tasks").AddPage("one", nil)
	c.w.FailNext(notiontest.EndpointRetrieveProperty, notiontest.GarbledItem())
	got, _ := c.send("GET /v1/pages/"+page+"/properties/title", "")
	if got.status != 200 || !strings.Contains(string(got.body), `"title":4711,"title":null`) {
		t.Errorf("%d %s", got.status, got.body)
	}
}
