package producer

import (
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// The values of the notion-kafka.op header.
const (
	OpSnapshot = "snapshot"
	OpCreate   = "create"
	OpUpdate   = "update"
	OpDelete   = "delete"
)

// A change is what a row changes: the record that the topic gets, and what the state
// remembers of the page or database.
type change struct {
	id     state.PageID
	row    row
	op     string // "" when nothing is published
	reason string // of a delete
	page   state.NotedPage
	forget bool // the state drops the page
	had    bool // the topic has a version of the page

	setAside bool // the page could not be published

	tooLarge bool // of a delete: the soft record is too large for the topic
}

// compare returns what a batch changes. Only the fingerprint decides whether a row is
// new: Notion floors edit times to the minute, so a page edited twice in one minute has
// one time. A row is ignored when a newer version was published in the meantime.
func (j *job) compare(b batch) []change {
	var changes []change
	at := map[state.PageID]int{} // a response may show a row twice while rows shift
	add := func(c change) {
		if i, twice := at[c.id]; twice {
			changes[i] = c
			return
		}
		at[c.id] = len(changes)
		changes = append(changes, c)
	}
	j.view(func(memory *state.StreamMemory) {
		for _, r := range b.rows {
			id := r.pageID()
			if j.outdated(b, id) {
				continue
			}
			c := change{id: id, row: r, page: state.NotedPage{Page: j.remembered(r), PageNote: state.PageNote{Listed: r.listed, Parent: ParentOf(r.page())}}}
			before, known := memory.Pages[id]
			c.had = known && !before.Marks.Has(state.Unpublished) && before.Generation == c.page.Generation
			if c.op = j.opOf(memory, c, before, known); c.op != "" {
				add(c)
			} else if again, ok := j.memoryChange(c, before, memory.Notes[id]); ok {
				add(again)
			}
		}
		for _, d := range b.deletions {
			id := d.row.pageID()
			if before, known := memory.Pages[id]; known && !j.outdated(b, id) && before.Expected() {
				add(deleted(id, d, before))
			}
		}
		for _, sighted := range b.sightings {
			if id, err := state.ParsePageID(sighted); err == nil {
				if c, ok := seenChange(change{id: id}, memory.Pages[id], memory.Notes[id]); ok {
					add(c)
				}
			}
		}
	})
	return changes
}

// deleted is the change for a deletion. A page that was never published is only
// forgotten.
func deleted(id state.PageID, d deletion, before state.Page) change {
	c := change{id: id, row: d.row, op: OpDelete, reason: d.reason, forget: true}
	if before.Marks.Has(state.Unpublished) {
		c.op = ""
	}
	return c
}

// outdated reports that the topic's version of a page was requested from Notion after
// the batch was. The caller holds the shard's lock.
func (j *job) outdated(b batch, id state.PageID) bool {
	return !b.sent.IsZero() && j.task.Jobs.newer(j.name, id, b.sent)
}

// opOf is the operation that a row is published with; "" when it is not published.
func (j *job) opOf(memory *state.StreamMemory, c change, before state.Page, known bool) string {
	scanned := memory.Topic != nil && memory.Topic.Scanned
	counts := known && before.Generation == c.page.Generation
	same := counts && j.sameContent(c, before)
	current := counts && !before.Marks.Has(state.Unpublished)
	// The remembered hash is of the topic's version when Notion refused to complete the
	// page, and of an unpublished version when the page was too large.
	stuck := before.Marks.Has(state.Stuck) && (memory.Notes[c.id].Tries == 0 || !current)
	switch {
	case c.row.same, same && stuck && !j.retriesStuck():
		return ""
	case same && !stuck && current && !j.republishes():
		return ""
	case !scanned, j.republishes() && (j.order.Republish || same):
		return OpSnapshot
	case current:
		return OpUpdate
	default:
		return OpCreate
	}
}

// sameContent reports that a row's fingerprint is the remembered one. If the remembered
// one was taken in the form before, the row is compared in that form.
func (j *job) sameContent(c change, before state.Page) bool {
	form := j.task.env.Form
	switch {
	case before.Form == c.page.Form:
		return before.Hash == c.page.Hash
	case form.Before != nil && before.Form == form.Before.Version:
		return before.Hash == form.Before.Of(c.row.item)
	}
	return false
}

// memoryChange is what the state remembers anew of a page whose content is unchanged:
// that it was seen, and its fingerprint in the present form.
func (j *job) memoryChange(c change, before state.Page, note state.PageNote) (change, bool) {
	completed := note.Tries > 0 && !before.Marks.Has(state.Unpublished)
	switch {
	case c.row.same, before.Marks.Has(state.Stuck) && !completed:
		return seenChange(c, before, note)
	case before.Form != c.page.Form, completed:
		return c, true
	}
	return seenChange(c, before, note)
}

// seenChange removes the marks of absence from a page, and notes where it was seen.
func seenChange(c change, before state.Page, note state.PageNote) (change, bool) {
	seen := state.NotedPage{Page: before, PageNote: note}
	seen.Marks &^= state.Missing | state.Held
	if c.row.item != nil {
		seen.Source, seen.Parent = c.page.Source, c.page.Parent
	}
	c.page = seen
	return c, seen != state.NotedPage{Page: before, PageNote: note}
}

// retriesStuck reports whether pages that could not be published are tried again: in
// every scan, and in runs by hand.
func (j *job) retriesStuck() bool { return j.scan != nil || j.order.Trigger == control.ByHand }

// republishes reports whether unchanged rows are published too.
func (j *job) republishes() bool { return kindOf(j.name).republishes(j) }

// remembered is what the state remembers of a row.
func (j *job) remembered(r row) state.Page {
	p := state.Page{Hash: r.hash, Form: j.task.env.Form.Version, Generation: uint16(j.topic.Generation), Source: state.NoSource} //nolint:gosec // one a --forget
	kindOf(j.name).remember(j, r, &p)
	created, edited := r.item.Times()
	p.Created, p.Edited = state.Minutes(created), state.Minutes(edited)
	return p
}
