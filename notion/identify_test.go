package notion

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
)

const (
	notFoundJSON  = `{"object":"error","status":404,"code":"object_not_found","message":"Could not find it."}`
	otherKindJSON = `{"object":"error","status":400,"code":"validation_error","message":"Provided ID is something else."}`
	blockJSON     = `{"object":"block","id":"` + pageID + `","parent":{"type":"page_id","page_id":"` + sourceB + `"},"type":"paragraph","paragraph":{},"in_trash":false}`
)

// Whether Notion refuses or does not find the id of another kind, the next kind is tried.
func TestIdentify(t *testing.T) {
	no, other := reply{status: 404, body: notFoundJSON}, reply{status: 400, body: otherKindJSON}
	for name, test := range map[string]struct {
		id      string
		replies []reply
		want    string
	}{
		"a page":                 {pageID, []reply{ok(pageJSON(pageID, nameProperty))}, "page"},
		"a database":             {dbID, []reply{no, ok(databaseJSON(sourceB))}, "database"},
		"refused as page":        {dbID, []reply{other, ok(databaseJSON(sourceB))}, "database"},
		"a data source":          {sourceID, []reply{no, other, ok(sourceJSON(sourceID, "Tasks", "{}"))}, "data source"},
		"a block":                {pageID, []reply{other, no, no, ok(blockJSON)}, "block of " + sourceB},
		"nothing":                {pageID, []reply{no, no, no, no}, "not found"},
		"always refused":         {pageID, []reply{other, other, other, other}, "refused"},
		"no token":               {pageID, []reply{{status: 401, body: `{"object":"error","status":401,"code":"unauthorized","message":"API token is invalid."}`}}, "unauthorized"},
		"a block with no parent": {pageID, []reply{no, no, no, ok(strings.Replace(blockJSON, `{"type":"page_id","page_id":"`+sourceB+`"}`, `{"type":"workspace","workspace":true}`, 1))}, "block of "},
		"no block at all":        {pageID, []reply{no, no, no, ok(pageJSON(pageID, nameProperty))}, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := newScripted(t, test.replies...)
				found, err := c.Identify(t.Context(), test.id)
				got := ""
				switch {
				case errors.Is(err, ErrNotFound):
					got = "not found"
				case errors.Is(err, ErrInvalidRequest):
					got = "refused"
				case errors.Is(err, ErrUnauthorized):
					got = "unauthorized"
				case errors.Is(err, ErrMalformed):
					got = "malformed"
				case found.Page != nil:
					got = "page"
				case found.Database != nil:
					got = "database"
				case found.DataSource != nil:
					got = "data source"
				case found.Block != nil:
					got = "block of " + found.Block.PageID
				}
				if got != test.want || test.want != "unauthorized" && test.want != "malformed" && len(s.requests) != len(test.replies) {
					t.Errorf("%s by %d requests (%v), want %s by %d", got, len(s.requests), err, test.want, len(test.replies))
				}
			})
		})
	}
}
