package notiontest

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A query is a query of a data source without its page size and cursor.
type query struct {
	source   *DataSource
	part     *partition
	filter   *filter
	sorts    []order
	identity string // equal for requests that may share cursors
}

// An order is one entry of sorts: by a timestamp or by a property.
type order struct {
	stamp      Kind
	property   *property
	descending bool
}

// queryDataSource answers POST /v1/data_sources/{id}/query (Notion: query-a-data-source).
func (w *Workspace) queryDataSource(q *request) ([]byte, *failure) {
	w.catchUp()
	d, f := w.readable(q)
	if f != nil {
		return nil, f
	}
	if d.trashed || d.database.trashed {
		if w.opts.TrashedQueryEmpty {
			return append(appendListEnd([]byte(`{"object":"list","results":[]`), "", "page_or_data_source"), `,"page_or_data_source":{}}`...), nil
		}
		return nil, w.notFound("data_source", d.id.String())
	}
	set, f := q.members("filter", "sorts", "page_size", "start_cursor", "result_type", "is_archived")
	if f != nil {
		return nil, f
	}
	selected, f := w.parseQuery(d, set)
	if f != nil {
		return nil, f
	}
	size, f := pageSizeOf(set["page_size"], false)
	if f != nil {
		return nil, f
	}
	only, f := d.onlyProperties(q.query)
	if f != nil {
		return nil, f
	}
	at, started, f := w.startOf(set["start_cursor"], selected.identity)
	if f != nil {
		return nil, f
	}
	one := &run{query: selected, salt: w.rng.Uint64()}
	if !started {
		w.evaluate(one)
	} else if one = w.runs.use(at.run); one == nil {
		return nil, invalid("The start_cursor provided is invalid: %s", strings.Trim(string(set["start_cursor"]), `"`))
	} else if w.opts.LivePages {
		w.evaluate(one)
	}
	return w.appendRun(one, q, at, size, only), nil
}

// readable finds the data source of a path, if the connection may see it.
func (w *Workspace) readable(q *request) (*DataSource, *failure) {
	id, f := q.id("data_source_id")
	if f != nil {
		return nil, f
	}
	if d := w.sources[id]; d != nil && w.asking.sees(d.database) {
		return d, nil
	}
	return nil, w.notFound("data_source", id.String())
}

// parseQuery reads the members of the body that select and order rows.
func (w *Workspace) parseQuery(d *DataSource, set map[string][]byte) (*query, *failure) {
	selected := &query{source: d, part: &d.live, identity: d.id.String()}
	var archived bool
	if raw := set["is_archived"]; raw != nil {
		if string(raw) == "null" || json.Unmarshal(raw, &archived) != nil {
			return nil, invalid("body failed validation: body.is_archived should be a boolean or `undefined`, instead was `%s`.", raw)
		}
		if archived {
			selected.part = &d.archived
			selected.identity += " archived"
		}
	}
	switch kind := string(set["result_type"]); kind {
	case "", `"page"`:
	case `"data_source"`: // only wikis have rows that are data sources
		none := newPartition()
		selected.part = &none
	default:
		return nil, invalid("body failed validation: body.result_type should be `\"page\"`, `\"data_source\"` or `undefined`, instead was `%s`.", kind)
	}
	var f *failure
	if raw := set["filter"]; raw != nil {
		if selected.filter, f = w.parseFilter(d, raw, "body.filter", 0); f != nil {
			return nil, f
		}
	}
	if raw := set["sorts"]; raw != nil {
		if selected.sorts, f = parseSorts(d, raw); f != nil {
			return nil, f
		}
	}
	for _, name := range []string{"filter", "sorts", "result_type"} {
		text := jsontext.Value(slices.Clone(set[name]))
		if len(text) > 0 && text.Canonicalize() == nil {
			selected.identity += " " + name + string(text)
		}
	}
	return selected, nil
}

// parseSorts reads the sorts array (Notion: sort-data-source-entries).
func parseSorts(d *DataSource, raw []byte) ([]order, *failure) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil, invalid("body failed validation: body.sorts should be an array or `undefined`, instead was `%s`.", raw)
	}
	var sorts []order
	for _, item := range items {
		list, err := splitObject(item)
		if err != nil {
			return nil, invalid("body failed validation: body.sorts should be an array of objects.")
		}
		if _, f := memberSet("body.sorts", list, "timestamp", "property", "direction"); f != nil {
			return nil, f
		}
		var sort struct{ Timestamp, Property, Direction string }
		if json.Unmarshal(item, &sort) != nil || sort.Direction != "ascending" && sort.Direction != "descending" {
			return nil, invalid("body failed validation: body.sorts.direction should be `\"ascending\"` or `\"descending\"`, instead was `%q`.", sort.Direction)
		}
		o := order{descending: sort.Direction == "descending"}
		switch {
		case sort.Timestamp == "created_time" || sort.Timestamp == "last_edited_time":
			o.stamp = Kind(sort.Timestamp)
		case sort.Timestamp != "":
			return nil, invalid("body failed validation: body.sorts.timestamp should be `\"created_time\"` or `\"last_edited_time\"`, instead was `%q`.", sort.Timestamp)
		default:
			at := slices.IndexFunc(d.properties, func(p *property) bool { return !p.removed && named([]string{sort.Property}, p.id, p.name) })
			if at < 0 {
				return nil, invalid("Could not find sort property with name or id: %s", sort.Property)
			}
			o.property = d.properties[at]
		}
		sorts = append(sorts, o)
	}
	return sorts, nil
}

// listedProperties is the most entries of an array in a request (Notion: request-limits).
const listedProperties = 100

// onlyProperties reads filter_properties, in the documented spelling and the SDK's; nil
// means all.
func (d *DataSource) onlyProperties(query url.Values) ([]string, *failure) {
	only := slices.Concat(query["filter_properties"], query["filter_properties[]"])
	if len(only) > listedProperties {
		return nil, invalid("query failed validation: query.filter_properties.length should be ≤ `%d`, instead was `%d`.", listedProperties, len(only))
	}
	for _, one := range only {
		if !slices.ContainsFunc(d.properties, func(p *property) bool { return !p.removed && p.among([]string{one}) }) {
			return nil, invalid("Could not find property with name or id: %s", one)
		}
	}
	return only, nil
}

// compare orders two rows by all sorts, with empty values last. plain returns the value
// of a property.
func (q *query) compare(a, b *row, plain func(*row, *property) any) int {
	a, b = a.view(), b.view()
	for _, o := range q.sorts {
		var c int
		switch o.stamp {
		case KindCreatedTime:
			c = cmp.Compare(floored(a.created), floored(b.created))
		case KindLastEditedTime:
			c = cmp.Compare(floored(a.edited), floored(b.edited))
		default:
			c = comparePlain(plain(a, o.property), plain(b, o.property))
		}
		if o.descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func comparePlain(a, b any) int {
	switch a := a.(type) {
	case float64:
		if b, ok := b.(float64); ok {
			return cmp.Compare(a, b)
		}
	case string:
		if b, ok := b.(string); ok {
			return cmp.Compare(a, b)
		}
	case bool:
		if b, ok := b.(bool); ok && a != b {
			if b {
				return -1
			}
			return 1
		}
	case []string:
		if b, ok := b.([]string); ok {
			return slices.Compare(a, b)
		}
	}
	switch {
	case a == nil && b != nil:
		return 1
	case a != nil && b == nil:
		return -1
	}
	return 0
}
