package notiontest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/notion/notiontest"
)

const (
	byCreated = `"sorts":[{"timestamp":"created_time","direction":"ascending"}]`
	byEdited  = `"sorts":[{"timestamp":"last_edited_time","direction":"descending"}]`
)

func filterOn(timestamp, condition, bound string) string {
	return fmt.Sprintf(`"filter":{"timestamp":%q,%q:{%q:%q}}`, timestamp, timestamp, condition, bound)
}

// TestTimestampFilters: stored times are floored to the minute, so that a bound with
// seconds acts on whole minutes.
func TestTimestampFilters(t *testing.T) {
	tests := []struct {
		condition, bound string
		floored, exact   string // which of the rows a, b, c match
	}{
		{"on_or_after", "2026-09-04T14:31:00.000Z", "bc", "bc"},
		{"on_or_after", "2026-09-04T14:31:30.000Z", "c", "bc"},
		{"on_or_after", "2026-09-04T16:31:00+02:00", "bc", "bc"},
		{"after", "2026-09-04T14:31:00Z", "c", "bc"},
		{"after", "2026-09-04T14:30:30Z", "bc", "bc"},
		{"before", "2026-09-04T14:31:00Z", "a", "a"},
		{"before", "2026-09-04T14:31:41Z", "ab", "ab"},
		{"on_or_before", "2026-09-04T14:31:00Z", "ab", "a"},
		{"equals", "2026-09-04T14:31:00Z", "b", ""},
		{"equals", "2026-09-04T14:31:40Z", "", "b"},
		{"equals", "2026-09-04", "abc", "abc"},
		{"after", "2026-09-04", "", ""},
		{"on_or_before", "2026-09-04", "abc", "abc"},
	}
	for _, exact := range []bool{false, true} {
		c, clock := world(t, notiontest.Options{FilterMilliseconds: exact, RequestsPerMinute: -1})
		db := c.w.AddDatabase("Tasks")
		names := map[string]string{}
		for _, at := range []string{"a 14:30:20", "b 14:31:40", "c 14:32:00"} {
			clock.at, _ = time.Parse("2006-01-02 15:04:05", "2026-09-04"+at[1:])
			names[db.AddPage(at[:1], nil)] = at[:1]
		}
		for _, test := range tests {
			for _, timestamp := range []string{"created_time", "last_edited_time"} {
				want := test.floored
				if exact {
					want = test.exact
				}
				var got string
				ids, _ := c.all(db.DataSource(), filterOn(timestamp, test.condition, test.bound)+","+byCreated)
				for _, id := range ids {
					got += names[id]
				}
				if got != want {
					t.Errorf("exact %v: %s %s %s: got %q, want %q", exact, timestamp, test.condition, test.bound, got, want)
				}
			}
		}
	}
}

