package notion

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// itemsJSON is a list of property items with these values.
func itemsJSON(cursor, kind string, values ...string) string {
	items := make([]string, len(values))
	for i, value := range values {
		items[i] = fmt.Sprintf(`{"object":"property_item","id":"x","type":%q,%q:%s}`, kind, kind, value)
	}
	list := listJSON(cursor, items...)
	next := "null"
	if cursor != "" {
		next = `"https://elsewhere.example/v1/pages/x/properties/y?start_cursor=` + cursor + `"`
	}
	return list[:len(list)-1] + `,"property_item":{"id":"x","type":"` + kind + `","` + kind + `":{},"next_url":` + next + `}}`
}

// cutPage is a page with these properties.
func cutPage(t *testing.T, properties string) *Page {
	t.Helper()
	page, err := DecodePage([]byte(pageJSON(pageID, properties)))
	if err != nil {
		t.Fatal(err)
	}
	return &page
}

func TestCompleteLeavesTheRestByteForByte(t *testing.T) {
	const team = `{"object":"user","id":"` + userA + `" , "name":"\u0041"}`
	before := ` { "A\u0062" : {"n":[ 1.50,1e400 ]},"R":{ "has_more" : true ,"relation": [{"id":"old"}] ,"type":"relation","id":"%3Fb"},` +
		`"relation":null, "P":{"id":"p p","type":"people","people":` + entriesJSON(someone, 25) + `,"x":{"people":[1]},"has_more":null} , "\ud83d":"\ud83e" } `
	after := `{ "A\u0062" : {"n":[ 1.50,1e400 ]},"R":{ "has_more" : false ,"relation": [{"id":"new" },{"id":"newer"},{"id":"last"}] ,"type":"relation","id":"%3Fb"},` +
		`"relation":null, "P":{"id":"p p","type":"people","people":[` + team + `],"x":{"people":[1]},"has_more":null} , "\ud83d":"\ud83e" }`
	c, s := newScripted(t,
		ok(itemsJSON("c/1=", "relation", `{"id":"new" }`, `{"id":"newer"}`)),
		ok(itemsJSON("c2", "relation")),
		ok(itemsJSON("", "relation", `{"id":"last"}`)),
		ok(itemsJSON("", "people", team)))
	page := cutPage(t, before)
	listed := page.Fingerprint()
	want := *page
	want.Properties, want.Cut = []byte(after), nil
	if err := c.Complete(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, *page, visible); diff != "" {
		t.Errorf("page (-want +got)\n%s", diff)
	}
	if got := page.Fingerprint(); got == listed || got != cutPage(t, after).Fingerprint() {
		t.Errorf("fingerprint %x, %x as it was listed, and %x for a page that is listed whole", got, listed, cutPage(t, after).Fingerprint())
	}
	var requests []string
	for _, a := range s.requests {
		requests = append(requests, a.method+" "+a.url)
	}
	const place = "GET https://api.notion.com/v1/pages/" + pageID + "/properties/"
	if diff := cmp.Diff([]string{
		place + "%3Fb?page_size=100",
		place + "%3Fb?page_size=100&start_cursor=c%2F1%3D",
		place + "%3Fb?page_size=100&start_cursor=c2",
		place + "p%20p?page_size=100",
	}, requests); diff != "" {
		t.Errorf("requests (-want +got)\n%s", diff)
	}
}

func TestCompleteAsksNothingForWholePages(t *testing.T) {
	c, s := newScripted(t, ok("{}"))
	for _, page := range []*Page{cutPage(t, nameProperty), {ID: pageID, Partial: true}} {
		if err := c.Complete(t.Context(), page); err != nil {
			t.Error(err)
		}
	}
	if len(s.requests) != 0 {
		t.Errorf("sent %d requests, want none", len(s.requests))
	}
}

func TestPropertyIDsStandInAPathAsNotionGivesThem(t *testing.T) {
	for id, want := range map[string]string{
		"title":       "title",
		"%3Fb%5C~":    "%3Fb%5C~",
		"%253Fb":      "%253Fb",
		"a%2fb":       "a%2fb",
		"[IF C":       "%5BIF%20C", // older versions did not encode
		"a/../b?c#d":  "a%2F..%2Fb%3Fc%23d",
		"10%":         "10%25",
		"%zz":         "%25zz",
		"é":           "%C3%A9",
		"":            "",
		".":           "",
		"..":          "",
		"%2e%2E":      "",
		"a:b;c=d,e@f": "a:b;c=d,e@f",
	} {
		c, s := newScripted(t, ok(itemsJSON("", "relation")))
		err := c.Complete(t.Context(), cutPage(t, `{"R":`+relationJSON(id, 1, true)+`}`))
		if want == "" {
			if !errors.Is(err, ErrInvalidRequest) || len(s.requests) != 0 {
				t.Errorf("id %q: error %v after %d requests, want ErrInvalidRequest after none", id, err, len(s.requests))
			}
			continue
		}
		if err != nil {
			t.Errorf("id %q: %v", id, err)
			continue
		}
		if want := "https://api.notion.com/v1/pages/" + pageID + "/properties/" + want + "?page_size=100"; s.requests[0].url != want {
			t.Errorf("id %q: requested %s, want %s", id, s.requests[0].url, want)
		}
	}
}

