package notion

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pageSizes are the page sizes of the requests, in order.
func (s *script) pageSizes(t *testing.T) []int {
	t.Helper()
	var sizes []int
	for _, one := range s.requests {
		var body struct {
			PageSize int `json:"page_size"`
		}
		if err := json.Unmarshal([]byte(one.body), &body); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, body.PageSize)
	}
	return sizes
}

// A query that was too expensive for Notion is sent again for half of the rows; one
// that failed for another reason is sent again unchanged.
func TestQueryAsksForLess(t *testing.T) {
	guided := func(status int, guidance string) reply {
		return reply{status: status, body: `{"object":"error","code":"service_unavailable","message":"Public API data source query is temporarily unavailable.",` +
			`"additional_data":{"endpoint_name":"public_queryDataSource","retry_guidance":` + guidance + `}}`}
	}
	failures := map[string]struct {
		reply   reply
		smaller bool
	}{
		"503 with guidance":           {guided(503, `["Use exponential backoff with jitter","Reduce page_size","Narrow query filters/sorts"]`), true},
		"503 with guidance, one text": {guided(503, `"Reduce page_size"`), true},
		"503 with other guidance":     {guided(503, `["Use exponential backoff with jitter"]`), false},
		"503":                         {reply{status: 503, body: errorJSON("service_unavailable", "No.")}, false},
		"503 after a minute":          {reply{status: 503, body: errorJSON("service_unavailable", "No."), takes: time.Minute}, true},
		"504":                         {reply{status: 504, body: errorJSON("gateway_timeout", "No.")}, true},
		"504 HTML":                    {reply{status: 504, header: html, body: page404}, true},
		"504 empty":                   {reply{status: 504}, true},
		"slow":                        {reply{status: 200, takes: time.Hour}, true},
		"500":                         {reply{status: 500, body: errorJSON("internal_server_error", "No.")}, false},
		"502 HTML":                    {reply{status: 502, header: html, body: page404}, false},
		"429":                         {reply{status: 429, header: map[string]string{"Retry-After": "1"}}, false},
		"reset":                       {reply{err: errors.New("connection reset by peer")}, false},
		"cut":                         {reply{status: 200, body: `{"object":"li`, cut: true}, false},
		"truncated":                   {ok(`{"object":"list","results":[`), false},
	}
	for name, test := range failures {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, test.reply, ok(listJSON("")))
				list, err := c.Query(t.Context(), Query{DataSourceID: sourceID})
				if err != nil {
					t.Fatal(err)
				}
				want := []int{100, 100}
				if test.smaller {
					want = []int{100, 50}
				}
				if diff := cmp.Diff(want, s.pageSizes(t)); diff != "" {
					t.Errorf("page sizes (-want +got)\n%s", diff)
				}
				if list.PageSize != want[1] {
					t.Errorf("the list says %d, want %d", list.PageSize, want[1])
				}
			})
		})
	}
}

// Where answers are cut off several times, as by a proxy with a limit, the page size is
// halved from the third cut on, down to a single row.
func TestAnAnswerThatIsCutAgainAndAgainIsAskedForInHalves(t *testing.T) {
	cuts := map[string]reply{
		"connection ends":  {status: 200, body: `{"object":"li`, cut: true},
		"connection reset": {status: 200, body: `{"object":"li`, fails: syscall.ECONNRESET},
		"truncated":        ok(`{"object":"list","results":[`),
	}
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, cut, cut, cut, cut, cut, cut, ok(listJSON("")))
				list, err := c.Query(t.Context(), Query{DataSourceID: sourceID})
				if err != nil || list.PageSize != 6 {
					t.Errorf("%+v, error %v, want the rows of a page size of 6", list, err)
				}
				if diff := cmp.Diff([]int{100, 100, 100, 50, 25, 12, 6}, s.pageSizes(t)); diff != "" {
					t.Errorf("page sizes (-want +got)\n%s", diff)
				}
				c, s = newScripted(t, cut)
				_, err = c.Query(t.Context(), Query{DataSourceID: sourceID})
				if !errors.Is(err, ErrUnavailable) {
					t.Errorf("error %v, want unavailable", err)
				}
				if diff := cmp.Diff([]int{100, 100, 100, 50, 25, 12, 6, 3, 1, 1, 1}, s.pageSizes(t)); diff != "" {
					t.Errorf("page sizes of one that never comes whole (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// The halving ends at ten rows, and a smaller query is not changed.
func TestQueryShrinksToTen(t *testing.T) {
	tests := map[string]struct {
		size int
		want []int
	}{
		"the default": {0, []int{100, 50, 25, 12, 10}},
		"odd":         {33, []int{33, 16, 10, 10, 10}},
		"ten":         {10, []int{10, 10, 10, 10, 10}},
		"two":         {2, []int{2, 2, 2, 2, 2}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, reply{status: 504})
				_, err := c.Query(t.Context(), Query{DataSourceID: sourceID, PageSize: test.size})
				if e := asError(t, err); !errors.Is(err, ErrUnavailable) || e.Attempts != 5 {
					t.Errorf("error %v, want unavailable after 5 attempts", err)
				}
				if diff := cmp.Diff(test.want, s.pageSizes(t)); diff != "" {
					t.Errorf("page sizes (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// The reading continues with the page size that worked, and doubles it after ten good
// responses.
func TestReadingStaysSmallForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replies := []reply{{status: 504}, ok(listJSON("a"))}
		for i := range 11 {
			replies = append(replies, ok(listJSON(string(rune('b'+i)))))
		}
		c, s := newScripted(t, append(replies, ok(listJSON("")))...)
		for _, err := range c.ReadAll(t.Context(), Query{DataSourceID: sourceID}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]int{100, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 100, 100}, s.pageSizes(t)); diff != "" {
			t.Errorf("page sizes (-want +got)\n%s", diff)
		}
	})
}

// The page size of a property's entries is halved as a query's is, and stays so.
func TestAPropertysListAsksForLess(t *testing.T) {
	for name, failure := range map[string]reply{"504": {status: 504}, "too large": oversize} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, failure, failure, ok(itemsJSON("c", "relation", `{"id":"1"}`)), ok(itemsJSON("", "relation", `{"id":"2"}`)))
				if err := c.Complete(t.Context(), cutPage(t, cutRelation)); err != nil {
					t.Fatal(err)
				}
				var sizes []string
				for _, one := range s.requests {
					at, err := url.Parse(one.url)
					if err != nil {
						t.Fatal(err)
					}
					sizes = append(sizes, at.Query().Get("page_size")+at.Query().Get("start_cursor"))
				}
				if diff := cmp.Diff([]string{"100", "50", "25", "25c"}, sizes); diff != "" {
					t.Errorf("page sizes and cursors (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// A request without a page size is only sent again.
func TestRequestsWithoutSizeStayAsTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newScripted(t, reply{status: 504}, ok(`{"object":"user","id":"`+userA+`"}`))
		if _, err := c.Me(t.Context()); err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(s.requests, func(one arrival) bool { return one.body != "" }) {
			t.Errorf("requests %+v", s.requests)
		}
	})
}
