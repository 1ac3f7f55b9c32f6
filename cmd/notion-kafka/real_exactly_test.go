//go:build real

package main_test

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/state"
)

// A findings is the result of checking all sources.
type findings struct {
	sources, pages, records int
	deletes                 map[string]int // by reason
	lost, doubled           int
}

// checkPolled compares four things for every stream: the pages in the workspace, their
// history, the records that read_committed consumers see, and the state topic.
// Everything must have been read from the cursors; changes that only a scan sees need
// not have been published.
func (w *sourceStage) checkPolled() findings { return w.check(false) }

// checkScanned is checkPolled after a scan of everything.
func (w *sourceStage) checkScanned() findings { return w.check(true) }

func (w *sourceStage) check(scanned bool) findings {
	w.t.Helper()
	decode, memory := w.newDecoder(), w.memory()
	total := findings{sources: len(w.sources), deletes: map[string]int{}}
	for _, src := range w.sources {
		for _, db := range src.databases {
			published := w.history(db.topic)
			consumer := w.newStrictConsumer(src, db, decode)
			for _, r := range published {
				consumer.enter(r)
			}
			last := consumer.close()
			total.lost += w.checkTruth(src, db, last, scanned)
			w.checkState(src, db, memory[state.ShardOf(src.source, shards)].Source(src.source).Stream(db.stream), last, published)
			total.pages += len(last)
			total.records += len(published)
			total.doubled += consumer.doubled
			for reason, n := range consumer.deletes {
				total.deletes[reason] += n
			}
		}
		if databases, want := w.history(w.topic(src.source+".databases")), len(src.workspace.Databases()); len(databases) != want {
			w.t.Errorf("%s: the databases topic holds %d records, want %d: its databases never changed", src.source, len(databases), want)
		}
	}
	return total
}

// checkTruth checks that the last value of every key is the page in the workspace, and
// counts the pages that differ.
func (w *sourceStage) checkTruth(src *testSource, db *testDatabase, last map[string]pageValue, scanned bool) (lost int) {
	w.t.Helper()
	there := map[string]bool{}
	for _, id := range slices.Concat(db.notion.Pages(notiontest.Live), db.notion.Pages(notiontest.Archived)) {
		if there[id] = !src.hidden[id]; !there[id] || !scanned && src.quiet[id] {
			continue
		}
		got, published := last[id]
		if diff := cmp.Diff(src.truth(id, db.notion), got, sameJSON()); diff != "" {
			if lost++; lost > differencesShown {
				continue
			}
			w.t.Errorf("%s: page %s (published: %v) is not as it is at Notion (-Notion +topic):\n%s\nIts life: %s",
				db.topic, id, published, diff, src.tell(id, db.notion.ID()))
		}
	}
	if lost > differencesShown {
		w.t.Errorf("%s: %d pages in all are not as they are at Notion", db.topic, lost)
	}
	for id := range last {
		if scanned && !there[id] {
			w.t.Errorf("%s: page %s is in the topic and not at Notion; its life: %s", db.topic, id, src.tell(id, db.notion.ID()))
		}
	}
	return lost
}

// differencesShown bounds the differences printed of one stream: the first ones explain
// the rest.
const differencesShown = 3

// checkState checks that the state topic remembers exactly what was published.
func (w *sourceStage) checkState(src *testSource, db *testDatabase, memory *state.StreamMemory, last map[string]pageValue, published []*kgo.Record) {
	w.t.Helper()
	if memory.Topic == nil || !memory.Topic.Scanned || memory.Scan != nil {
		w.t.Errorf("%s: the state does not say that every scan is complete: %+v, %+v", db.topic, memory.Topic, memory.Scan)
		return
	}
	offsets := map[int32]int64{}
	for _, r := range published {
		offsets[r.Partition] = r.Offset
	}
	if diff := cmp.Diff(offsets, memory.Topic.Offsets); diff != "" {
		w.t.Errorf("%s: the state remembers other last offsets than the topic has (-topic +state):\n%s", db.topic, diff)
	}
	for id, page := range memory.Pages {
		value, ok := last[id.String()]
		switch {
		case !ok:
			w.t.Errorf("%s: the state remembers page %s, which is not in the topic; its life: %s", db.topic, id, src.tell(id.String(), db.notion.ID()))
		case page.Marks.Has(state.Archived) != value.IsArchived || page.Marks&^state.Archived&^state.Open != 0:
			w.t.Errorf("%s: the state remembers page %s with the marks %b, and nothing about it is unusual: %+v", db.topic, id, page.Marks, value)
		}
	}
	for id, value := range last {
		key, err := state.ParsePageID(id)
		if err != nil {
			w.t.Fatal(err)
		}
		remembered, ok := memory.Pages[key]
		if want := value.fingerprint(w); !ok || remembered.Hash != want {
			w.t.Errorf("%s: the state remembers page %s (%v) with the fingerprint %x, the topic's last value has %x", db.topic, id, ok, remembered.Hash, want)
		}
	}
}

// fingerprint returns the fingerprint of the page in a record.
func (v pageValue) fingerprint(w *sourceStage) uint64 {
	w.t.Helper()
	object := func(text *jsonText) json.RawMessage {
		if text == nil {
			return json.RawMessage("null")
		}
		return json.RawMessage(*text)
	}
	text, err := json.Marshal(map[string]any{
		"object": v.Object, "id": v.ID, "created_time": v.CreatedTime, "last_edited_time": v.LastEditedTime,
		"created_by": object(v.CreatedBy), "last_edited_by": object(v.LastEditedBy), "cover": object(v.Cover), "icon": object(v.Icon),
		"parent": json.RawMessage(v.Parent), "in_trash": v.InTrash, "is_archived": v.IsArchived, "is_locked": v.IsLocked,
		"properties": json.RawMessage(v.Properties), "url": v.URL, "public_url": v.PublicURL,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	page, err := notion.DecodePage(text)
	if err != nil {
		w.t.Fatalf("page %s as it was published: %v", v.ID, err)
	}
	return page.Fingerprint()
}

// memory returns the contents of the state topic, by shard.
func (w *sourceStage) memory() map[int32]*state.Memory {
	w.t.Helper()
	out := map[int32]*state.Memory{}
	for _, r := range w.history(w.topic("state")) {
		if out[r.Partition] == nil {
			out[r.Partition] = state.NewMemory()
		}
		if err := out[r.Partition].Apply(r.Key, r.Value); err != nil {
			w.t.Fatalf("state topic, partition %d, offset %d: %v", r.Partition, r.Offset, err)
		}
	}
	return out
}

// String is for the report.
func (f findings) String() string {
	return fmt.Sprintf("%d sources, %d pages, %d records, deletes: %v: lost %d, doubled %d", f.sources, f.pages, f.records, f.deletes, f.lost, f.doubled)
}
