package kafka

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
)

func TestRestoreYieldsWhatWasCommittedBeforeTheClaim(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		c := b.cluster()
		first := b.claim(c, "first")
		mustCommit(t, first, nil, kv("a", "1"), kv("b", "2"))
		b.abandon(first, kv("a", "aborted"))
		mustCommit(t, first, nil, kv("a", "3"), forget("b"))
		b.leaveOpen(first, kv("a", "open"), kv("c", "open"))

		second := b.claim(c, "second")
		want := []string{"owner=first", "a=1", "b=2", "a=3", "b forgotten", "owner=second"}
		if diff := cmp.Diff(want, b.restore(second)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRestoreEndsAtItsOwnClaim(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		older := b.claim(b.cluster(), "older")
		newer := b.claim(b.cluster(), "newer")
		mustCommit(t, newer, nil, kv("a", "of the newer"))
		if diff := cmp.Diff([]string{"owner=older"}, b.restore(older)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRestoreAfterCompaction(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		older := b.claim(b.cluster(), "older")
		mustCommit(t, older, nil, kv("a", "1"), kv("b", "1"))
		mustCommit(t, older, nil, kv("a", "2"))
		newer := b.claim(b.cluster(), "newer")
		newest := b.claim(b.cluster(), "newest")
		mustCommit(t, newest, nil, kv("c", "3"))
		b.broker.Compact() // takes the owner record that newer looks for
		if diff := cmp.Diff([]string{"b=1", "a=2"}, b.restore(newer)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRestoreOfManyRecords(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		w := b.claim(b.cluster(), "first")
		want := []string{"owner=first"}
		for round := range 5 {
			var entries []KeyValue
			for i := range 4000 {
				entry := kv(fmt.Sprintf("page/%d", i), fmt.Sprint(round))
				entries, want = append(entries, entry), append(want, text(entry))
			}
			mustCommit(t, w, nil, entries...)
		}
		if diff := cmp.Diff(append(want, "owner=second"), b.restore(b.claim(b.cluster(), "second"))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRestoreCanBeLeft(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		w := b.claim(b.cluster(), "first")
		mustCommit(t, w, nil, kv("a", "1"))
		for _, err := range w.Restore(t.Context()) {
			if err != nil {
				t.Error(err)
			}
			break
		}
	})
}

func TestShardsAreClaimedApart(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		c := b.cluster()
		zero := b.claim(c, "zero")
		one, err := c.Claim(t.Context(), 1, kv("owner", "one"))
		if err != nil {
			t.Fatal(err)
		}
		defer one.Close()
		mustCommit(t, zero, nil, kv("a", "0"))
		mustCommit(t, one, nil, kv("a", "1"))
		if diff := cmp.Diff([]string{"owner=one"}, b.restore(one)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNewerClaimFencesTheOlder(t *testing.T) {
	for name, between := range map[string]func(b *bubble, older *Writer) error{
		"idle": func(b *bubble, older *Writer) error {
			b.claim(b.cluster(), "newer")
			return older.Commit(b.t.Context(), []Record{record("a", "late")}, stateOf(kv("a", "late")))
		},
		"in the middle of a transaction": func(b *bubble, older *Writer) error {
			return older.Commit(b.t.Context(), []Record{record("a", "late")}, func([]Position) ([]KeyValue, error) {
				b.claim(b.cluster(), "newer")
				return []KeyValue{kv("a", "late")}, nil
			})
		},
		"in the middle, all written": func(b *bubble, older *Writer) error {
			return older.Commit(b.t.Context(), []Record{record("a", "late")}, func([]Position) ([]KeyValue, error) {
				b.claim(b.cluster(), "newer")
				return nil, nil
			})
		},
	} {
		for protocol, versions := range protocols() {
			t.Run(name+", "+protocol, func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bubble) {
					older := b.claim(b.cluster(), "older")
					mustCommit(t, older, []Record{record("a", "good")}, kv("a", "good"))
					err := between(b, older)
					wantError(t, err, ErrFenced, "shard 0")
					wantError(t, err, ErrUnknown)
					if again := older.Commit(t.Context(), nil, stateOf(kv("a", "again"))); !errors.Is(again, err) {
						t.Errorf("the next commit answers %v, want the same error", again)
					}
					newest := b.claim(b.cluster(), "newest")
					mustCommit(t, newest, []Record{record("a", "better")})
					if diff := cmp.Diff([]string{"a=good", "a=better"}, b.read(dataTopic)); diff != "" {
						t.Error(diff)
					}
					want := []string{"owner=older", "a=good", "owner=newer", "owner=newest"}
					if diff := cmp.Diff(want, b.read(stateTopic)); diff != "" {
						t.Error(diff)
					}
				}, kfake.MaxVersions(versions))
			})
		}
	}
}

func TestClaimOfAMissingStateTopicFails(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		c := b.cluster(func(o *Options) { o.StateTopic = "elsewhere" })
		_, err := c.Claim(t.Context(), 0, kv("owner", "nobody"))
		wantError(t, err, nil, "claiming shard 0 of elsewhere")
	})
}
