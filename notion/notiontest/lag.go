package notiontest

// A lateChange is a change to a row that queries do not show yet.
type lateChange struct {
	due int64 // Unix milliseconds
	row *row
	as  *row // the row as it was after the change
}

// view is the row as queries show it, which with Options.QueryLag is the row as
// it was.
func (r *row) view() *row {
	if r.shown != nil {
		return r.shown
	}
	return r
}

// rendered is the row as a query that lists it shows it.
func (w *Workspace) rendered(r *row) *row {
	if w.opts.FreshRows {
		return r
	}
	return r.view()
}

// snapshot is a copy that later changes of the row leave alone.
func (r *row) snapshot() *row {
	c := *r
	c.shown = nil
	if r.extras != nil {
		x := *r.extras
		c.extras = &x
	}
	return &c
}

// place puts a row where it belongs after change, the only way a row's times,
// flags and source may change. Queries know of it at once, or after
// Options.QueryLag.
func (w *Workspace) place(r *row, change func()) {
	if w.opts.QueryLag <= 0 {
		r.reindex(change)
		return
	}
	if r.shown == nil {
		r.shown = r.snapshot()
		r.shown.unshared = !r.placed // a new row is nowhere yet
	}
	change()
	w.late = append(w.late, lateChange{w.now() + w.opts.QueryLag.Milliseconds(), r, r.snapshot()})
}

// catchUp lets queries know of the changes that are due.
func (w *Workspace) catchUp() {
	now := w.now()
	for len(w.late) > 0 && w.late[0].due <= now {
		one := w.late[0]
		w.late = w.late[1:]
		one.row.reindex(func() { one.row.shown = one.as })
	}
}

// reindex moves a row in the indexes to where it belongs after change.
func (r *row) reindex(change func()) {
	if r.placed {
		part := r.view().partition()
		part.created.remove(r)
		part.edited.remove(r)
	}
	change()
	part := r.view().partition()
	if r.placed = part != nil; r.placed {
		part.created.insert(r)
		part.edited.insert(r)
	}
}
