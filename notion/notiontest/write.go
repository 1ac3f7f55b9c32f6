package notiontest

import "slices"

// The endpoints of this file belong to capabilities that a reader does not need. They
// answer whether a request would be allowed, and change nothing.

// updatePage answers PATCH /v1/pages/{id} (Notion: patch-page). A request that would
// reach a page is a violation, even one with an empty body: this workspace is for
// readers.
func (w *Workspace) updatePage(q *request) ([]byte, *failure) {
	id, f := q.id("page_id")
	if f != nil {
		return nil, f
	}
	if _, f := q.members("properties", "icon", "cover", "in_trash", "is_archived", "is_locked", "template", "erase_content"); f != nil {
		return nil, f
	}
	if w.visible(id) == nil {
		return nil, w.notFound("page", id.String())
	}
	q.violation = "a request wants to update page " + id.String()
	return nil, invalid("This workspace cannot be changed through the API.")
}

// appendBlocks answers PATCH /v1/blocks/{id}/children (Notion: patch-block-children). One
// that would reach a page is a violation.
func (w *Workspace) appendBlocks(q *request) ([]byte, *failure) {
	id, f := q.id("block_id")
	if f != nil {
		return nil, f
	}
	if _, f := q.members("children", "position"); f != nil {
		return nil, f
	}
	if w.visible(id) == nil {
		return nil, w.notFound("block", id.String())
	}
	q.violation = "a request wants to append to page " + id.String()
	return nil, invalid("This workspace cannot be changed through the API.")
}

// createPage answers POST /v1/pages (Notion: post-page). One with a parent is a
// violation.
func (w *Workspace) createPage(q *request) ([]byte, *failure) {
	set, f := q.members("parent", "properties", "children", "icon", "cover", "template", "position", "markdown")
	if f != nil {
		return nil, f
	}
	if set["parent"] == nil {
		return nil, invalid("body failed validation: body.parent should be defined, instead was `undefined`.")
	}
	q.violation = "a request wants to create a page"
	return nil, invalid("This workspace cannot be changed through the API.")
}

// listComments answers GET /v1/comments?block_id={id} for a page, which has none (Notion:
// list-comments).
func (w *Workspace) listComments(q *request) ([]byte, *failure) {
	for name := range q.query {
		if !slices.Contains([]string{"block_id", "page_size", "start_cursor"}, name) {
			return nil, invalid("query failed validation: query.%s should be not present.", name)
		}
	}
	id, ok := parseID(q.query.Get("block_id"))
	if !ok {
		return nil, invalid("query failed validation: query.block_id should be a valid uuid, instead was `%q`.", q.query.Get("block_id"))
	}
	if w.visible(id) == nil {
		return nil, w.notFound("block", id.String())
	}
	if _, _, _, f := w.listing(q, "comments "+id.String(), 0); f != nil {
		return nil, f
	}
	return append(appendListEnd([]byte(`{"object":"list","results":[]`), "", "comment"), `,"comment":{}}`...), nil
}
