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

// A change is what a page or database means for the topic, and what will be
// remembered of it.
type change struct {
	id     state.PageID
	row    row
	op     string // "": nothing is published
	reason string // of a delete
	page   state.NotedPage
	forget bool // nothing will be remembered
	had    bool // the topic has it, as it was

	setAside bool // it could not be published

	tooLarge bool // of a delete: the topic does not take what Notion still shows
}

// compare keeps what the topic does not have as it is. Only the fingerprint
// decides: Notion floors edit times to the minute, so a page edited twice in one
// minute looks the same by time. An answer that is older than what was
// published meanwhile counts for nothing.
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
			c := change{id: id, row: r, page: state.NotedPage{Page: j.remembered(r), PageNote: state.PageNote{Listed: r.listed, Parent: parentOf(r.page())}}}
			before, known := memory.Pages[id]
			c.had = known && !before.Marks.Has(state.Deleted) && before.Generation == c.page.Generation
			if c.op = j.opOf(memory, c, before, known); c.op != "" {
				add(c)
			} else if again, ok := j.adopt(c, before, memory.Notes[id]); ok {
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
				if c, ok := sight(change{id: id}, memory.Pages[id], memory.Notes[id]); ok {
					add(c)
				}
			}
		}
	})
	return changes
}

// deleted is a page that is gone. One that was never published leaves nothing
// but our memory.
func deleted(id state.PageID, d deletion, before state.Page) change {
	c := change{id: id, row: d.row, op: OpDelete, reason: d.reason, forget: true}
	if before.Marks.Has(state.Deleted) {
		c.op = ""
	}
	return c
}

// outdated says that Notion was asked for a batch before it was asked for what
// the topic has of a page by now. It is called with the lock held.
func (j *job) outdated(b batch, id state.PageID) bool {
	return !b.sent.IsZero() && j.task.Jobs.newer(j.name, id, b.sent)
}

// opOf is what a row means for the topic; "" for nothing.
func (j *job) opOf(memory *state.StreamMemory, c change, before state.Page, known bool) string {
	scanned := memory.Topic != nil && memory.Topic.Scanned
	counts := known && before.Generation == c.page.Generation
	same := counts && j.sameContent(c, before)
	current := counts && !before.Marks.Has(state.Deleted)
	// Of a page that Notion refused to complete, the hash is of what the topic has;
	// of one that was too large, of what it has not.
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

// sameContent says that a row's fingerprint is the remembered one. A page that
// is remembered by the form before is compared by that.
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

// adopt is what changes in the memory of a page whose content is what it was:
// it was sighted, and its fingerprint is of the present form from now on.
func (j *job) adopt(c change, before state.Page, note state.PageNote) (change, bool) {
	completed := note.Tries > 0 && !before.Marks.Has(state.Deleted)
	switch {
	case c.row.same, before.Marks.Has(state.Stuck) && !completed:
		return sight(c, before, note)
	case before.Form != c.page.Form, completed:
		return c, true
	}
	return sight(c, before, note)
}

// sight takes the marks of absence from a page, and notes where it was seen.
func sight(c change, before state.Page, note state.PageNote) (change, bool) {
	seen := state.NotedPage{Page: before, PageNote: note}
	seen.Marks &^= state.Missing | state.Held
	if c.row.item != nil {
		seen.Source, seen.Parent = c.page.Source, c.page.Parent
	}
	c.page = seen
	return c, seen != state.NotedPage{Page: before, PageNote: note}
}

// retriesStuck says whether pages that could not be published are tried again:
// in every scan, and when a person asks for a run.
func (j *job) retriesStuck() bool { return j.scan != nil || j.order.Trigger == control.ByHand }

// republishes says whether unchanged rows are published too.
func (j *job) republishes() bool { return kindOf(j.name).republishes(j) }

// remembered is what the state keeps of a row.
func (j *job) remembered(r row) state.Page {
	p := state.Page{Hash: r.hash, Form: j.task.env.Form.Version, Generation: uint16(j.topic.Generation), Source: state.NoSource} //nolint:gosec // one a --forget
	kindOf(j.name).remember(j, r, &p)
	created, edited := r.item.Times()
	p.Created, p.Edited = state.Minutes(created), state.Minutes(edited)
	return p
}
