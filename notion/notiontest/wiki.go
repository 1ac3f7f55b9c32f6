package notiontest

import "fmt"

// A ParentKind is what a page of a wiki stands under where that is not the data
// source itself.
type ParentKind string

// The kinds of a parent, as the API calls them (Notion: reference/parent-object).
const (
	ParentPage     ParentKind = "page_id"
	ParentBlock    ParentKind = "block_id"
	ParentDatabase ParentKind = "database_id"
)

// A foster is the parent of a page that another data source lists.
type foster struct {
	kind ParentKind
	id   uuid
}

// Nest puts a row under another page, a block or a database of its wiki. Its data
// source lists it as before, with all its properties; only its parent is another.
// That queries of a wiki list such rows is reported from the field
// (ultimate-notion#432, notion-sdk-net#499). The parent may be a page of the
// workspace; an id "" stands for one that nobody else knows.
func (w *Workspace) Nest(page string, kind ParentKind, parent string) {
	w.onRow(page, true, func(r *row) {
		id, known := parseID(parent)
		if !known && parent != "" {
			panic(fmt.Sprintf("notiontest: %q is no id of a parent", parent))
		}
		if !known {
			id = w.newID()
		}
		r.extra().foster = &foster{kind, id}
	})
}

// Unnest puts a row of a wiki back under its data source.
func (w *Workspace) Unnest(page string) {
	w.onRow(page, true, func(r *row) { r.extra().foster = nil })
}

// isNested says that the row stands under another parent than the data source
// that lists it.
func (r *row) isNested() bool { return r.extras != nil && r.extras.foster != nil }
