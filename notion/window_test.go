package notion

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// rowAt is a page created at that minute of 2026-03-01, 10:00.
func rowAt(n, minute int) string {
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	return strings.Replace(pageJSON(id, nameProperty), "2026-03-01T19:05", fmt.Sprintf("2026-03-01T10:%02d", minute), 1)
}

// A selection is what a query selected: the bounds of created_time, whether from the
// newest on, and the cursor.
func (a arrival) selection() string {
	var said []string
	for _, bound := range []string{"on_or_after", "before"} {
		if _, at, ok := strings.Cut(a.body, `"`+bound+`":"2026-03-01T`); ok {
			said = append(said, map[string]string{"on_or_after": "from ", "before": "to "}[bound]+at[:5])
		}
	}
	if strings.Contains(a.body, "descending") {
		said = append(said, "newest first")
	}
	if _, cursor, ok := strings.Cut(a.body, `"start_cursor":"`); ok {
		said = append(said, "cursor "+cursor[:1])
	}
	if len(said) == 0 {
		return "everything"
	}
	return strings.Join(said, ", ")
}

// The queries of a reading after each response, and its end.
func TestReadingGoesOnByTime(t *testing.T) {
	stale := func(cursor string) reply {
		return reply{status: 400, body: errorJSON("validation_error", "The start_cursor provided is invalid: "+cursor)}
	}
	partial := `{"object":"page","id":"` + pageID + `"}`
	wiki := `{"object":"data_source","id":"` + sourceID + `","created_time":"2026-03-01T10:07:00.000Z","properties":{}}`
	tests := map[string]struct {
		replies    []reply
		selections []string
		rows       int
		err        error
	}{
		"one response": {[]reply{ok(listJSON("", rowAt(1, 5)))}, []string{"everything"}, 1, nil},
		"more, bounded by the newest": {
			[]reply{ok(listJSON("a", rowAt(1, 5), rowAt(2, 6))), ok(listJSON("b", rowAt(9, 9), rowAt(8, 8))), ok(listJSON("", rowAt(2, 6), rowAt(3, 7), rowAt(8, 8)))},
			[]string{"everything", "from 10:06, newest first", "from 10:06, to 10:09"}, 5, nil,
		},
		"the newest hold the rest": {
			[]reply{ok(listJSON("a", rowAt(1, 5), rowAt(2, 6))), ok(listJSON("", rowAt(3, 7), rowAt(2, 6)))},
			[]string{"everything", "from 10:06, newest first"}, 3, nil,
		},
		"a minute of several short responses": {
			[]reply{ok(listJSON("a", rowAt(1, 5))), ok(listJSON("x", rowAt(9, 9))), ok(listJSON("b", rowAt(1, 5))), ok(listJSON("b")), ok(listJSON("b", rowAt(1, 5))), ok(listJSON("c", rowAt(2, 5))), ok(listJSON("d", rowAt(3, 6))), ok(listJSON("", rowAt(3, 6), rowAt(9, 9)))},
			[]string{"everything", "from 10:05, newest first", "from 10:05, to 10:10", "from 10:05, to 10:10", "from 10:05, to 10:10", "from 10:05, to 10:10, cursor b", "from 10:05, to 10:10, cursor c", "from 10:06, to 10:10"}, 4, nil,
		},
		"a minute whose order shifts": {
			[]reply{ok(listJSON("a", rowAt(1, 5))), ok(listJSON("x", rowAt(9, 9))), ok(listJSON("b", rowAt(1, 5))), ok(listJSON("b", rowAt(1, 5))), ok(listJSON("b", rowAt(1, 5))), ok(listJSON("", rowAt(1, 5), rowAt(3, 5))), ok(listJSON("", rowAt(1, 5), rowAt(2, 5), rowAt(3, 5), rowAt(9, 9)))},
			[]string{"everything", "from 10:05, newest first", "from 10:05, to 10:10", "from 10:05, to 10:10", "from 10:05, to 10:10", "from 10:05, to 10:10, cursor b", "from 10:05, to 10:10"}, 4, nil,
		},
		"a minute whose order always shifts": {
			[]reply{ok(listJSON("a", rowAt(1, 5))), ok(listJSON("x", rowAt(9, 9))), ok(listJSON("b", rowAt(1, 5)))}, nil, 0, ErrIncomplete,
		},
		"an empty response with a cursor": {
			[]reply{ok(listJSON("a")), ok(listJSON("b")), ok(listJSON("c")), ok(listJSON("", rowAt(1, 5)))},
			[]string{"everything", "everything", "everything", "cursor c"}, 1, nil,
		},
		"a wiki's data source": {
			[]reply{ok(listJSON("a", rowAt(1, 5), wiki)), ok(listJSON("", wiki))},
			[]string{"everything", "from 10:07, newest first"}, 1, nil,
		},
		"a cursor gone stale": {
			[]reply{ok(listJSON("a", rowAt(1, 5))), ok(listJSON("x", rowAt(9, 9))), ok(listJSON("b", rowAt(1, 5))), ok(listJSON("b", rowAt(1, 5))), ok(listJSON("b", rowAt(1, 5))), stale("b"), ok(listJSON("", rowAt(1, 5), rowAt(2, 5), rowAt(9, 9)))},
			[]string{"everything", "from 10:05, newest first", "from 10:05, to 10:10", "from 10:05, to 10:10", "from 10:05, to 10:10", "from 10:05, to 10:10, cursor b", "from 10:05, to 10:10"}, 3, nil,
		},
		"a cursor that is always stale": {append(slices.Repeat([]reply{ok(listJSON("a", partial))}, 5), stale("a")), nil, 0, ErrInvalidCursor},
		"the same cursor for ever":      {[]reply{ok(listJSON("a", partial))}, nil, 0, ErrIncomplete},
		"rows in another order":         {[]reply{ok(listJSON("a", rowAt(1, 7), rowAt(2, 5)))}, nil, 0, ErrMalformed},
		"the newest not the newest":     {[]reply{ok(listJSON("a", rowAt(1, 5), rowAt(2, 6))), ok(listJSON("b", rowAt(8, 8), rowAt(9, 9)))}, nil, 2, ErrMalformed},
		"an answer not understood":      {[]reply{ok(listJSON("", slices.Repeat([]string{`{"object":"page","id":"x"}`}, 10)...))}, nil, 0, ErrMalformed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, test.replies...)
				ids := map[string]bool{}
				var failed error
				for p, err := range c.ReadAll(t.Context(), Query{DataSourceID: sourceID}) {
					if err != nil {
						failed = err
						continue
					}
					for _, page := range p.Pages {
						if ids[page.ID] && !page.Partial {
							t.Errorf("page %s came twice", page.ID)
						}
						ids[page.ID] = true
					}
				}
				if !errors.Is(failed, test.err) || (failed == nil) != (test.err == nil) {
					t.Fatalf("error %v, want %v", failed, test.err)
				}
				if failed != nil {
					return
				}
				var selections []string
				for _, a := range s.requests {
					selections = append(selections, a.selection())
				}
				if diff := cmp.Diff(test.selections, selections); diff != "" {
					t.Errorf("selections (-want +got)\n%s", diff)
				}
				if len(ids) != test.rows {
					t.Errorf("%d rows, want %d", len(ids), test.rows)
				}
			})
		})
	}
}

func TestUnreadableRowsAreToldOnceAndHoldUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timeless := strings.Replace(rowAt(4, 6), `"created_time":"`, `"created_time":"no time, `, 1)
		twice := strings.Replace(rowAt(2, 6), `{`, `{"object":"page",`, 1)
		c, s := newScripted(t,
			ok(listJSON("a", rowAt(1, 5), twice, timeless)),
			ok(listJSON("", timeless, rowAt(3, 7), twice)))
		var unreadable, ids []string
		for p, err := range c.ReadAll(t.Context(), Query{DataSourceID: sourceID}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, bad := range p.Unreadable {
				unreadable = append(unreadable, bad.Error())
			}
			for _, page := range p.Pages {
				ids = append(ids, page.ID)
			}
		}
		if len(unreadable) != 2 || len(ids) != 2 || len(s.requests) != 2 {
			t.Errorf("unreadable %q and read %q in %d requests, want two each", unreadable, ids, len(s.requests))
		}
	})
}
