package notiontest

// A lateChange is a change to a row that queries do not show yet.
type lateChange struct {
	due int64 // Unix milliseconds
	row *row
	as  *row // the row as it was after the change
}

// view is the row as queries see it: with Options.QueryLag an earlier state of it.
func (r *row) view() *row {
	if r.shown != nil {
		return r.shown
	}
	return r
}

// rendered is the row as a query shows it.
func (w *Workspace) rendered(r *row) *row {
	if w.opts.FreshRows {
		return r
	}
	return r.view()
}

// snapshot is a copy that later changes of the row do not affect.
func (r *row) snapshot() *row {
	c := *r
	c.shown = nil
	if r.extras != nil {
		x := *r.extras
		c.extras = &x
	}
	return &c
}

// place makes a change to a row and puts it where it then belongs. A row's times, flags
// and source may change in no other way. Queries see the change at once, or after
// Options.QueryLag.
func (w *Workspace) place(r *row, change func()) {
	if w.opts.QueryLag <= 0 {
		r.reindex(change)
		return
	}
	if r.shown == nil {
		r.shown = r.snapshot()
		r.shown.unshared = !r.placed // no query shows a new row yet
	}
	change()
	w.late = append(w.late, lateChange{w.now() + w.opts.QueryLag.Milliseconds(), r, r.snapshot()})
}

// catchUp lets queries see the changes that are due.
func (w *Workspace) catchUp() {
	now := w.now()
	for len(w.late) > 0 && w.late[0].due <= now {
		one := w.late[0]
		w.late = w.late[1:]
		one.row.reindex(func() { one.row.shown = one.as })
	}
}

// reindex makes a change to a row and moves it in the indexes to where it then belongs.
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
