package notion

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestQueryBodies(t *testing.T) {
	at := time.Date(2026, 10, 1, 11, 14, 30, 5, time.FixedZone("", 2*3600)) // 09:14 in UTC
	const sorts = `"sorts":[{"timestamp":"created_time","direction":"ascending"}]`
	const on, before = `{"timestamp":"created_time","created_time":{"on_or_after":"2026-10-01T09:14:00.000Z"}}`, `{"timestamp":"created_time","created_time":{"before":"2026-10-01T09:14:00.000Z"}}`
	const edited = `{"timestamp":"last_edited_time","last_edited_time":{"on_or_after":"2026-10-01T09:14:00.000Z"}}`
	tests := map[string]struct {
		query Query
		want  string
	}{
		"everything":     {Query{}, `{` + sorts + `,"page_size":100}`},
		"a cursor":       {Query{PageSize: 7, Cursor: "c"}, `{` + sorts + `,"page_size":7,"start_cursor":"c"}`},
		"archived":       {Query{Archived: true}, `{` + sorts + `,"page_size":100,"is_archived":true}`},
		"created after":  {Query{CreatedOnOrAfter: at}, `{"filter":` + on + `,` + sorts + `,"page_size":100}`},
		"created before": {Query{CreatedBefore: at}, `{"filter":` + before + `,` + sorts + `,"page_size":100}`},
		"edited after":   {Query{EditedOnOrAfter: at}, `{"filter":` + edited + `,` + sorts + `,"page_size":100}`},
		"all bounds":     {Query{CreatedOnOrAfter: at, CreatedBefore: at, EditedOnOrAfter: at}, `{"filter":{"and":[` + on + `,` + before + `,` + edited + `]},` + sorts + `,"page_size":100}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, s := newScripted(t, ok(listJSON("")))
			test.query.DataSourceID = strings.ToUpper(sourceID)
			if _, err := c.Query(t.Context(), test.query); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, s.asked[0].body); diff != "" {
				t.Errorf("body (-want +got)\n%s", diff)
			}
			if !strings.HasSuffix(s.asked[0].url, "/v1/data_sources/"+sourceID+"/query") {
				t.Errorf("asked %s", s.asked[0].url)
			}
		})
	}
}

func TestQueryRefusesBeforeAsking(t *testing.T) {
	for name, q := range map[string]Query{
		"no id":         {},
		"a path":        {DataSourceID: "../users/me?"},
		"large page":    {DataSourceID: sourceID, PageSize: 101},
		"negative page": {DataSourceID: sourceID, PageSize: -1},
	} {
		t.Run(name, func(t *testing.T) {
			c, s := newScripted(t, ok(listJSON("")))
			if _, err := c.Query(t.Context(), q); !errors.Is(err, ErrInvalidRequest) {
				t.Errorf("error %v, want ErrInvalidRequest", err)
			}
			if len(s.asked) != 0 {
				t.Errorf("asked %d times, want none", len(s.asked))
			}
		})
	}
}

// AsOf is the Date of the answer less the time of the attempt that got it, not
// of the attempts before it.
func TestAsOfIsWhenNotionBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newScripted(t, reply{status: 500, takes: 20 * time.Second}, reply{status: 200, takes: 7 * time.Second, body: listJSON("")})
		list, err := c.Query(t.Context(), Query{DataSourceID: sourceID})
		if err != nil {
			t.Fatal(err)
		}
		sent := s.asked[1].at.UTC()
		if late := sent.Sub(list.AsOf); late < 0 || late >= time.Second { // Date holds whole seconds
			t.Errorf("as of %v, want at most a second before %v", list.AsOf, sent)
		}
	})
}

func TestQueryWithoutDateIsRefused(t *testing.T) {
	c, s := newScripted(t, reply{status: 200, header: map[string]string{"Date": ""}, body: listJSON("")})
	if _, err := c.Query(t.Context(), Query{DataSourceID: sourceID}); !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "Date") {
		t.Errorf("error %v, want ErrMalformed about the Date", err)
	}
	if len(s.asked) != 1 {
		t.Errorf("asked %d times, want once", len(s.asked))
	}
}

func TestQueryAllFollowsCursors(t *testing.T) {
	page := pageJSON(pageID, nameProperty)
	capped := `{"object":"list","results":[` + page + `],"has_more":true,"next_cursor":"c","request_status":{"type":"incomplete","incomplete_reason":"query_result_limit_reached"}}`
	tests := map[string]struct {
		replies []reply
		pages   []int // of each response that is yielded
		cursors []string
		err     error
	}{
		"one response":          {[]reply{ok(listJSON("", page))}, []int{1}, []string{""}, nil},
		"three responses":       {[]reply{ok(listJSON("b", page)), ok(listJSON("c", page, page)), ok(listJSON("", page))}, []int{1, 2, 1}, []string{"", "b", "c"}, nil},
		"an empty one amid":     {[]reply{ok(listJSON("b", page)), ok(listJSON("c")), ok(listJSON("", page))}, []int{1, 0, 1}, []string{"", "b", "c"}, nil},
		"nothing":               {[]reply{ok(listJSON(""))}, []int{0}, []string{""}, nil},
		"a cursor twice":        {[]reply{ok(listJSON("b", page)), ok(listJSON("b", page))}, []int{1}, []string{"", "b"}, ErrIncomplete},
		"a circle":              {[]reply{ok(listJSON("b")), ok(listJSON("c")), ok(listJSON("b"))}, []int{0, 0}, []string{"", "b", "c"}, ErrIncomplete},
		"capped at once":        {[]reply{ok(capped)}, nil, []string{""}, ErrIncomplete},
		"capped later":          {[]reply{ok(listJSON("b", page)), ok(capped)}, []int{1}, []string{"", "b"}, ErrIncomplete},
		"a cursor gone stale":   {[]reply{ok(listJSON("b", page)), {status: 400, body: errorJSON("validation_error", "The start_cursor provided is invalid: b")}}, []int{1}, []string{"", "b"}, ErrInvalidCursor},
		"a page not understood": {[]reply{ok(listJSON("b", page)), ok(listJSON("", `{"object":"page","id":"x"}`))}, []int{1}, []string{"", "b"}, ErrMalformed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, s := newScripted(t, test.replies...)
			var pages []int
			var last error
			for list, err := range c.QueryAll(t.Context(), Query{DataSourceID: sourceID}) {
				if last != nil {
					t.Error("went on after an error")
				}
				if last = err; err == nil {
					pages = append(pages, len(list.Pages))
				}
			}
			if !errors.Is(last, test.err) || (last == nil) != (test.err == nil) {
				t.Errorf("error %v, want %v", last, test.err)
			}
			if diff := cmp.Diff(test.pages, pages); diff != "" {
				t.Errorf("pages of each response (-want +got)\n%s", diff)
			}
			var cursors []string
			for _, a := range s.asked {
				_, cursor, _ := strings.Cut(a.body, `"start_cursor":"`)
				cursor, _, _ = strings.Cut(cursor, `"`)
				cursors = append(cursors, cursor)
			}
			if diff := cmp.Diff(test.cursors, cursors); diff != "" {
				t.Errorf("cursors asked for (-want +got)\n%s", diff)
			}
		})
	}
}

// Whoever breaks off reading asks for nothing more, and can begin again.
func TestQueryAllStopsWhenToldTo(t *testing.T) {
	c, s := newScripted(t, ok(listJSON("b")), ok(listJSON("c")), ok(listJSON("b")), ok(listJSON("c")))
	all := c.QueryAll(t.Context(), Query{DataSourceID: sourceID})
	for range 2 {
		for _, err := range all {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if len(s.asked) != 2 {
		t.Errorf("asked %d times, want twice", len(s.asked))
	}
	for _, a := range s.asked {
		if strings.Contains(a.body, "start_cursor") {
			t.Errorf("asked %s, want the beginning", a.body)
		}
	}
}
