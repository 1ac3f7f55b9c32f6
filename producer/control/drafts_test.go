package control

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func draft(id string, version int, at time.Time) Record {
	return Record{DraftKey(id), SealedDraft{Version: version, Updated: at, Sealed: "age"}}
}

// applied applies records that were written at a time.
func applied(t *testing.T, m *Memory, written time.Time, records ...Record) {
	t.Helper()
	for _, r := range records {
		key, value, err := r.Encode()
		if err == nil {
			err = m.Apply(key, value, written)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func idsOf(drafts []KeptDraft) (ids []string) {
	for _, d := range drafts {
		ids = append(ids, fmt.Sprint(d.ID, " v", d.Version))
	}
	return ids
}

func TestDraftsAreKeptForADay(t *testing.T) {
	noon, m := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), NewMemory()
	applied(t, m, noon, draft("b", 2, noon.Add(-time.Hour)), draft("a", 1, noon), draft("c", 9, noon.Add(-time.Hour)))
	applied(t, m, noon, draft("ahead", 1, noon.Add(1000*time.Hour))) // lasts a day from its record on
	for after, want := range map[time.Duration][]string{
		0:                          {"a v1", "ahead v1", "b v2", "c v9"},
		23*time.Hour - 1:           {"a v1", "ahead v1", "b v2", "c v9"},
		23 * time.Hour:             {"a v1", "ahead v1"},
		24*time.Hour - 1:           {"a v1", "ahead v1"},
		24 * time.Hour:             nil,
		1000*time.Hour + DraftLife: nil,
	} {
		if diff := cmp.Diff(want, idsOf(m.Drafts(noon.Add(after)))); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", after, diff)
		}
		if _, counts := m.Draft("b", noon.Add(after)); counts != (after < 23*time.Hour) {
			t.Errorf("after %v b counts: %v", after, counts)
		}
	}
}

// Of two writers the later one wins, whatever their versions are.
func TestTheLaterRecordOfADraftWins(t *testing.T) {
	noon, m := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), NewMemory()
	applied(t, m, noon, draft("a", 7, noon), draft("a", 3, noon))
	if d, counts := m.Draft("a", noon); !counts || d.Version != 3 {
		t.Errorf("%+v, %v", d, counts)
	}
}

// A draft that was finished does not come back, even if somebody who did not know that saves
// it. Its id is forgotten when it would be over anyway.
func TestARemovedDraftStaysRemoved(t *testing.T) {
	noon, m := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), NewMemory()
	applied(t, m, noon, draft("a", 1, noon), Record{Key: DraftKey("a")}, draft("a", 2, noon), draft("b", 1, noon))
	if diff := cmp.Diff([]string{"b v1"}, idsOf(m.Drafts(noon))); diff != "" || !m.DraftEnded("a") || m.DraftEnded("b") {
		t.Errorf("a ended: %v, b ended: %v (-want +got)\n%s", m.DraftEnded("a"), m.DraftEnded("b"), diff)
	}
	applied(t, m, noon.Add(DraftLife+time.Second), Record{Key: DraftKey("b")})
	if m.DraftEnded("a") || len(m.endedDrafts) != 1 || len(m.drafts) != 0 {
		t.Errorf("a day later %d ended ones are remembered, %d drafts are kept", len(m.endedDrafts), len(m.drafts))
	}
}

func TestAHundredDraftsAreListed(t *testing.T) {
	noon, m := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), NewMemory()
	for n := range 130 {
		applied(t, m, noon, draft(fmt.Sprint(n), 1, noon.Add(-time.Duration(n)*time.Minute)))
	}
	listed := m.Drafts(noon)
	if len(listed) != MostDrafts || listed[0].ID != "0" || listed[MostDrafts-1].ID != "99" {
		t.Errorf("%d drafts, from %s to %s", len(listed), listed[0].ID, listed[len(listed)-1].ID)
	}
}

func TestADraftThatCannotBeReadIsPassedOver(t *testing.T) {
	noon, m := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), NewMemory()
	applied(t, m, noon, draft("a", 1, noon))
	for key, value := range map[string]string{"draft/a": `{"version":"1"}`, "draft/": `{}`, "draft/a/b": `{}`, "draft": `{}`} {
		if err := m.Apply([]byte(key), []byte(value), noon); err == nil {
			t.Errorf("%s %s was taken", key, value)
		}
	}
	if diff := cmp.Diff([]string{"a v1"}, idsOf(m.Drafts(noon))); diff != "" {
		t.Error(diff)
	}
}

// Whoever notices that a draft is over removes it; an hour later, because clocks differ.
func TestDraftsThatAreOverAreRemoved(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		one := b.client("one")
		one.says(Instance{})
		one.append(draft("a", 1, time.Now()))
		<-time.After(DraftLife + draftGrace - time.Minute)
		one.append(draft("b", 1, time.Now()))
		if b.left()[DraftKey("a")] == "" {
			t.Error("it is removed before its hour is over")
		}
		<-time.After(3 * time.Minute)
		left := b.left()
		if left[DraftKey("a")] != "" || left[DraftKey("b")] == "" {
			t.Errorf("the topic has %v", left)
		}
		one.View(func(m *Memory) {
			if len(m.drafts) != 1 {
				t.Errorf("the memory has %v", m.drafts)
			}
		})
	})
}

// A draft that is as large as one may be fits into a record.
func TestTheLargestDraftIsARecord(t *testing.T) {
	sealed := SealedDraft{Version: 1 << 30, Updated: time.Now(), Sealed: strings.Repeat("A", MaxSealedDraft)}
	if _, _, err := (Record{DraftKey("a"), sealed}).Encode(); err != nil {
		t.Error(err)
	}
}
