package notion

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// oversize is an answer that is too large for a client.
var oversize = reply{status: 200, body: "{", length: maxBody + 1, zeros: 1}

// table answers queries for rows created a minute apart. One of them is oversize in
// every answer that has its properties.
func table(t *testing.T, rows, huge int) func(*http.Request) (reply, bool) {
	return func(r *http.Request) (reply, bool) {
		if r.Method == http.MethodGet {
			if strings.HasSuffix(r.URL.Path, fmt.Sprintf("%012d", huge)) {
				return oversize, true
			}
			return reply{status: 404, body: errorJSON("object_not_found", "No.")}, true
		}
		var query struct {
			PageSize    int    `json:"page_size"`
			StartCursor string `json:"start_cursor"`
			Sorts       []struct{ Direction string }
		}
		body, err := r.GetBody()
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(body)
		if err := json.Unmarshal(text, &query); err != nil {
			t.Fatal(err)
		}
		from, _ := strconv.Atoi(query.StartCursor)
		if _, minute, ok := strings.Cut(string(text), `"on_or_after":"2026-03-01T10:`); ok && query.StartCursor == "" {
			from, _ = strconv.Atoi(minute[:2])
		}
		at := make([]int, 0, rows)
		for n := from; n < rows; n++ {
			at = append(at, n)
		}
		if query.Sorts[0].Direction == "descending" {
			slices.Reverse(at)
		}
		cursor := ""
		if len(at) > query.PageSize {
			at = at[:query.PageSize]
			cursor = strconv.Itoa(at[len(at)-1] + 1)
		}
		if slices.Contains(at, huge) && !strings.Contains(r.URL.RawQuery, "title") {
			return oversize, true
		}
		var results []string
		for _, n := range at {
			results = append(results, rowAt(n, n))
		}
		return ok(listJSON(cursor, results...)), true
	}
}

// A single row that is too large is reported with its id, which Notion shows without
// the properties, and all other rows come.
func TestARowThatIsTooLargeAloneIsNamedAndPassed(t *testing.T) {
	for _, huge := range []int{0, 3, 6} {
		synctest.Test(t, func(t *testing.T) {
			c, s := newScripted(t, ok(""))
			s.answer = table(t, 7, huge)
			var rows, unread []string
			for portion, err := range c.ReadAll(t.Context(), Query{DataSourceID: sourceID}) {
				if err != nil {
					t.Fatal(err)
				}
				for _, page := range portion.Pages {
					rows = append(rows, page.ID)
				}
				for _, bad := range portion.Unreadable {
					unread = append(unread, bad.Error())
				}
			}
			name := fmt.Sprintf("%012d", huge)
			if len(rows) != 6 || slices.ContainsFunc(rows, func(id string) bool { return strings.HasSuffix(id, name) }) {
				t.Errorf("row %d is too large, and these came: %q", huge, rows)
			}
			if len(unread) != 1 || !strings.Contains(unread[0], name) || !strings.Contains(unread[0], "64 MiB") {
				t.Errorf("unreadable %q, want %s once, with the reason", unread, name)
			}
		})
	}
}

// A row that is too large in a query but readable by its id is read by its id.
func TestARowThatIsTooLargeInAListMayComeByItsID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newScripted(t, ok(""))
		rows := table(t, 3, 1)
		s.answer = func(r *http.Request) (reply, bool) {
			if r.Method == http.MethodGet {
				return ok(rowAt(1, 1)), true
			}
			return rows(r)
		}
		list, err := c.Query(t.Context(), Query{DataSourceID: sourceID, PageSize: 1, Cursor: "1"})
		if err != nil || len(list.Pages) != 1 || len(list.Unreadable) != 0 || list.NextCursor != "2" {
			t.Errorf("%+v, error %v, want the row", list, err)
		}
	})
}

// Where the row is too large also without its properties, the error says all that is
// known about it, and what a person can do.
func TestARowThatIsTooLargeAndHasNoNameIsDescribed(t *testing.T) {
	for name, bare := range map[string]reply{
		"too large all the same": oversize,
		"refused":                {status: 400, body: errorJSON("validation_error", "No.")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, oversize)
				s.answer = func(r *http.Request) (reply, bool) { return bare, strings.Contains(r.URL.RawQuery, "title") }
				_, err := c.Query(t.Context(), Query{DataSourceID: sourceID, CreatedOnOrAfter: time.Date(2026, 3, 1, 10, 7, 0, 0, time.UTC)})
				if !errors.Is(err, ErrMalformed) {
					t.Fatalf("error %v, want malformed", err)
				}
				for _, want := range []string{sourceID, "one row", "64 MiB", "2026-03-01T10:07", "shorten"} {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("error %v does not say %q", err, want)
					}
				}
				if len(s.requests) > 9 {
					t.Errorf("sent %d requests", len(s.requests))
				}
			})
		})
	}
}

// A transient fault is not reported as a row without an id.
func TestAFaultWhileARowIsNamedIsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newScripted(t, oversize)
		s.answer = func(r *http.Request) (reply, bool) {
			return reply{status: 500, body: errorJSON("internal_server_error", "No.")}, strings.Contains(r.URL.RawQuery, "title")
		}
		if _, err := c.Query(t.Context(), Query{DataSourceID: sourceID}); !errors.Is(err, ErrUnavailable) {
			t.Errorf("error %v, want unavailable", err)
		}
	})
}
