package notion

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

const cutRelation = `{"R":{"id":"r","type":"relation","relation":[],"has_more":true}}`

// Where a property's list holds an entry twice, the answers go in a circle or the list
// changed: the list is read again, and no entry is doubled.
func TestAPropertysListThatComesTwiceIsReadAnew(t *testing.T) {
	for kind, test := range map[string]struct{ entries [3]string }{
		"relation": {[3]string{`{"id":"1"}`, `{"id":"2"}`, `{"id":"3"}`}},
		"people":   {[3]string{`{"object":"user","id":"1"}`, `{"object":"user","id":"2"}`, `{"object":"user","id":"3"}`}},
	} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := test.entries
				first, again, last := ok(itemsJSON("a", kind, e[0], e[1])), ok(itemsJSON("b", kind, e[0], e[1])), ok(itemsJSON("", kind, e[2]))
				c, s := newScripted(t, first, again, first, last)
				page := cutPage(t, strings.ReplaceAll(cutRelation, "relation", kind))
				if err := c.Complete(t.Context(), page); err != nil {
					t.Fatal(err)
				}
				want := `{"R":{"id":"r","type":"` + kind + `","` + kind + `":[` + strings.Join(e[:], ",") + `],"has_more":false}}`
				if got := string(page.Properties); got != want || len(s.requests) != 4 {
					t.Errorf("after %d requests %s, want %s", len(s.requests), got, want)
				}
			})
		})
	}
}

func TestAPropertysListThatAlwaysComesTwiceFailsItsPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newScripted(t, ok(""))
		s.answer = func(r *http.Request) (reply, bool) {
			switch r.URL.Query().Get("start_cursor") {
			case "":
				return ok(itemsJSON("a", "relation", `{"id":"1"}`, `{"id":"2"}`)), true
			case "a":
				return ok(itemsJSON("b", "relation", `{"id":"2"}`, `{"id":"3"}`)), true
			}
			return ok(itemsJSON("", "relation", `{"id":"4"}`)), true
		}
		page := cutPage(t, cutRelation)
		err := c.Complete(t.Context(), page)
		if !errors.Is(err, ErrIncomplete) || !strings.Contains(err.Error(), "twice") || string(page.Properties) != cutRelation {
			t.Errorf("error %v, properties %s, want incomplete, and the page unchanged", err, page.Properties)
		}
		if len(s.requests) < 4 || len(s.requests) > 20 {
			t.Errorf("sent %d requests, want several tries", len(s.requests))
		}
	})
}

// An entry that is twice in one answer stays twice: Notion shows it so.
func TestAnEntryTwiceInOneAnswerStays(t *testing.T) {
	c, _ := newScripted(t, ok(itemsJSON("", "relation", `{"id":"1"}`, `{"id":"1"}`)))
	page := cutPage(t, cutRelation)
	if err := c.Complete(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	if want := `[{"id":"1"},{"id":"1"}]`; !strings.Contains(string(page.Properties), want) {
		t.Errorf("properties %s, want %s", page.Properties, want)
	}
}

// foundSource is a data source as search returns it.
const foundSource = `{"object":"data_source","id":"` + sourceID + `","created_time":"2026-03-01T19:05:00.000Z","last_edited_time":"2026-03-01T19:05:00.000Z","title":[],"parent":{"type":"database_id","database_id":"` + dbID + `"},"properties":{}}`

// A list whose cursors are always new, but lead to nothing new, ends with an error.
func TestAListWithoutAnEndFails(t *testing.T) {
	source := Query{DataSourceID: sourceID}
	for name, test := range map[string]struct {
		empty func(cursor string) string // or nothing new
		read  func(t *testing.T, c *Client) error
	}{
		"a property": {func(cursor string) string { return itemsJSON(cursor, "relation") }, func(t *testing.T, c *Client) error {
			return c.Complete(t.Context(), cutPage(t, cutRelation))
		}},
		"search that repeats itself": {func(cursor string) string { return listJSON(cursor, foundSource) }, func(t *testing.T, c *Client) (failed error) {
			for _, failed = range c.SearchDataSources(t.Context()) {
				continue
			}
			return failed
		}},
		"search": {func(cursor string) string { return listJSON(cursor) }, func(t *testing.T, c *Client) (failed error) {
			for _, failed = range c.SearchDataSources(t.Context()) {
				continue
			}
			return failed
		}},
		"rows": {func(cursor string) string { return listJSON(cursor) }, func(t *testing.T, c *Client) (failed error) {
			for _, failed = range c.ReadAll(t.Context(), source) {
				continue
			}
			return failed
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, ok(""))
				requests := 0
				s.answer = func(*http.Request) (reply, bool) {
					if requests++; requests > 20_000 {
						return ok("null"), true
					}
					return ok(test.empty(fmt.Sprint("c", requests))), true
				}
				if err := test.read(t, c); !errors.Is(err, ErrIncomplete) {
					t.Errorf("error %v after %d requests, want incomplete", err, requests)
				}
			})
		})
	}
}
