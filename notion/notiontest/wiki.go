package notiontest

import "fmt"

// A ParentKind is the kind of a wiki page's parent, where this is not the data source
// itself.
type ParentKind string

// The kinds of a parent, by the API's names (Notion: reference/parent-object).
const (
	ParentPage     ParentKind = "page_id"
	ParentBlock    ParentKind = "block_id"
	ParentDatabase ParentKind = "database_id"
)

// A foster is a wiki page's parent that is not the data source listing the page.
type foster struct {
	kind ParentKind
	id   uuid
}

// Nest gives a row another parent: another page, a block or a database of its wiki. Its
// data source still lists it, with all its properties. Queries of real wikis have been
// reported to list such rows (ultimate-notion#432, notion-sdk-net#499). The parent may be
// a page of the workspace; "" means a new id.
func (w *Workspace) Nest(page string, kind ParentKind, parent string) {
	w.onRow(page, true, func(r *row) {
		id, known := parseID(parent)
		if !known && parent != "" {
			panic(fmt.Sprintf("notiontest: %q is not the id of a parent", parent))
		}
		if !known {
			id = w.newID()
		}
		r.extra().foster = &foster{kind, id}
	})
}

// Unnest makes the data source the parent of a wiki's row again.
func (w *Workspace) Unnest(page string) {
	w.onRow(page, true, func(r *row) { r.extra().foster = nil })
}

// isNested reports whether the row's parent is not the data source that lists it.
func (r *row) isNested() bool { return r.extras != nil && r.extras.foster != nil }
