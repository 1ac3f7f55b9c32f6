package producer

import (
	"fmt"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// An unreadable is a row that a data source lists and that cannot be read. The other rows
// of its database are still published.
type unreadable struct {
	*notion.Unreadable
	id       state.PageID
	source   string // the data source that lists it
	archived bool   // it is listed among the archived rows
}

// setAsideUnreadable adds the rows of a portion that cannot be read to the batch. A row
// without an id cannot be remembered: the stream fails, and its cursor does not move.
func (j *job) setAsideUnreadable(b *batch, portion *notion.Chunk, dataSource string, archived bool) {
	for _, bad := range portion.Unreadable {
		id, err := state.ParsePageID(bad.ID)
		if err != nil {
			j.holdCursor(dataSource, fmt.Errorf("reading a row of data source %s: %w", dataSource, bad))
			continue
		}
		b.unreadable = append(b.unreadable, unreadable{bad, id, dataSource, archived})
	}
}

// stickUnreadable is the record of a row that cannot be read: it is stuck, with the
// reason, and the topic keeps the version it has. Scans and runs by hand read the row
// again. changed is false if the same is already remembered.
func (j *job) stickUnreadable(b batch, bad unreadable) (entry state.Entry, changed bool) {
	var noted state.NotedPage
	reason := "it cannot be read: " + bad.Err.Error()
	j.view(func(memory *state.StreamMemory) {
		before, known := memory.Pages[bad.id]
		if j.outdated(b, bad.id) || known && before.Marks.Has(state.Stuck) && before.Marks&(state.Missing|state.Held) == 0 && memory.Notes[bad.id].Stuck == reason {
			return
		}
		changed = true
		noted = state.NotedPage{Page: before, PageNote: memory.Notes[bad.id]}
		if !known { // a known page is in the topic, even if it is of an older generation and has to be published again
			noted.Page = state.Page{
				Form: j.task.env.Form.Version, Generation: uint16(j.topic.Generation), Created: state.Minutes(bad.CreatedTime), Marks: state.Unpublished, //nolint:gosec // one a --forget
			}
		}
		noted.Source = j.topic.SourceIndex(bad.source)
	})
	noted.Marks = noted.Marks&^(state.Missing|state.Held|state.Archived) | state.Stuck
	if bad.archived {
		noted.Marks |= state.Archived
	}
	noted.Stuck, noted.Tries = reason, lastTry
	return j.pageEntry(bad.id, noted), changed
}