// TestQueryAgreesWithTruth: many queries of one data source, by either index, return the
// rows that a check of every page finds.
func TestQueryAgreesWithTruth(t *testing.T) {
	c, clock := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "Points", Kind: notiontest.KindNumber}, notiontest.Prop{Name: "Done", Kind: notiontest.KindCheckbox})
	start := clock.at.Add(-10 * time.Hour)
	pages := db.DataSource().AddPages(300, start, 2*time.Minute, func(i int) notiontest.Values {
		return notiontest.Values{"Points": i, "Done": i%3 == 0}
	})
	for i := 0; i < 300; i += 7 {
		clock.advance(time.Minute)
		c.w.Edit(pages[i], notiontest.Values{"Points": 1000 + i})
	}
	middle, late := start.Add(6*time.Hour), clock.at.Add(-20*time.Minute)
	stamp := func(at time.Time) string { return at.Format(time.RFC3339) }
	created := func(i int) time.Time { return start.Add(time.Duration(i) * 2 * time.Minute).Truncate(time.Minute) }
	edited := func(i int) bool { return i%7 == 0 && i/7 >= 23 } // in the last twenty whole minutes

	tests := []struct {
		name, filter string
		want         func(i int) bool
	}{
		{"all", "", func(int) bool { return true }},
		{"created since", filterOn("created_time", "on_or_after", stamp(middle)), func(i int) bool { return created(i).Compare(middle) >= 0 }},
		{"edited since", filterOn("last_edited_time", "on_or_after", stamp(late)), edited},
		{"both", `"filter":{"and":[{` + filterOn("created_time", "before", stamp(middle))[len(`"filter":{`):] + `,{` + filterOn("last_edited_time", "on_or_after", stamp(late))[len(`"filter":{`):] + `]}`,
			func(i int) bool { return edited(i) && created(i).Before(middle.Truncate(time.Minute).Add(time.Minute)) }},
		{"either", `"filter":{"or":[{"property":"Done","checkbox":{"equals":true}},{"property":"Points","number":{"greater_than":1000}}]}`,
			func(i int) bool { return i%3 == 0 && i%7 != 0 || i%7 == 0 && i > 0 || i == 0 }},
		{"nested", `"filter":{"and":[{` + filterOn("created_time", "on_or_after", stamp(middle))[len(`"filter":{`):] + `,{"or":[{"property":"Points","number":{"less_than":200}},{"property":"Points","number":{"equals":1189}}]}]}`,
			func(i int) bool { return created(i).Compare(middle) >= 0 && (i%7 != 0 && i < 200 || i == 189) }},
	}
	for _, test := range tests {
		for name, sorts := range map[string]string{"created": byCreated, "edited": byEdited, "property": `"sorts":[{"property":"Points","direction":"descending"}]`, "none": ""} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				members := test.filter
				if sorts != "" && members != "" {
					members += ","
				}
				got, _ := c.all(db.DataSource(), members+sorts)
				var want []string
				for i, id := range pages {
					if test.want(i) {
						want = append(want, id)
					}
				}
				if name != "created" {
					if slices.Equal(got, want) && len(want) > 20 {
						t.Error("the rows came by created_time, although the sort is another")
					}
					slices.Sort(got)
					slices.Sort(want)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestPropertyFilters covers the conditions of each kind that can be filtered.
func TestPropertyFilters(t *testing.T) {
	c, _ := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks",
		notiontest.Prop{Name: "Note", Kind: notiontest.KindRichText}, notiontest.Prop{Name: "N", Kind: notiontest.KindNumber},
		notiontest.Prop{Name: "State", Kind: notiontest.KindStatus}, notiontest.Prop{Name: "Tags", Kind: notiontest.KindMultiSelect},
		notiontest.Prop{Name: "Due", Kind: notiontest.KindDate}, notiontest.Prop{Name: "Who", Kind: notiontest.KindPeople},
		notiontest.Prop{Name: "Files", Kind: notiontest.KindFiles}, notiontest.Prop{Name: "Key", Kind: notiontest.KindUniqueID})
	ada := c.w.People()[0]
	full := db.AddPage("alpha", notiontest.Values{"Note": "red fox", "N": 5, "State": "Open", "Tags": []string{"x", "y"},
		"Due": "2026-09-15", "Who": []string{ada}, "Files": []notiontest.File{{Name: "a.pdf"}}})
	empty := db.AddPage("beta", nil)
	tests := []struct {
		filter string
		want   []string
	}{
		{`{"property":"title","title":{"starts_with":"al"}}`, []string{full}},
		{`{"property":"Name","title":{"does_not_equal":"alpha"}}`, []string{empty}},
		{`{"property":"Note","rich_text":{"contains":"fox"}}`, []string{full}},
		{`{"property":"Note","rich_text":{"does_not_contain":"fox"}}`, []string{empty}},
		{`{"property":"Note","rich_text":{"is_empty":true}}`, []string{empty}},
		{`{"property":"N","number":{"greater_than_or_equal_to":5}}`, []string{full}},
		{`{"property":"N","number":{"is_not_empty":true}}`, []string{full}},
		{`{"property":"State","status":{"equals":"Open"}}`, []string{full}},
		{`{"property":"State","status":{"equals":["Open","Done"]}}`, []string{full}},
		{`{"property":"State","status":{"does_not_equal":"Open"}}`, []string{empty}},
		{`{"property":"Tags","multi_select":{"contains":"y"}}`, []string{full}},
		{`{"property":"Due","date":{"on_or_before":"2026-09-15"}}`, []string{full}},
		{`{"property":"Due","date":{"before":"2026-09-15"}}`, nil},
		{`{"property":"Who","people":{"contains":"` + ada + `"}}`, []string{full}},
		{`{"property":"Files","files":{"is_empty":true}}`, []string{empty}},
		{`{"property":"Key","unique_id":{"equals":2}}`, []string{empty}},
	}
	for _, test := range tests {
		got, _ := c.all(db.DataSource(), `"filter":`+test.filter)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.filter, diff)
		}
	}
}

