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
		"numbers":        {numbered{"a:b", 5, 9, 0, 0}.of(Query{CreatedBefore: at}), `{"filter":{"and":[` + before + `,{"property":"a:b","unique_id":{"greater_than_or_equal_to":5}},{"property":"a:b","unique_id":{"less_than":9}}]},"sorts":[{"property":"a:b","direction":"ascending"}],"page_size":100}`},
		"zero":           {numbered{"a:b", 0, noLast, 0, 0}.of(Query{}), `{"filter":{"property":"a:b","unique_id":{"greater_than_or_equal_to":0}},"sorts":[{"property":"a:b","direction":"ascending"}],"page_size":100}`},
		"no number":      {withoutNumber("a:b").of(Query{}), `{"filter":{"property":"a:b","unique_id":{"is_empty":true}},` + sorts + `,"page_size":100}`},
		"no title":       {withoutTitle{}.of(Query{}), `{"filter":{"property":"title","title":{"is_empty":true}},` + sorts + `,"page_size":100}`},
		"titles":         {titled{}.halves([]string{"a", "b"})[0].of(Query{}), `{"filter":{"property":"title","title":{"contains":"a"}},` + sorts + `,"page_size":100}`},
		"other titles":   {titled{}.halves([]string{"a", "b"})[1].of(Query{}), `{"filter":{"property":"title","title":{"does_not_contain":"a"}},` + sorts + `,"page_size":100}`},
		"all bounds":     {Query{CreatedOnOrAfter: at, CreatedBefore: at, EditedOnOrAfter: at}, `{"filter":{"and":[` + on + `,` + before + `,` + edited + `]},` + sorts + `,"page_size":100}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, s := newScripted(t, ok(listJSON("")))
			test.query.DataSourceID = strings.ToUpper(sourceID)
			if _, err := c.Query(t.Context(), test.query); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, s.requests[0].body); diff != "" {
				t.Errorf("body (-want +got)\n%s", diff)
			}
			if !strings.HasSuffix(s.requests[0].url, "/v1/data_sources/"+sourceID+"/query") {
				t.Errorf("requested %s", s.requests[0].url)
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
			if len(s.requests) != 0 {
				t.Errorf("sent %d requests, want none", len(s.requests))
			}
		})
	}
}

// AsOf is the Date of the answer less the duration of the last attempt, without the
// attempts before it.
func TestAsOfIsWhenNotionBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newScripted(t, reply{status: 500, takes: 20 * time.Second}, reply{status: 200, takes: 7 * time.Second, body: listJSON("")})
		list, err := c.Query(t.Context(), Query{DataSourceID: sourceID})
		if err != nil {
			t.Fatal(err)
		}
		sent := s.requests[1].at.UTC()
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
	if len(s.requests) != 1 {
		t.Errorf("sent %d requests, want one", len(s.requests))
	}
}
