package kafka

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// LastRecords reads past the gaps that transactions leave: their markers, and the
// records of aborted ones.
func TestLastRecords(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		cluster := b.cluster()
		w := b.claim(cluster, "me")
		b.createTopic("small", 1, nil)
		for n := range 40 {
			mustCommit(t, w, []Record{{Topic: "small", Partitions: 1, Key: fmt.Appendf(nil, "k%d", n), Value: []byte("v")}})
			if n < 30 {
				continue
			}
			err := w.Commit(t.Context(), []Record{{Topic: "small", Partitions: 1, Key: []byte("aborted")}}, func([]Position) ([]KeyValue, error) { return nil, errors.New("no") })
			if err == nil {
				t.Fatal("a transaction that should be aborted was not")
			}
		}
		for n, want := range map[int][]string{1: {"k39"}, 3: {"k39", "k38", "k37"}, 100: nil} {
			records, err := cluster.LastRecords(t.Context(), "small", n)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range records {
				got = append(got, string(r.Key))
			}
			if want == nil {
				if len(got) != 40 || got[39] != "k0" {
					t.Errorf("of 100 it finds %d, the first %s", len(got), got[len(got)-1])
				}
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
		if none, err := cluster.LastRecords(t.Context(), "small", 0); err != nil || len(none) != 0 {
			t.Errorf("of none it finds %d, %v", len(none), err)
		}
		_, err := cluster.LastRecords(t.Context(), "nowhere", 1)
		wantError(t, err, ErrTopicMissing, "nowhere")
	})
}
