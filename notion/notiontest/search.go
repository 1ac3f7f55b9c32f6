package notiontest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// A hit is a page or a data source in a search result.
type hit struct {
	row    *row
	source *DataSource
	edited int64
	id     uuid
}

// search answers POST /v1/search (Notion: post-search). It finds pages and data sources
// by title, from Options.IndexLag after they were created or shared.
func (w *Workspace) search(q *request) ([]byte, *failure) {
	set, f := q.members("query", "filter", "sort", "page_size", "start_cursor")
	if f != nil {
		return nil, f
	}
	kind, trash, f := searchFilter(set["filter"])
	if f != nil {
		return nil, f
	}
	ascending, f := searchOrder(set["sort"])
	if f != nil {
		return nil, f
	}
	var text string
	if raw := set["query"]; raw != nil && json.Unmarshal(raw, &text) != nil {
		return nil, invalid("body failed validation: body.query should be a string or `undefined`, instead was `%s`.", raw)
	}
	size, f := pageSizeOf(set["page_size"], true)
	if f != nil {
		return nil, f
	}
	identity := "search " + string(set["query"]) + string(set["filter"]) + string(set["sort"])
	at, _, f := w.startOf(set["start_cursor"], identity)
	if f != nil {
		return nil, f
	}
	hits := w.hits(strings.ToLower(text), kind, trash)
	slices.SortFunc(hits, func(a, b hit) int {
		c := cmp.Compare(floored(b.edited), floored(a.edited))
		if ascending {
			c = -c
		}
		return cmp.Or(c, cmp.Compare(a.id.hash(w.seed), b.id.hash(w.seed)))
	})
	from := min(int(at.offset), len(hits))
	to := min(from+q.short(size), len(hits))
	b := appendList([]byte(`{"object":"list","results":`), hits[from:to], func(b []byte, h hit) []byte {
		if h.row != nil {
			return w.appendRow(b, h.row, q.version, nil)
		}
		return h.source.append(b, q.version)
	})
	b = appendListEnd(b, w.nextCursor(q, identity, at, to, len(hits)), "page_or_data_source")
	return append(b, `,"page_or_data_source":{}}`...), nil
}

// searchFilter reads the filter; an empty kind means both kinds.
func searchFilter(raw []byte) (kind string, trash bool, f *failure) {
	if raw == nil {
		return "", false, nil
	}
	list, err := splitObject(raw)
	if err != nil {
		return "", false, invalid("body failed validation: body.filter should be an object or `undefined`, instead was `%s`.", raw)
	}
	set, f := memberSet("body.filter", list, "property", "value", "in_trash")
	if f != nil {
		return "", false, f
	}
	if raw := set["in_trash"]; raw != nil && json.Unmarshal(raw, &trash) != nil {
		return "", false, invalid("body failed validation: body.filter.in_trash should be a boolean or `undefined`, instead was `%s`.", raw)
	}
	if set["property"] == nil && set["value"] == nil && set["in_trash"] != nil {
		return "", trash, nil
	}
	if string(set["property"]) != `"object"` {
		return "", false, invalid("body failed validation: body.filter.property should be `\"object\"`, instead was `%s`.", undefined(set["property"]))
	}
	switch value := string(set["value"]); value {
	case `"page"`, `"data_source"`:
		return strings.Trim(value, `"`), trash, nil
	default:
		return "", false, invalid("body failed validation: body.filter.value should be `\"page\"` or `\"data_source\"`, instead was `%s`.", undefined(set["value"]))
	}
}

// searchOrder reads the sort; the default is the most recently edited first.
func searchOrder(raw []byte) (ascending bool, f *failure) {
	if raw == nil {
		return false, nil
	}
	list, err := splitObject(raw)
	if err != nil {
		return false, invalid("body failed validation: body.sort should be an object or `undefined`, instead was `%s`.", raw)
	}
	set, f := memberSet("body.sort", list, "timestamp", "property", "direction")
	if f != nil {
		return false, f
	}
	if string(set["property"]) == `"relevance"` && set["timestamp"] == nil {
		return false, nil
	}
	if string(set["timestamp"]) != `"last_edited_time"` {
		return false, invalid("body failed validation: body.sort.timestamp should be `\"last_edited_time\"`, instead was `%s`.", undefined(set["timestamp"]))
	}
	switch string(set["direction"]) {
	case `"ascending"`:
		return true, nil
	case `"descending"`:
		return false, nil
	default:
		return false, invalid("body failed validation: body.sort.direction should be `\"ascending\"` or `\"descending\"`, instead was `%s`.", undefined(set["direction"]))
	}
}

// undefined is the text of a member, or "undefined" for a missing one.
func undefined(raw []byte) string {
	if raw == nil {
		return "undefined"
	}
	return string(raw)
}

// hits returns what a search finds, in no order.
func (w *Workspace) hits(text, kind string, trash bool) []hit {
	var found []hit
	known := w.now() - w.opts.IndexLag.Milliseconds()
	if kind != "page" {
		for _, db := range w.databases {
			for _, d := range db.sources {
				if w.asking.sees(db) && !db.unlisted && max(w.asking.searchable(db), d.searchable) <= known && (db.trashed || d.trashed) == trash &&
					strings.Contains(strings.ToLower(db.title), text) {
					found = append(found, hit{source: d, edited: d.edited, id: d.id})
				}
			}
		}
	}
	if kind != "data_source" {
		for _, r := range w.rows {
			if w.visible(r.id) != nil && max(r.created, w.asking.shared[r.source.database]) <= known && r.inTrash() == trash &&
				(text == "" || strings.Contains(strings.ToLower(w.titleOf(r)), text)) {
				found = append(found, hit{row: r, edited: r.edited, id: r.id})
			}
		}
	}
	return found
}

// titleOf is the plain text of the page's title.
func (w *Workspace) titleOf(r *row) string {
	title, _ := w.plain(r, r.source.title()).(string)
	return title
}
