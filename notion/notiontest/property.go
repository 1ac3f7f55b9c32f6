package notiontest

import (
	"cmp"
	"fmt"
	"slices"
)

// The verbs of this file change a schema. Pages show the change at once and keep their
// edit times. Imported pages stay as they were recorded.

// AddProperty adds a property to the schema. Pages show it empty.
func (d *DataSource) AddProperty(p Prop) { d.change(func() { d.database.w.newProperty(d, p) }) }

// RenameProperty changes a property's display name, which is its key in pages. Its id
// stays.
func (d *DataSource) RenameProperty(name, to string) {
	d.change(func() {
		d.settle()
		d.mustProperty(name).name = to
	})
}

// RemoveProperty removes a property and its values.
func (d *DataSource) RemoveProperty(name string) {
	d.change(func() {
		d.settle()
		d.mustProperty(name).removed = true
	})
}

// RestoreProperty takes back a removed property, the newest one of this name, with its id
// and its values, as the app does from the list of deleted properties.
func (d *DataSource) RestoreProperty(name string) {
	d.change(func() {
		if d.property(name) != nil {
			panic(fmt.Sprintf("notiontest: data source %q has another property %q by now", d.name, name))
		}
		for at := len(d.properties) - 1; at >= 0; at-- {
			if p := d.properties[at]; p.removed && p.name == name {
				p.removed = false
				return
			}
		}
		panic(fmt.Sprintf("notiontest: no property %q was removed from data source %q", name, d.name))
	})
}

// RetypeProperty gives a property another kind. Its id and its name stay. The values
// become what their text means in the new kind, or empty. Which of them Notion converts is
// not documented. A relation leads to the database itself.
func (d *DataSource) RetypeProperty(name string, kind Kind) {
	d.change(func() {
		p := d.mustProperty(name)
		if p.kind == KindTitle || kind == KindTitle {
			panic("notiontest: a title stays the title (Notion: update-data-source-properties)")
		}
		d.eachValue(p, func(_ *row, value any) any { return d.database.w.converted(p, value, kind) })
		p.kind, p.target = kind, d.database
	})
}

// Recompute changes the results of a formula or rollup in all pages, as happens when
// people edit the formula, or the pages that it looks at. result returns the new result of
// a page. It must not call the workspace.
func (d *DataSource) Recompute(name string, result func(page string) any) {
	d.change(func() {
		p := d.mustProperty(name)
		if p.kind != KindFormula && p.kind != KindRollup {
			panic(fmt.Sprintf("notiontest: property %q is a %s, which is not computed", name, p.kind))
		}
		d.eachValue(p, func(r *row, _ any) any { return d.database.w.prepareValue(p, result(r.id.String())) })
	})
}

// RenameOption renames an option of a select, status or multi_select property,
// in all pages that have it.
func (d *DataSource) RenameOption(property, option, to string) {
	d.change(func() {
		for _, o := range d.mustProperty(property).options {
			if o.name == option {
				o.name = to
				return
			}
		}
		panic(fmt.Sprintf("notiontest: property %q has no option %q", property, option))
	})
}

// eachValue replaces the values of a property in all pages, also in the states that
// queries see later (see Options.QueryLag).
func (d *DataSource) eachValue(p *property, replace func(r *row, value any) any) {
	d.settle()
	for _, r := range d.states() {
		values := make([]any, max(len(r.values), p.at+1)) // states may share a slice
		copy(values, r.values)
		values[p.at] = replace(r, values[p.at])
		r.values = values
	}
}

// settle computes the values of bulk pages for good. Their function knows the properties
// by the names and kinds of now.
func (d *DataSource) settle() {
	for _, r := range d.states() {
		r.values, r.bulk = r.stored(d.database.w), nil
	}
}

// states are the rows of a data source and what queries see instead of them, now or later,
// in order of arrival.
func (d *DataSource) states() []*row {
	var found []*row
	known := map[*row]bool{}
	add := func(r *row) {
		if r != nil && r.source == d && !known[r] {
			known[r] = true
			found = append(found, r)
		}
	}
	for _, r := range d.database.w.rows {
		add(r)
		add(r.shown)
	}
	for _, part := range []*partition{&d.live, &d.archived} { // a purged row may still be shown
		for _, r := range part.created.rows {
			add(r.view())
		}
	}
	for _, late := range d.database.w.late {
		add(late.as)
	}
	slices.SortStableFunc(found, func(a, b *row) int { return cmp.Compare(a.seq, b.seq) })
	return found
}

// hides reports whether the connection that asks cannot see a relation (see
// Options.HideUnshared).
func (w *Workspace) hides(p *property) bool {
	return w.opts.HideUnshared && p.kind == KindRelation && w.asking != nil && !w.asking.sees(p.target)
}
