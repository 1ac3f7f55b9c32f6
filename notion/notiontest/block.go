package notiontest

import "fmt"

// AddBlock adds a paragraph to a page's body, and returns its id.
func (w *Workspace) AddBlock(page string) (id string) {
	w.onRow(page, true, func(r *row) {
		block := w.newID()
		w.blocks[block] = r
		id = block.String()
	})
	return id
}

// retrieveBlock answers GET /v1/blocks/{id} for the blocks of [Workspace.AddBlock] (Notion:
// retrieve-a-block). A block of a page that the connection may not see is not found.
func (w *Workspace) retrieveBlock(q *request) ([]byte, *failure) {
	id, f := q.id("block_id")
	if f != nil {
		return nil, f
	}
	r := w.blocks[id]
	if r == nil || w.visible(r.id) == nil {
		return nil, w.notFound("block", id.String())
	}
	b := fmt.Appendf(nil, `{"object":"block","id":"%s","parent":{"type":"page_id","page_id":"%s"},"created_time":`, id, r.id)
	b = appendStamp(b, r.created)
	b = append(b, `,"last_edited_time":`...)
	b = appendStamp(b, r.edited)
	b = appendFlag(b, "has_children", false)
	b = appendTrash(b, r.inTrash(), q.version)
	return append(b, `,"type":"paragraph","paragraph":{"rich_text":[],"color":"default"}}`...), nil
}
