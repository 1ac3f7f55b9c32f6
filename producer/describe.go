package producer

import (
	"cmp"
	"time"

	"notion-kafka/producer/state"
)

// A Description is what the state topic says of a stream: `state show` and the API are
// views of it.
type Description struct {
	Topic    string      // "" before its name is pinned
	Name     string      // pinned; "" before that
	Form     string      // json or typed: of what is in the topic; "" before its first record
	Former   []string    // topics that it was published to before
	Scanned  bool        // the first scan is complete
	Scan     *state.Scan // under way; nil: none
	Counts   state.Counts
	Cursors  map[string]time.Time // watermarks, by data source; Notion's time
	Oldest   time.Time            // of Cursors: all data sources have been read up to it; zero if there is none
	Offsets  map[int32]int64      // last written, by partition of the topic; not to be changed
	LastRun  time.Time            // last start, sweeps aside
	LastScan time.Time            // last start of a scan, sweeps among them
}

// Describe describes a stream. The caller guards memory meanwhile.
func Describe(memory *state.StreamMemory) Description {
	d := Description{
		Scan: memory.Scan, Counts: memory.Counts, Cursors: make(map[string]time.Time, len(memory.Cursors)),
		LastRun: memory.Schedule[RunJob].LastStart, LastScan: memory.Schedule[SweepJob].LastStart,
	}
	if topic := memory.Topic; topic != nil {
		d.Topic, d.Name, d.Former, d.Scanned, d.Offsets = topic.Topic, topic.Name, topic.FormerTopics, topic.Scanned, topic.Offsets
		if topic.ID != "" || topic.Generation > 0 { // then it keeps its form
			d.Form = cmp.Or(topic.Form, formJSON)
		}
	}
	if d.Offsets == nil {
		d.Offsets = map[int32]int64{}
	}
	for id, cursor := range memory.Cursors {
		d.Cursors[id] = cursor.Watermark
		if d.Oldest.IsZero() || cursor.Watermark.Before(d.Oldest) {
			d.Oldest = cursor.Watermark
		}
	}
	return d
}

// StuckPages are the reasons of the pages of a stream that could not be published, by id.
// The caller guards memory meanwhile.
func StuckPages(memory *state.StreamMemory) map[string]string {
	stuck := map[string]string{}
	for id, note := range memory.Notes {
		if note.Stuck != "" {
			stuck[id.String()] = note.Stuck
		}
	}
	return stuck
}
