package notiontest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Import adds a recorded page object as a row to the database's first data source,
// which becomes its parent. Its id, times and all other fields stay the same, the
// properties byte for byte. It replaces a page with the same id. Import fails for an
// object without a valid id, times or properties.
func (db *Database) Import(raw []byte) error {
	members, err := splitObject(raw)
	if err != nil {
		return fmt.Errorf("importing a recorded page: %w", err)
	}
	var head struct {
		Object     string `json:"object"`
		ID         string `json:"id"`
		Created    string `json:"created_time"`
		Edited     string `json:"last_edited_time"`
		URL        string `json:"url"`
		PublicURL  string `json:"public_url"`
		InTrash    bool   `json:"in_trash"`
		Archived   bool   `json:"archived"`
		IsArchived bool   `json:"is_archived"`
		IsLocked   bool   `json:"is_locked"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return fmt.Errorf("importing a recorded page: %w", err)
	}
	id, ok := parseID(head.ID)
	if !ok {
		return fmt.Errorf("importing a recorded page: its id %q is not a UUID", head.ID)
	}
	if head.Object != "page" {
		return fmt.Errorf("importing recorded object %s: it is a %q, not a page", id, head.Object)
	}
	created, errCreated := time.Parse(time.RFC3339, head.Created)
	edited, errEdited := time.Parse(time.RFC3339, head.Edited)
	if err := errors.Join(errCreated, errEdited); err != nil {
		return fmt.Errorf("importing recorded page %s: %w", id, err)
	}
	properties := find(members, "properties")
	if _, err := splitObject(properties); err != nil {
		return fmt.Errorf("importing recorded page %s: its properties: %w", id, err)
	}

	w := db.w
	w.mu.Lock()
	defer w.mu.Unlock()
	d := db.sources[0]
	if old := w.rows[id]; old != nil {
		w.place(old, func() { old.trashed = true })
	}
	r := w.newRow(d, created.UnixMilli())
	delete(w.rows, r.id)
	w.rows[id] = r
	r.id, r.edited = id, edited.UnixMilli()
	r.trashed, r.archived = head.InTrash || head.Archived, head.IsArchived
	r.extras = &extras{
		properties: properties,
		createdBy:  find(members, "created_by"), editedBy: find(members, "last_edited_by"),
		icon: find(members, "icon"), cover: find(members, "cover"),
		url: head.URL, publicURL: head.PublicURL, locked: head.IsLocked,
	}
	w.place(r, func() {})
	return nil
}

// overwrite replaces one of the imported properties with a value, or adds it. The name
// must be in the schema.
func (w *Workspace) overwrite(r *row, members []member, name string, value any) []member {
	p := r.source.mustProperty(name)
	b := appendString([]byte(`{"id":`), p.id)
	b = appendMember(b, "type", string(p.kind))
	b = append(append(append(b, ',', '"'), p.kind...), '"', ':')
	b = append(w.appendValue(b, r, p, w.prepareValue(p, value)), '}')
	at := slices.IndexFunc(members, func(m member) bool { return m.name == name })
	if at < 0 {
		return append(members, member{name, b})
	}
	members[at].value = b
	return members
}
