package notiontest

// The functions of this file show a test the real state of the workspace. They cost no
// budget, see what the connection may not see, and are not logged.

// A State is the state of a page in its data source.
type State int

// A page is in exactly one of these states, or was purged.
const (
	Live     State = iota // a query shows it
	Archived              // a query with is_archived shows it
	Trashed               // only retrieving it by id shows it, with in_trash
)

// Page returns the page object as GET /v1/pages/{id} would return it in Notion-Version
// 2026-03-11, without request_id. ok is false when the page was purged or never
// existed. Signed URLs are new on every call. A garbled page is returned without the
// garbling.
func (w *Workspace) Page(id string) (object []byte, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	parsed, _ := parseID(id)
	r := w.rows[parsed]
	if r == nil {
		return nil, false
	}
	return w.appendSoundRow(nil, r, version20260311, nil), true
}

// Pages returns the ids of the database's pages in a state, of all its data sources, in
// order of creation. It includes pages that the connection cannot see, but no pages that
// were moved away.
func (db *Database) Pages(state State) []string {
	db.w.mu.Lock()
	defer db.w.mu.Unlock()
	inOrder := newPartition().created
	var rows []*row
	for _, r := range db.w.rows {
		if r.source.database == db && r.state() == state && !r.isElsewhere() {
			rows = append(rows, r)
		}
	}
	inOrder.insert(rows...)
	ids := make([]string, len(rows))
	for i, r := range inOrder.rows {
		ids[i] = r.id.String()
	}
	return ids
}

func (r *row) state() State {
	switch {
	case r.inTrash():
		return Trashed
	case r.archived:
		return Archived
	default:
		return Live
	}
}

// Databases returns the databases in order of creation.
func (w *Workspace) Databases() []*Database {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*Database(nil), w.databases...)
}

// Title returns the database's title.
func (db *Database) Title() string {
	db.w.mu.Lock()
	defer db.w.mu.Unlock()
	return db.title
}

// TitleOf returns the plain text of a page's title, "" for an unknown page.
func (w *Workspace) TitleOf(page string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	id, _ := parseID(page)
	if r := w.rows[id]; r != nil {
		return w.titleOf(r)
	}
	return ""
}