var staleCursor = reply{status: 400, body: errorJSON("validation_error", "The start_cursor provided is invalid: c")}

// An expired cursor does not fail the property: it is read again from its beginning.
func TestCompleteBeginsAnewAfterAStaleCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newScripted(t,
			ok(itemsJSON("c", "relation", `{"id":"1"}`)), staleCursor,
			ok(itemsJSON("d", "relation", `{"id":"2"}`)), ok(itemsJSON("", "relation", `{"id":"3"}`)))
		page := cutPage(t, `{"R":{"id":"r","type":"relation","relation":[],"has_more":true}}`)
		if err := c.Complete(t.Context(), page); err != nil {
			t.Fatal(err)
		}
		if got, want := string(page.Properties), `{"R":{"id":"r","type":"relation","relation":[{"id":"2"},{"id":"3"}],"has_more":false}}`; got != want {
			t.Errorf("properties %s, want %s", got, want)
		}
		if len(s.requests) != 4 {
			t.Errorf("sent %d requests, want 4", len(s.requests))
		}
	})
}

func TestCompleteFailsWithKindPageAndProperty(t *testing.T) {
	item := `{"id":"new"}`
	tests := map[string]struct {
		replies []reply
		kind    error
	}{
		"page gone":               {[]reply{ok(itemsJSON("c", "relation", item)), {status: 404, body: errorJSON("object_not_found", "Could not find page")}}, ErrNotFound},
		"property gone":           {[]reply{{status: 400, body: errorJSON("validation_error", "Could not find property with name or id: r")}}, ErrInvalidRequest},
		"forbidden":               {[]reply{{status: 403, body: errorJSON("restricted_resource", "no")}}, ErrForbidden},
		"stale cursors":           {[]reply{ok(itemsJSON("c", "relation", item)), staleCursor}, ErrIncomplete},
		"a cursor twice":          {[]reply{ok(itemsJSON("c", "relation", item))}, ErrIncomplete},
		"capped":                  {[]reply{ok(strings.Replace(itemsJSON("", "relation", item), `"has_more"`, `"request_status":{"type":"incomplete"},"has_more"`, 1))}, ErrIncomplete},
		"has_more to no cursor":   {[]reply{ok(strings.Replace(itemsJSON("", "relation", item), `"has_more":false`, `"has_more":true`, 1))}, ErrMalformed},
		"a single item":           {[]reply{ok(`{"object":"property_item","id":"r","type":"number","number":1}`)}, ErrMalformed},
		"retyped meanwhile":       {[]reply{ok(itemsJSON("", "people", item))}, ErrMalformed},
		"an item without a value": {[]reply{ok(itemsJSON("", "relation", "null"))}, ErrMalformed},
		"an item that is none":    {[]reply{ok(listJSON("", "7"))}, ErrMalformed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := newScripted(t, test.replies...)
				page := cutPage(t, `{"P":`+peopleJSON(3)+`,"The \"R\"":`+relationJSON("r", 25, true)+`}`)
				before := *page
				err := c.Complete(t.Context(), page)
				if !errors.Is(err, test.kind) {
					t.Fatalf("error %v, want %v", err, test.kind)
				}
				if op, want := asError(t, err).Op, `reading property "The \"R\"" (id r) of page `+pageID; op != want {
					t.Errorf("op %q, want %q", op, want)
				}
				if diff := cmp.Diff(before, *page, visible); diff != "" {
					t.Errorf("the page changed (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// A page that is edited between the two reads may have fewer entries than it showed.
func TestCompleteTakesFewerEntriesThanListed(t *testing.T) {
	c, _ := newScripted(t, ok(itemsJSON("", "relation")))
	page := cutPage(t, `{"R":`+relationJSON("r", 25, true)+`}`)
	if err := c.Complete(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	if got, want := string(page.Properties), `{"R":`+relationJSON("r", 0, false)+`}`; got != want {
		t.Errorf("properties %s, want %s", got, want)
	}
}

// A page's properties are part of its response, which holds other pages too. Complete
// must not change the response.
func TestCompleteWritesNothingIntoTheResponse(t *testing.T) {
	body := []byte(pageJSON(pageID, `{"R":`+relationJSON("r", 1, true)+`}`))
	page, err := DecodePage(body)
	if err != nil {
		t.Fatal(err)
	}
	before := string(body)
	c, _ := newScripted(t, ok(itemsJSON("", "relation", `{"id":"1"}`, `{"id":"2"}`)))
	if err := c.Complete(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	page.Without([]string{"r"})
	if string(body) != before {
		t.Error("the response was changed")
	}
}
