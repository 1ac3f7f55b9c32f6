package state

import (
	"maps"
	"slices"
	"time"
)

// DatabasesStream is the name of the stream of databases that every source has.
const DatabasesStream = "databases"

// HeldDeletes are the pages of a stream that are missing and wait for a person
// to say whether they are gone, in a stable order.
func HeldDeletes(memory *StreamMemory) (ids []PageID) {
	for id, page := range memory.Pages {
		if page.Marks.Has(Held) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b PageID) int { return slices.Compare(a[:], b[:]) })
	return ids
}

// PresentAgain is the records that hold no page of a stream back any more. What
// is missing besides is for the scan that noticed it.
func PresentAgain(memory *StreamMemory, source, stream string) (entries []Entry) {
	for _, id := range HeldDeletes(memory) {
		page := memory.Pages[id]
		page.Marks &^= Held
		entries = append(entries, Entry{
			Key: PageKey(source, stream, id.String()), Value: NotedPage{Page: page, PageNote: memory.Notes[id]},
		})
	}
	return entries
}

// ResetStream is the records that make the next run of a known stream scan afresh.
// Fingerprints stay, so only changes are published, unless forget is set: then they
// count no longer, and everything is published again.
func (m *Memory) ResetStream(source, stream string, forget bool) []Entry {
	known := m.Source(source)
	memory := known.Stream(stream)
	topic := *memory.Topic
	topic.Left = nil
	if forget {
		topic.Generation++
		topic.ID, topic.Partitions, topic.Offsets, topic.Scanned = "", 0, nil, false
	}
	entries := []Entry{
		{Key: TopicKey(source, stream), Value: topic},
		{Key: ScanKey(source, stream)},
	}
	for _, id := range slices.Sorted(maps.Keys(memory.Cursors)) {
		entries = append(entries, Entry{Key: CursorKey(source, stream, id)})
	}
	if stream == DatabasesStream {
		// What it publishes is what is retrieved, so everything is to be.
		for _, id := range slices.Sorted(maps.Keys(known.Databases)) {
			db := known.Databases[id]
			db.Retrieved = time.Time{}
			entries = append(entries, Entry{Key: DatabaseKey(source, id), Value: db})
		}
	}
	return entries
}
