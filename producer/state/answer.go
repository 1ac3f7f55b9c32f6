package state

import (
	"maps"
	"slices"
	"time"
)

// DatabasesStream is the name of the stream of databases that every source has.
const DatabasesStream = "databases"

// HeldDeletes are the held pages of a stream: they are missing and wait for a person to
// decide whether they are gone. Their order is stable.
func HeldDeletes(memory *StreamMemory) (ids []PageID) {
	for id, page := range memory.Pages {
		if page.Marks.Has(Held) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b PageID) int { return slices.Compare(a[:], b[:]) })
	return ids
}

// PresentAgain returns the records that take the mark Held from all pages of a stream.
// Other missing pages stay marked: the scan that missed them looks at them.
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

// ResetStream returns the records that make the next run of a known stream scan from the
// beginning. Fingerprints stay, so only changes are published. With forget, fingerprints
// no longer count, and everything is published again.
func (m *Memory) ResetStream(source, stream string, forget bool) []Entry {
	known := m.Source(source)
	memory := known.Stream(stream)
	topic := *memory.Topic
	topic.FormerTopics = nil
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
		// The stream publishes the databases that a run retrieves, so all must be retrieved.
		for _, id := range slices.Sorted(maps.Keys(known.Databases)) {
			db := known.Databases[id]
			db.Retrieved = time.Time{}
			entries = append(entries, Entry{Key: DatabaseKey(source, id), Value: db})
		}
	}
	return entries
}