// TestTies: the order of rows of one minute is stable within a run and differs between
// runs.
func TestTies(t *testing.T) {
	c, clock := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks")
	pages := db.DataSource().AddPages(60, clock.at.Truncate(time.Minute), time.Second, noValues)
	first, _ := c.all(db.DataSource(), `"page_size":7,`+byCreated)
	second, _ := c.all(db.DataSource(), `"page_size":7,`+byCreated)
	if slices.Equal(first, second) {
		t.Error("two runs gave ties in the same order")
	}
	for _, ids := range [][]string{first, second} {
		slices.Sort(ids)
		want := slices.Sorted(slices.Values(pages))
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	}
}

func noValues(int) notiontest.Values { return nil }

// TestRowCap: a query returns at most as many rows as the cap, and every page of a
// capped run says so, and no other page.
func TestRowCap(t *testing.T) {
	c, clock := world(t, notiontest.Options{RowCap: 250, RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks")
	db.DataSource().AddPages(251, clock.at, time.Minute, noValues)
	incomplete := map[string]any{"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}

	list := c.query(db.DataSource(), `{`+byCreated+`}`)
	rows := len(idsOf(list))
	for list["has_more"] == true {
		if diff := cmp.Diff(any(incomplete), list["request_status"]); diff != "" {
			t.Fatalf("request_status in mid-run (-want +got):\n%s", diff)
		}
		list = c.query(db.DataSource(), `{`+byCreated+`,"start_cursor":"`+list["next_cursor"].(string)+`"}`)
		rows += len(idsOf(list))
	}
	if rows != 250 || list["next_cursor"] != nil || cmp.Diff(any(incomplete), list["request_status"]) != "" {
		t.Errorf("capped run: %d rows, next_cursor %v, request_status %v", rows, list["next_cursor"], list["request_status"])
	}
	list = c.query(db.DataSource(), `{`+byCreated+`,`+filterOn("created_time", "after", clock.at.Format(time.RFC3339))+`}`)
	if _, present := list["request_status"]; present {
		t.Error("request_status on a result of exactly the cap")
	}
}

// TestPaging: the first request fixes the rows of a run, except with LivePages.
func TestPaging(t *testing.T) {
	for _, live := range []bool{false, true} {
		c, clock := world(t, notiontest.Options{LivePages: live, RequestsPerMinute: -1})
		db := c.w.AddDatabase("Tasks")
		pages := db.DataSource().AddPages(6, clock.at.Add(-time.Hour), time.Minute, noValues)
		list := c.query(db.DataSource(), `{"page_size":2,`+byCreated+`}`)
		c.w.Trash(pages[0])
		c.w.Trash(pages[3])
		late := db.AddPage("late", nil)
		got := idsOf(list)
		for list["has_more"] == true {
			list = c.query(db.DataSource(), `{"page_size":2,`+byCreated+`,"start_cursor":"`+list["next_cursor"].(string)+`"}`)
			got = append(got, idsOf(list)...)
		}
		want := []string{pages[0], pages[1], pages[2], pages[4], pages[5]} // without pages[3], which is gone, and without the late one
		if live {
			want = []string{pages[0], pages[1], pages[4], pages[5], late} // pages[2] moved to an earlier offset and is missed
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("live %v (-want +got):\n%s", live, diff)
		}
	}
}

// TestShortPages: a response may have fewer rows than its page size, even none, and
// still a cursor; no row is lost.
func TestShortPages(t *testing.T) {
	c, clock := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks")
	pages := db.DataSource().AddPages(10, clock.at, time.Minute, noValues)
	c.w.FailNext(notiontest.EndpointQuery, notiontest.ShortPage(3), notiontest.ShortPage(0))
	if got, n := c.all(db.DataSource(), byCreated); n != 3 || !slices.Equal(got, pages) {
		t.Errorf("on demand: %d responses with %v", n, got)
	}
	c.w.FailNext(notiontest.EndpointQuery, notiontest.ShortPage(3), notiontest.ShortPage(0))
	first := c.query(db.DataSource(), `{`+byCreated+`}`)["next_cursor"].(string)
	if second := c.query(db.DataSource(), `{`+byCreated+`,"start_cursor":"`+first+`"}`)["next_cursor"]; second == first {
		t.Error("an empty page has the cursor of its own request, like a list in a circle")
	}

	c, clock = world(t, notiontest.Options{ShortPages: 0.5, RequestsPerMinute: -1})
	db = c.w.AddDatabase("Tasks")
	pages = db.DataSource().AddPages(500, clock.at, time.Minute, noValues)
	if got, n := c.all(db.DataSource(), byCreated); n <= 5 || !slices.Equal(got, pages) {
		t.Errorf("at random: %d responses, %d rows", n, len(got))
	}
}

// TestCircle: a cursor leads back, always or once.
func TestCircle(t *testing.T) {
	c, clock := world(t, notiontest.Options{RequestsPerMinute: -1})
	db := c.w.AddDatabase("Tasks")
	pages := db.DataSource().AddPages(5, clock.at, time.Minute, noValues)
	c.w.FailNext(notiontest.EndpointQuery, notiontest.Circle(), notiontest.Circle())
	first := c.query(db.DataSource(), `{"page_size":2,`+byCreated+`}`)
	next := func(list map[string]any) map[string]any {
		return c.query(db.DataSource(), `{"page_size":2,`+byCreated+`,"start_cursor":"`+list["next_cursor"].(string)+`"}`)
	}
	second := next(first)
	if first["next_cursor"] != second["next_cursor"] || !slices.Equal(idsOf(first), idsOf(second)) {
		t.Errorf("the cursor %v showed %v, and then %v showed %v", first["next_cursor"], idsOf(first), second["next_cursor"], idsOf(second))
	}
	third := next(next(second))
	if diff := cmp.Diff(pages[2:4], idsOf(third)); diff != "" {
		t.Errorf("out of the circle (-want +got):\n%s", diff)
	}
}

// TestFilterProperties: filter_properties limits the properties of pages, in both
// spellings, by id or name.
func TestFilterProperties(t *testing.T) {
	c, _ := world(t, notiontest.Options{})
	db := c.w.AddDatabase("Tasks", notiontest.Prop{Name: "A b", Kind: notiontest.KindNumber}, notiontest.Prop{Name: "C", Kind: notiontest.KindURL})
	page := db.AddPage("One", nil)
	for _, query := range []string{"filter_properties=title&filter_properties=A%20b", "filter_properties[]=title&filter_properties[]=A%20b"} {
		for _, object := range []map[string]any{
			c.object("POST /v1/data_sources/"+db.DataSource().ID()+"/query?"+query, "{}")["results"].([]any)[0].(map[string]any),
			c.object("GET /v1/pages/"+page+"?"+query, ""),
		} {
			properties := object["properties"].(map[string]any)
			if len(properties) != 2 || properties["Name"] == nil || properties["A b"] == nil {
				t.Errorf("%s shows %v", query, properties)
			}
		}
	}
}
