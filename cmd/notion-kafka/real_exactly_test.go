//go:build real

package main_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/notion"
	"notion-kafka/notion/notiontest"
	"notion-kafka/producer/state"
)

// A findings is what a check of a town found.
type findings struct {
	sources, pages, records int
	lost, doubled           int
}

// checkExactlyOnce compares three things that have to agree, for every source:
// what the workspace holds, what read_committed consumers see, and what the
// state topic remembers. Only pages in the given states count as lost: an
// incremental read does not see archived ones.
func (w *town) checkExactlyOnce(states ...notiontest.State) findings {
	w.t.Helper()
	decode, memory := w.newDecoder(), w.memory()
	total := findings{sources: len(w.houses)}
	for _, h := range w.houses {
		published := w.history(h.topic)
		last, doubled := w.checkOrder(h, decode, published)
		lost := w.checkTruth(h, last, states)
		w.checkState(h, memory[state.ShardOf(h.source, shards)].Source(h.source).Stream(h.stream), last, published)
		if databases := w.history(w.topic(h.source + ".databases")); len(databases) != 1 {
			w.t.Errorf("%s: the databases topic holds %d records, want 1: its database never changed", h.source, len(databases))
		}
		total.pages += len(last)
		total.records += len(published)
		total.lost += lost
		total.doubled += doubled
	}
	return total
}

// A version is where a page stands: its version, and whether it is archived,
// which comes after everything else that is done to a page here.
type version struct {
	number   int
	archived bool
	edited   time.Time
}

// follows says whether v may be published after before.
func (v version) follows(before version) bool {
	if v.edited.Before(before.edited) || v.number < before.number {
		return false
	}
	return v.number > before.number || v.archived && !before.archived
}

// checkOrder proves that within a key every record is a newer version than the
// one before, and answers with the last value of each key. doubled counts the
// records that say what their key said before.
func (w *town) checkOrder(h *house, decode *decoder, published []*kgo.Record) (last map[string]pageValue, doubled int) {
	w.t.Helper()
	last = map[string]pageValue{}
	seen, at := map[string]bool{}, map[string]version{}
	for _, r := range published {
		key, value := string(r.Key), decode.page(r)
		if whole := key + "\x00" + string(r.Value); seen[whole] {
			doubled++
			w.t.Errorf("%s: offset %d, by run %s, says of page %s what was said before", h.source, r.Offset, header(r, "notion-kafka.run"), key)
		} else {
			seen[whole] = true
		}
		now := version{versionOf(w, value), value.IsArchived, value.LastEditedTime}
		if before, known := at[key]; known && !now.follows(before) {
			w.t.Errorf("%s: offset %d, by run %s, sets page %s from %+v to %+v", h.source, r.Offset, header(r, "notion-kafka.run"), key, before, now)
		}
		at[key], last[key] = now, value
	}
	return last, doubled
}

func versionOf(w *town, value pageValue) int {
	w.t.Helper()
	var properties map[string]struct {
		Number int `json:"number"`
	}
	if err := json.Unmarshal([]byte(value.Properties), &properties); err != nil {
		w.t.Fatalf("page %s: %v in its properties: %s", value.ID, err, value.Properties)
	}
	return properties[versionProperty].Number
}

// checkTruth proves that the last value of every key is what the workspace
// holds, and counts the pages of which it is not.
func (w *town) checkTruth(h *house, last map[string]pageValue, states []notiontest.State) (lost int) {
	w.t.Helper()
	there := map[string]bool{}
	for _, kind := range []notiontest.State{notiontest.Live, notiontest.Archived} {
		for _, id := range h.db.Pages(kind) {
			there[id] = true
			if !slices.Contains(states, kind) {
				continue
			}
			got, published := last[id]
			if diff := cmp.Diff(h.truth(w, id), got, sameJSON()); diff != "" {
				if lost++; lost > differencesShown {
					continue
				}
				w.t.Errorf("%s: page %s (published: %v) is not as it is at Notion (-Notion +topic):\n%s", h.source, id, published, diff)
			}
		}
	}
	if lost > differencesShown {
		w.t.Errorf("%s: %d pages in all are not as they are at Notion", h.source, lost)
	}
	for id := range last {
		if !there[id] {
			w.t.Errorf("%s: page %s is in the topic and not at Notion", h.source, id)
		}
	}
	return lost
}

// differencesShown bounds what is told of one source: the first ones explain.
const differencesShown = 3

// truth is the record that a page has to be, from its JSON alone.
func (h *house) truth(w *town, id string) pageValue {
	w.t.Helper()
	text, ok := h.workspace.Page(id)
	if !ok {
		w.t.Fatalf("%s: page %s is gone, though nobody removed one", h.source, id)
	}
	var page recordedPage
	if err := json.Unmarshal(text, &page); err != nil {
		w.t.Fatal(err)
	}
	return page.published(w.t, h.db)
}

// checkState proves that the state topic remembers exactly what was published.
func (w *town) checkState(h *house, memory *state.StreamMemory, last map[string]pageValue, published []*kgo.Record) {
	w.t.Helper()
	if memory.Topic == nil || !memory.Topic.Scanned || memory.Scan != nil {
		w.t.Errorf("%s: the state does not say that its first scan is complete: %+v, %+v", h.source, memory.Topic, memory.Scan)
		return
	}
	offsets := map[int32]int64{}
	for _, r := range published {
		offsets[r.Partition] = r.Offset
	}
	if diff := cmp.Diff(offsets, memory.Topic.Offsets); diff != "" {
		w.t.Errorf("%s: the state remembers other last offsets than the topic has (-topic +state):\n%s", h.source, diff)
	}
	for id := range memory.Pages {
		if _, ok := last[id.String()]; !ok {
			w.t.Errorf("%s: the state remembers page %s, which is not in the topic", h.source, id)
		}
	}
	for id, value := range last {
		key, err := state.ParsePageID(id)
		if err != nil {
			w.t.Fatal(err)
		}
		remembered, ok := memory.Pages[key]
		if want := value.fingerprint(w); !ok || remembered.Hash != want {
			w.t.Errorf("%s: the state remembers page %s (%v) with the fingerprint %x, the topic's last value has %x", h.source, id, ok, remembered.Hash, want)
		}
	}
}

// fingerprint is that of the page which a record describes.
func (v pageValue) fingerprint(w *town) uint64 {
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

// memory is what the state topic says, by shard.
func (w *town) memory() map[int32]*state.Memory {
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
	return strings.TrimSpace(fmt.Sprintf("%d sources, %d pages, %d records: lost %d, doubled %d", f.sources, f.pages, f.records, f.lost, f.doubled))
}
