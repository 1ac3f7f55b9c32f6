package notion

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Complete reads the properties in page.Cut to their end and puts their entries
// into page.Properties, in Notion's order. All other bytes of the properties stay
// the same; page.Cut becomes nil. A whole page costs no request, a cut one about one
// request for every 100 entries.
//
// After an error the page is unchanged. Errors are *Error and name the page and the
// property: ErrNotFound means that the page no longer exists or is not shared,
// ErrIncomplete that the entries cannot be read to their end, ErrInvalidRequest that
// Notion refuses, for example because the property was removed meanwhile.
func (c *Client) Complete(ctx context.Context, page *Page) error {
	if len(page.Cut) == 0 {
		return nil
	}
	var values properties
	err := readStrictly(page.Properties, noNodes, func(in *strictReader) (err error) {
		values, err = in.properties()
		return err
	})
	if err != nil {
		return &Error{Op: "completing page " + page.ID, Kind: ErrMalformed, Err: err}
	}
	entries := make([][]byte, len(values.cut))
	for i, place := range values.cut {
		if entries[i], err = c.propertyEntries(ctx, page.ID, place.CutProperty); err != nil {
			return err
		}
	}
	page.Properties, page.Cut = completed(page.Properties, values.cut, entries), nil
	return nil
}

// completed is a copy of a page's properties with these entries in place of the cut
// ones.
func completed(text []byte, cut []cutPlace, entries [][]byte) []byte {
	type change struct {
		extent
		with []byte
	}
	var changes []change
	for i, place := range cut {
		changes = append(changes, change{place.entries, entries[i]})
		if place.hasMore.to > 0 {
			changes = append(changes, change{place.hasMore, []byte("false")})
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.from, b.from) })
	var whole []byte
	from := 0
	for _, c := range changes {
		whole = append(append(whole, text[from:c.from]...), c.with...)
		from = c.to
	}
	return append(whole, text[from:]...)
}

// propertyEntries reads all entries of one property as a JSON array; the page shows
// the beginning of this array (Notion: retrieve-a-page-property). Where a cursor
// leads nowhere, or an entry comes twice, it starts over.
func (c *Client) propertyEntries(ctx context.Context, page string, property CutProperty) ([]byte, error) {
	op := fmt.Sprintf("reading property %q (id %s) of page %s", shortened(property.Name), shortened(property.ID), page)
	page, err := requireID(op, page)
	if err != nil {
		return nil, err
	}
	id, ok := pathSegment(property.ID)
	if !ok {
		return nil, &Error{Op: op, Kind: ErrInvalidRequest, Message: "this is not the id of a Notion property"}
	}
	path := "/v1/pages/" + page + "/properties/" + id
	for restarts := 0; ; restarts++ {
		entries, err := c.propertyItems(ctx, op, path, property.Kind)
		if !leadsAstray(err) {
			return entries, err
		}
		if restarts == maxRestarts {
			return nil, &Error{Op: op, Kind: ErrIncomplete, Message: "the property's entries could not be read to their end in several tries", Err: err}
		}
		if err := sleep(ctx, backoff(restarts+1)); err != nil {
			return nil, &Error{Op: op, Err: err}
		}
	}
}

// propertyItems reads the list at path once, from its beginning to its end.
func (c *Client) propertyItems(ctx context.Context, op, path, kind string) ([]byte, error) {
	entries := []byte("[")
	followed, met := followedCursors{op: op}, make(map[string]bool)
	size := maxPageSize
	for cursor := ""; ; {
		// Only the cursor is taken from an answer, not its next_url: the token is sent
		// to no address that an answer names.
		place := func() string {
			query := url.Values{"page_size": {strconv.Itoa(size)}}
			if cursor != "" {
				query.Set("start_cursor", cursor)
			}
			return path + "?" + query.Encode()
		}
		r := request{
			op:       op,
			endpoint: "GET /v1/pages/{id}/properties/{property_id}",
			method:   http.MethodGet,
			path:     place(),
			smaller: func(r *request, least int) (shrunk bool, err error) {
				shrunk = shrink(&size, least)
				r.path = place()
				return shrunk, nil
			},
		}
		var items [][]byte
		var end listEnd
		err := c.do(ctx, r, func(a answer) (err error) {
			items, end, err = decodePropertyItems(a.body, kind)
			return err
		})
		if err == nil && end.incomplete {
			err = followed.capped()
		}
		if err == nil && repeats(items, met) {
			err = followed.astray(errRepeated)
		}
		if err == nil {
			cursor, err = followed.next(end, len(items))
		}
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			if len(entries) > 1 {
				entries = append(entries, ',')
			}
			entries = append(entries, item...)
		}
		if !end.hasMore {
			return append(entries, ']'), nil
		}
	}
}

// repeats reports whether an earlier answer had one of the items, and adds them to
// met. A relation holds a page once, and a people property a person, so a repeated
// item means that the answers go in a circle, or that the list changed between two
// answers.
func repeats(items [][]byte, met map[string]bool) (again bool) {
	ids := make([]string, 0, len(items))
	for _, item := range items {
		if id := entryID(item); id != "" {
			again = again || met[id]
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		met[id] = true
	}
	return again
}

// entryID is the id of an entry, a page or a person; "" where it has none.
func entryID(entry []byte) (id string) {
	r := fastReader{text: entry}
	if r.kind() != '{' {
		return ""
	}
	for r.enter(); r.next(); {
		if name, value := r.name(), r.value(); string(nameOf(name)) == "id" {
			id = stringOf(value)
		}
	}
	return id
}

// decodePropertyItems reads one list of property items of that kind and returns
// their values. On a page the same values are in an array (Notion:
// property-item-object).
func decodePropertyItems(body []byte, kind string) (values [][]byte, end listEnd, err error) {
	end, err = readList(body, noNodes, func(in *strictReader) error {
		value, err := in.propertyItem(kind)
		values = append(values, value)
		return err
	})
	return values, end, err
}

// propertyItem takes one property item and returns its value.
func (in *strictReader) propertyItem(kind string) (value []byte, err error) {
	var is []byte
	err = in.object(func(name []byte) (err error) {
		switch string(name) {
		case "type":
			is = in.raw()
		case kind:
			value = in.raw()
		default:
			err = in.skip()
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case stringOf(is) != kind:
		return nil, in.refuse("the entry is a %q, not a %s", stringOf(is), kind)
	case value == nil:
		return nil, in.refuse("the entry has no %s", kind)
	}
	return value, nil
}

// pathSegment is a property's id as a segment of a URL's path. Notion sends ids
// percent-encoded, and a second encoding would change them. Characters that a path
// cannot hold, as in ids of older versions, are encoded. ok is false for ids that
// would lead to another path.
func pathSegment(id string) (segment string, ok bool) {
	if plain := plainID(id); plain == "" || plain == "." || plain == ".." {
		return "", false
	}
	if _, err := url.PathUnescape(id); err != nil {
		return url.PathEscape(id), true
	}
	const safe = "%!$&'()*+,-.:;=@_~"
	var b strings.Builder
	for i := range len(id) {
		switch c := id[i]; {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', strings.IndexByte(safe, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String(), true
}
