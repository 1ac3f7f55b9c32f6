package control

import (
	"cmp"
	"context"
	"slices"
	"time"
)

const (
	// MostDrafts is how many drafts are kept at a time.
	MostDrafts = 100
	// MaxSealedDraft bounds Sealed of a [SealedDraft], in bytes. Kafka takes records of
	// 1 MiB (max.message.bytes).
	MaxSealedDraft = 512 << 10

	// draftGrace is how long after its end a draft is removed: longer than clocks differ.
	draftGrace = time.Hour
)

// A KeptDraft is the record of a draft with its id.
type KeptDraft struct {
	ID string
	SealedDraft
}

// counts reports whether a draft is not over yet.
func (s SealedDraft) counts(now time.Time) bool { return now.Sub(s.Updated) < DraftLife }

// putDraft takes a draft, or removes it for good: a record of a draft that was removed is
// of somebody who did not know that yet. Updated is no later than the record's own time, so
// no draft lasts longer than [DraftLife] after that.
func (m *Memory) putDraft(key string, value []byte, written time.Time) error {
	names, err := split(key, 1)
	if err != nil {
		return err
	}
	id := names[0]
	if value == nil {
		delete(m.drafts, id)
		m.endDraft(id, written)
		return nil
	}
	draft, err := decode[SealedDraft](value)
	if err != nil {
		return err
	}
	if _, ended := m.endedDrafts[id]; ended {
		return nil
	}
	draft.Updated = earlier(draft.Updated, written)
	m.drafts[id] = draft
	return nil
}

// endDraft notes that a draft was removed, for as long as somebody may still write it.
func (m *Memory) endDraft(id string, at time.Time) {
	for old, ended := range m.endedDrafts {
		if at.Sub(ended) > DraftLife {
			delete(m.endedDrafts, old)
		}
	}
	m.endedDrafts[id] = at
}

// Drafts are the drafts that count, those that were written last first; at most
// [MostDrafts].
func (m *Memory) Drafts(now time.Time) (kept []KeptDraft) {
	for id, draft := range m.drafts {
		if draft.counts(now) {
			kept = append(kept, KeptDraft{id, draft})
		}
	}
	slices.SortFunc(kept, func(a, b KeptDraft) int { return cmp.Or(b.Updated.Compare(a.Updated), cmp.Compare(a.ID, b.ID)) })
	return kept[:min(len(kept), MostDrafts)]
}

// Draft is one draft; false where there is none, or none that counts any more.
func (m *Memory) Draft(id string, now time.Time) (draft SealedDraft, counts bool) {
	draft, known := m.drafts[id]
	return draft, known && draft.counts(now)
}

// DraftEnded reports whether a draft was removed in the last day.
func (m *Memory) DraftEnded(id string) bool {
	_, ended := m.endedDrafts[id]
	return ended
}

// expiredDrafts returns the records that remove the drafts that have been over for an hour.
func (c *Client) expiredDrafts(now time.Time) (remove []Record) {
	c.View(func(m *Memory) {
		for id, draft := range m.drafts {
			if !draft.counts(now.Add(-draftGrace)) {
				remove = append(remove, Record{Key: DraftKey(id)})
			}
		}
	})
	return remove
}

// tidy removes the records of instances that are gone and of drafts that are over.
func (c *Client) tidy(ctx context.Context, now time.Time) error {
	return c.Append(ctx, append(c.departed(now), c.expiredDrafts(now)...)...)
}
