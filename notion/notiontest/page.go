package notiontest

import (
	"fmt"
	"time"
)

// AddPage adds a page to the database's first data source and returns its id.
func (db *Database) AddPage(title string, values Values) string {
	return db.DataSource().AddPage(title, values)
}

// AddPage adds a page to the data source and returns its id. The title is the value of
// the title property, whatever its name.
func (d *DataSource) AddPage(title string, values Values) string {
	w := d.database.w
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.newRow(d, w.now())
	r.values = w.prepare(d, nil, values)
	if title != "" {
		r.values[d.title().at] = title
	}
	w.place(r, func() {})
	return r.id.String()
}

// AddPages adds n pages that were created and last edited at start, start + step and so
// on, and returns their ids in that order. The values of page i are values(i). To keep
// a million pages small, values is called whenever a page is read: it must always
// return the same and must not call the workspace.
func (d *DataSource) AddPages(n int, start time.Time, step time.Duration, values func(i int) Values) []string {
	w := d.database.w
	w.mu.Lock()
	defer w.mu.Unlock()
	rows := make([]*row, n)
	slab := make([]row, n)
	ids := make([]string, n)
	for i := range n {
		r := &slab[i]
		w.initRow(r, d, start.Add(time.Duration(i)*step).UnixMilli())
		r.bulk, r.nth, r.placed = values, i, true
		rows[i], ids[i] = r, r.id.String()
	}
	d.live.created.insert(rows...)
	d.live.edited.insert(rows...)
	return ids
}

func (w *Workspace) newRow(d *DataSource, created int64) *row {
	r := &row{}
	w.initRow(r, d, created)
	return r
}

func (w *Workspace) initRow(r *row, d *DataSource, created int64) {
	w.seq++
	d.numbered++
	r.id, r.seq, r.number, r.source = w.newID(), w.seq, d.numbered, d
	r.created, r.edited = created, created
	r.createdBy = w.someone()
	r.editedBy = r.createdBy
	w.rows[r.id] = r
}

// Edit changes values of a page and moves its edit time to now.
func (w *Workspace) Edit(page string, values Values) {
	w.onRow(page, true, func(r *row) { w.set(r, values) })
}

// EditSilently changes values but not the edit time, as happens to computed properties
// and has been reported for some API writes.
func (w *Workspace) EditSilently(page string, values Values) {
	w.onRow(page, false, func(r *row) { w.set(r, values) })
}

// EditBody edits the page's content: in this API only the edit time and the editor
// change.
func (w *Workspace) EditBody(page string) { w.onRow(page, true, func(*row) {}) }

// SetIcon gives the page an emoji as its icon; "" removes it.
func (w *Workspace) SetIcon(page, emoji string) {
	w.onRow(page, true, func(r *row) {
		r.extra().icon = nil
		if emoji != "" {
			r.extra().icon = append(appendString([]byte(`{"type":"emoji","emoji":`), emoji), '}')
		}
	})
}

// Trash moves a page to the trash: queries lack it, GET shows it with in_trash.
// The edit time stays; whether Notion moves it is not documented.
func (w *Workspace) Trash(page string) { w.onRow(page, false, func(r *row) { r.trashed = true }) }

// Restore takes a page out of the trash. The edit time stays.
func (w *Workspace) Restore(page string) { w.onRow(page, false, func(r *row) { r.trashed = false }) }

// Archive moves a page to the archived rows of its data source; only a query with
// is_archived shows them.
func (w *Workspace) Archive(page string) { w.onRow(page, false, func(r *row) { r.archived = true }) }

// Unarchive moves a page back to the live rows.
func (w *Workspace) Unarchive(page string) { w.onRow(page, false, func(r *row) { r.archived = false }) }

// UnsharePage removes the connection's access to one page.
func (w *Workspace) UnsharePage(page string) {
	w.onRow(page, false, func(r *row) { r.unshared = true })
}

// SharePage gives the access back.
func (w *Workspace) SharePage(page string) {
	w.onRow(page, false, func(r *row) { r.unshared = false })
}

// RestrictPage makes the API show the page only as {object, id}.
func (w *Workspace) RestrictPage(page string) {
	w.onRow(page, false, func(r *row) { r.restricted = true })
}

// Move moves a page to another data source. It keeps the values of properties that the
// target has with the same name and kind.
func (w *Workspace) Move(page string, to *DataSource) {
	w.onRow(page, true, func(r *row) {
		values := make([]any, len(to.properties))
		for at, value := range r.stored(w) {
			p := r.source.properties[at]
			if same := to.property(p.name); same != nil && same.kind == p.kind {
				values[same.at] = value
			}
		}
		r.bulk, r.values, r.source = nil, values, to
		if r.extras != nil {
			r.extras.elsewhere, r.extras.foster = nil, nil
		}
	})
}

// MoveToPage moves a page below an ordinary page, outside any database.
func (w *Workspace) MoveToPage(page string) {
	w.onRow(page, true, func(r *row) {
		parent := w.newID()
		r.extra().elsewhere, r.extra().foster = &parent, nil
	})
}

// Purge deletes a page for good: from now on its id is not found.
func (w *Workspace) Purge(page string) {
	w.onRow(page, false, func(r *row) {
		r.trashed = true
		delete(w.rows, r.id)
	})
}

// onRow applies a verb to a page.
func (w *Workspace) onRow(page string, bump bool, change func(*row)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id, _ := parseID(page)
	r := w.rows[id]
	if r == nil {
		panic(fmt.Sprintf("notiontest: no page has the id %q", page))
	}
	w.place(r, func() {
		change(r)
		if bump {
			r.edited, r.editedBy = w.now(), w.someone()
			if r.extras != nil {
				r.extras.editedBy = nil
			}
		}
	})
}

// set changes some of the page's values.
func (w *Workspace) set(r *row, values Values) {
	if r.extras == nil || r.extras.properties == nil {
		r.values, r.bulk = w.prepare(r.source, r.stored(w), values), nil
		return
	}
	members, err := splitObject(r.extras.properties)
	if err != nil {
		panic("notiontest: reading imported properties again: " + err.Error())
	}
	for name, value := range values {
		members = w.overwrite(r, members, name, value)
	}
	r.extras.properties = joinObject(nil, members)
}
