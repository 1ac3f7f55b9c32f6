package notiontest

import (
	"encoding/json"
)

// A row is a page of a data source. A workspace may hold a million rows, so rare fields
// are in extras, and rows that were added in bulk compute their values when they are
// read.
type row struct {
	id                   uuid
	seq                  uint64 // order of arrival, which breaks ties of time in the indexes
	created, edited      int64  // Unix milliseconds; shown floored to the minute
	createdBy, editedBy  *user
	source               *DataSource // its data source, also when it is trashed
	values               []any       // stored form, by the property's position; may be shorter than the schema
	bulk                 func(i int) Values
	nth                  int // argument of bulk
	number               int // its unique_id
	extras               *extras
	trashed, archived    bool
	unshared, restricted bool
	placed               bool // is in the indexes of its view's partition
	shown                *row // what queries see instead; nil: the row itself
}

// extras holds the fields of an imported page, and fields that few verbs set. Byte
// slices are JSON text.
type extras struct {
	properties          []byte // imported: instead of values
	createdBy, editedBy []byte // imported: instead of the row's users
	icon, cover         []byte
	url                 string
	publicURL           string
	locked              bool
	elsewhere           *uuid // its parent page after MoveToPage
	foster              *foster
	garbling            Garbling
}

func (r *row) extra() *extras {
	if r.extras == nil {
		r.extras = &extras{}
	}
	return r.extras
}

// isElsewhere reports whether the page was moved out of all databases.
func (r *row) isElsewhere() bool { return r.extras != nil && r.extras.elsewhere != nil }

// inTrash is true also for pages whose database is in the trash (Notion: reference/trash-page).
func (r *row) inTrash() bool {
	return r.trashed || !r.isElsewhere() && (r.source.trashed && !r.source.orphans || r.source.database.trashed)
}

// stored returns the row's values in stored form; it computes those of a bulk row.
func (r *row) stored(w *Workspace) []any {
	if r.bulk == nil {
		return r.values
	}
	return w.prepare(r.source, nil, r.bulk(r.nth))
}

// value returns one property's value in stored form, nil where it is empty.
func (r *row) value(w *Workspace, p *property) any {
	if values := r.stored(w); p.at < len(values) {
		return values[p.at]
	}
	return nil
}

// appendRow appends the page object of Notion-Version v (Notion: reference/page).
// A nil only means all properties.
func (w *Workspace) appendRow(b []byte, r *row, v version, only []string) []byte {
	from := len(b)
	b = w.appendSoundRow(b, r, v, only)
	if r.extras != nil && !r.restricted {
		b = garbled(b, from, r.extras.garbling)
	}
	return b
}

func (w *Workspace) appendSoundRow(b []byte, r *row, v version, only []string) []byte {
	b = append(b, `{"object":"page","id":"`...)
	b = r.id.append(b)
	if r.restricted {
		return append(b, `"}`...)
	}
	b = append(b, `","created_time":`...)
	b = appendStamp(b, r.created)
	b = append(b, `,"last_edited_time":`...)
	b = appendStamp(b, r.edited)

	x := r.extras
	if x == nil {
		x = &extras{}
	}
	b = append(b, `,"created_by":`...)
	if x.createdBy != nil {
		b = append(b, x.createdBy...)
	} else {
		b = r.createdBy.appendPartial(b)
	}
	b = append(b, `,"last_edited_by":`...)
	if x.editedBy != nil {
		b = append(b, x.editedBy...)
	} else {
		b = r.editedBy.appendPartial(b)
	}
	b = append(b, `,"cover":`...)
	b = appendRaw(b, x.cover)
	b = append(b, `,"icon":`...)
	b = appendRaw(b, x.icon)
	b = append(b, `,"parent":`...)
	b = r.appendParent(b)
	b = appendTrash(b, r.inTrash(), v)
	b = appendFlag(b, "is_archived", r.archived)
	b = appendFlag(b, "is_locked", x.locked)
	b = append(b, `,"properties":`...)
	b = w.appendProperties(b, r, only)
	if x.url != "" {
		b = appendMember(b, "url", x.url)
	} else {
		b = append(b, `,"url":"https://app.notion.com/p/`...)
		b = append(append(b, r.id.hex()...), '"')
	}
	b = append(b, `,"public_url":`...)
	b = appendNullable(b, x.publicURL)
	return append(b, '}')
}

func (r *row) appendParent(b []byte) []byte {
	if r.isElsewhere() {
		b = append(b, `{"type":"page_id","page_id":"`...)
		b = r.extras.elsewhere.append(b)
		return append(b, `"}`...)
	}
	if r.isNested() {
		f := r.extras.foster
		b = append(append(append(b, `{"type":"`...), f.kind...), `","`...)
		b = append(append(b, f.kind...), `":"`...)
		return append(f.id.append(b), `"}`...)
	}
	b = append(b, `{"type":"data_source_id","data_source_id":"`...)
	b = r.source.id.append(b)
	b = append(b, `","database_id":"`...)
	b = r.source.database.id.append(b)
	return append(b, `"}`...)
}

// appendTrash appends in_trash, and its old alias archived on versions before
// 2026-03-11 (Notion: upgrade-guide-2026-03-11).
func appendTrash(b []byte, trashed bool, v version) []byte {
	if v < version20260311 {
		b = appendFlag(b, "archived", trashed)
	}
	return appendFlag(b, "in_trash", trashed)
}

func appendFlag(b []byte, name string, set bool) []byte {
	b = append(append(append(b, ',', '"'), name...), '"', ':')
	if set {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}

// appendProperties appends the page's properties, keyed by display name.
func (w *Workspace) appendProperties(b []byte, r *row, only []string) []byte {
	if r.isElsewhere() { // a page outside any data source has only a title
		only = []string{"title"}
	}
	if r.extras != nil && r.extras.properties != nil {
		return appendImported(b, r.extras.properties, only)
	}
	values := r.stored(w)
	b = append(b, '{')
	first := true
	for _, p := range r.source.properties {
		if p.removed || !p.among(only) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		var value any
		if p.at < len(values) && !w.hides(p) {
			value = values[p.at]
		}
		b = appendString(b, p.name)
		b = append(b, `:{"id":`...)
		b = appendString(b, p.id)
		b = appendMember(b, "type", string(p.kind))
		b = append(append(append(b, ',', '"'), p.kind...), '"', ':')
		b = w.appendValue(b, r, p, value)
		if p.kind == KindRelation {
			ids, _ := value.([]uuid)
			b = appendFlag(b, "has_more", len(ids) > listedReferences)
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

// appendImported appends imported properties as they came, or only those that only
// lists by id or name.
func appendImported(b, properties []byte, only []string) []byte {
	if only == nil {
		return append(b, properties...)
	}
	members, err := splitObject(properties)
	if err != nil {
		panic("notiontest: reading imported properties again: " + err.Error())
	}
	kept := members[:0]
	for _, m := range members {
		var head struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(m.value, &head) == nil && named(only, head.ID, m.name) {
			kept = append(kept, m)
		}
	}
	return joinObject(b, kept)
}
