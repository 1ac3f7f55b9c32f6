package notiontest

import "slices"

// retrieveDatabase answers GET /v1/databases/{id}: the container, with its data
// sources' names (Notion: database-retrieve).
func (w *Workspace) retrieveDatabase(q *request) ([]byte, *failure) {
	id, f := q.id("database_id")
	if f != nil {
		return nil, f
	}
	for _, db := range w.databases {
		if db.id == id && w.asking.sees(db) {
			return db.append(nil, q.version), nil
		}
	}
	if r := w.visible(id); r != nil {
		return nil, invalid("Provided ID %s is a page, not a database. Use the retrieve page API instead.", id)
	}
	return nil, w.notFound("database", id.String())
}

// append appends the database object.
func (db *Database) append(b []byte, v version) []byte {
	b = append(b, `{"object":"database","id":"`...)
	b = db.id.append(b)
	if db.restricted {
		return append(b, `"}`...)
	}
	b = append(b, `","title":`...)
	b = appendText(b, db.title)
	b = append(b, `,"description":`...)
	b = appendText(b, db.description)
	b = append(b, `,"parent":`...)
	b = db.appendParent(b)
	b = appendFlag(b, "is_inline", false)
	b = appendTrash(b, db.trashed, v)
	b = appendFlag(b, "is_locked", false)
	b = append(b, `,"created_time":`...)
	b = appendStamp(b, db.created)
	b = append(b, `,"last_edited_time":`...)
	b = appendStamp(b, db.edited)
	b = append(b, `,"data_sources":[`...)
	first := true
	for _, d := range db.sources {
		if d.trashed {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, `{"id":"`...)
		b = append(d.id.append(b), '"')
		b = append(appendMember(b, "name", d.name), '}')
	}
	b = append(b, `],"icon":`...)
	b = appendRaw(b, db.icon)
	b = append(b, `,"cover":null,"url":"https://app.notion.com/p/`...)
	b = append(b, db.id.hex()...)
	return append(b, `","public_url":null}`...)
}

func (db *Database) appendParent(b []byte) []byte {
	b = append(b, `{"type":"page_id","page_id":"`...)
	return append(db.parent.append(b), `"}`...)
}

// retrieveDataSource answers GET /v1/data_sources/{id} (Notion: retrieve-a-data-source).
func (w *Workspace) retrieveDataSource(q *request) ([]byte, *failure) {
	d, f := w.readable(q)
	if f != nil {
		return nil, f
	}
	return d.append(nil, q.version), nil
}

// append appends the data source object.
func (d *DataSource) append(b []byte, v version) []byte {
	from := len(b)
	return garbled(d.appendSound(b, v), from, d.garbling)
}

func (d *DataSource) appendSound(b []byte, v version) []byte {
	b = append(b, `{"object":"data_source","id":"`...)
	b = d.id.append(b)
	b = append(b, `","title":`...)
	b = appendText(b, d.name)
	b = append(b, `,"description":[],"parent":{"type":"database_id","database_id":"`...)
	b = d.database.id.append(b)
	b = append(b, `"},"database_parent":`...)
	b = d.database.appendParent(b)
	b = appendFlag(b, "is_inline", false)
	b = appendTrash(b, d.trashed || d.database.trashed, v)
	b = append(b, `,"created_time":`...)
	b = appendStamp(b, d.created)
	b = append(b, `,"last_edited_time":`...)
	b = appendStamp(b, d.edited)
	b = append(b, `,"created_by":`...)
	b = d.createdBy.appendPartial(b)
	b = append(b, `,"last_edited_by":`...)
	b = d.editedBy.appendPartial(b)
	b = append(b, `,"properties":`...)
	b = d.appendSchema(b)
	b = append(b, `,"icon":`...)
	b = appendRaw(b, d.icon)
	b = append(b, `,"cover":null,"url":"https://app.notion.com/p/`...)
	b = append(b, d.database.id.hex()...)
	return append(b, `","public_url":null}`...)
}

// retrievePage answers GET /v1/pages/{id}, for trashed and archived pages too
// (Notion: retrieve-a-page).
func (w *Workspace) retrievePage(q *request) ([]byte, *failure) {
	id, f := q.id("page_id")
	if f != nil {
		return nil, f
	}
	r := w.visible(id)
	if r == nil {
		return nil, w.notFound("page", id.String())
	}
	only, f := r.source.onlyProperties(q.query)
	if f != nil {
		return nil, f
	}
	return w.appendRow(nil, r, q.version, only), nil
}

// visible finds a page that the connection may see.
func (w *Workspace) visible(id uuid) *row {
	r := w.rows[id]
	if r == nil || r.unshared || !w.asking.seesPage(r) {
		return nil
	}
	return r
}

// listUsers answers GET /v1/users (Notion: get-users).
func (w *Workspace) listUsers(q *request) ([]byte, *failure) {
	all := slices.Concat([]*user{w.bot}, w.users, w.bots())
	at, from, to, f := w.listing(q, "users", len(all))
	if f != nil {
		return nil, f
	}
	b := appendList([]byte(`{"object":"list","results":`), all[from:to], w.appendUser)
	b = appendListEnd(b, w.nextCursor(q, "users", at, to, len(all)), "user")
	return append(b, `,"user":{}}`...), nil
}

// nextCursor is the cursor of a list's remainder, or with the fault Stalled the cursor
// of this answer's beginning.
func (w *Workspace) nextCursor(q *request, identity string, at position, to, total int) string {
	if stalls := uint64(to) == at.offset; q.circle && stalls && to < total {
		return w.cursor(at, identity)
	}
	return w.next(identity, to, total)
}

// next is the cursor of a list's remainder, "" at its end.
func (w *Workspace) next(identity string, to, total int) string {
	if to >= total {
		return ""
	}
	return w.newCursor(0, to, identity)
}

// retrieveUser answers GET /v1/users/{id}.
func (w *Workspace) retrieveUser(q *request) ([]byte, *failure) {
	id, f := q.id("user_id")
	if f != nil {
		return nil, f
	}
	if u := w.findUser(id.String()); u != nil {
		return w.appendUser(nil, u), nil
	}
	return nil, w.notFound("user", id.String())
}
