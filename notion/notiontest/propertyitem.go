package notiontest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
)

// retrieveProperty answers GET /v1/pages/{id}/properties/{property_id}: the whole list
// of a property that a page shows only in part (Notion: retrieve-a-page-property).
func (w *Workspace) retrieveProperty(q *request) ([]byte, *failure) {
	id, f := q.id("page_id")
	if f != nil {
		return nil, f
	}
	r := w.visible(id)
	if r == nil || r.restricted {
		return nil, w.notFound("page", id.String())
	}
	shown, items, f := w.propertyItems(r, q.path[3])
	if f != nil {
		return nil, f
	}
	if items == nil {
		b := append([]byte(`{"object":"property_item","id":`), shown.id...)
		return append(append(append(b, ','), typed(shown.kind, shown.value)...), '}'), nil
	}

	identity := "property " + id.String() + " " + string(shown.id)
	at, from, to, f := w.listing(q, identity, len(items))
	if f != nil {
		return nil, f
	}
	if q.badItem && from < to {
		items = slices.Clone(items)
		items[from] = fmt.Appendf(nil, `"type":"%s","%[1]s":4711,"%[1]s":null`, shown.kind)
	}
	b := appendList([]byte(`{"object":"list","results":`), items[from:to], func(b, item []byte) []byte {
		b = append(append(b, `{"object":"property_item","id":`...), shown.id...)
		return append(append(append(b, ','), item...), '}')
	})
	next := w.nextCursor(q, identity, at, to, len(items))
	b = appendListEnd(b, next, "property_item")
	b = append(append(b, `,"property_item":{"id":`...), shown.id...)
	b = append(append(b, ','), typed(shown.kind, shown.summary(next == ""))...)
	b = append(b, `,"next_url":`...)
	if next == "" {
		return append(b, `null}}`...), nil
	}
	size := q.query.Get("page_size")
	if size == "" {
		size = strconv.Itoa(maxPageSize)
	}
	b = appendString(b, "https://api.notion.com/v1/pages/"+id.String()+"/properties/"+url.PathEscape(q.path[3])+
		"?"+url.Values{"start_cursor": {next}, "page_size": {size}}.Encode())
	return append(b, '}', '}'), nil
}

// An item is a property as this endpoint returns it.
type item struct {
	id    []byte // JSON text
	kind  string
	value []byte // whole, not cut as in a page
}

// typed is a value with its type, as members without braces.
func typed(kind string, value []byte) []byte {
	b := appendString([]byte(`"type":`), kind)
	b = append(appendString(append(b, ','), kind), ':')
	return append(b, value...)
}

// propertyItems finds a property by its id, percent-decoded, and its entries if it is a
// list. An id that a client encoded twice is not found.
func (w *Workspace) propertyItems(r *row, id string) (shown *item, entries [][]byte, f *failure) {
	members, err := splitObject(w.appendProperties(nil, r, nil))
	if err != nil {
		return nil, nil, invalid("The properties of page %s cannot be read.", r.id)
	}
	for _, m := range members {
		var head struct{ ID, Type string }
		if json.Unmarshal(m.value, &head) != nil || plainID(head.ID) != id {
			continue
		}
		parts, err := splitObject(m.value)
		if err != nil {
			break
		}
		shown = &item{id: find(parts, "id"), kind: head.Type, value: appendRaw(nil, find(parts, head.Type))}
		if r.extras == nil || r.extras.properties == nil {
			shown.value = w.appendWhole(r, r.source.mustProperty(m.name))
		}
		return shown, shown.entries(), nil
	}
	return nil, nil, invalid("Could not find property with name or id: %s", id)
}

// appendWhole returns a value without the page object's truncation.
func (w *Workspace) appendWhole(r *row, p *property) []byte {
	switch value := r.value(w, p).(type) {
	case []uuid:
		return appendList(nil, value, appendReference)
	case []*user:
		return appendList(nil, value, w.appendUser)
	default:
		return w.appendValue(nil, r, p, value)
	}
}

// entries are the entries of a property that this endpoint always shows as a list, as
// members without braces; nil for other properties.
func (it *item) entries() [][]byte {
	array := it.value
	switch it.kind {
	case "title", "rich_text", "people", "relation":
	case "rollup":
		array = nil
		if members, err := splitObject(it.value); err == nil {
			array = find(members, "array")
		}
	default:
		return nil
	}
	var values []json.RawMessage
	if array == nil || json.Unmarshal(array, &values) != nil {
		return [][]byte{}
	}
	entries := make([][]byte, len(values))
	for i, value := range values {
		if it.kind == "rollup" { // its entries have their own types
			entries[i] = bytes.TrimSpace(value)
			entries[i] = entries[i][1 : len(entries[i])-1]
		} else {
			entries[i] = typed(it.kind, value)
		}
	}
	return entries
}

// summary is the content of property_item beside the entries: a rollup's result with
// the last entries, nothing for other properties.
func (it *item) summary(last bool) []byte {
	if it.kind != "rollup" {
		return []byte("{}")
	}
	members, err := splitObject(it.value)
	if err != nil {
		return it.value
	}
	function := appendRaw(nil, find(members, "function"))
	var name string
	if json.Unmarshal(function, &name) == nil &&
		slices.Contains([]string{"unique", "show_unique", "median", "count_per_group", "percent_per_group"}, name) {
		return fmt.Appendf(nil, `{"type":"unsupported","unsupported":{},"function":%s}`, function)
	}
	switch {
	case !last:
		return fmt.Appendf(nil, `{"type":"incomplete","incomplete":{},"function":%s}`, function)
	case find(members, "array") != nil:
		return fmt.Appendf(nil, `{"type":"array","array":[],"function":%s}`, function)
	default:
		return it.value
	}
}
