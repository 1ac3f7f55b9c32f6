package kafka

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
)

// A topic's max.message.bytes may change while it is written to, in both directions.
// The next writer uses the new limit.
func TestLimitThatChanges(t *testing.T) {
	for protocol, versions := range protocols() {
		t.Run(protocol, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.createTopic("one", 1, nil)
				cluster := b.cluster()
				w := b.claim(cluster, "me")
				for i, step := range []struct {
					limit int32
					size  int
					taken bool
					anew  bool // the step needs a new writer
				}{
					{2000, 1500, true, false},
					{2000, 3000, false, false},
					{5000, 3000, true, true},
					{5000, 4000, true, false},
					{2000, 3000, false, true},
					{2000, 1000, true, false},
					{8000, 7000, true, true},
				} {
					w.SetMaxBytes("one", step.limit)
					commit := func() error {
						big := inOne("big", strings.Repeat("x", step.size))
						return w.Commit(t.Context(), []Record{inOne("small", fmt.Sprint(i)), big}, stateOf(kv("a", fmt.Sprint(i))))
					}
					err := commit()
					if step.anew {
						wantError(t, err, ErrUnknown, "max.message.bytes of topic one has changed")
						w = b.claim(cluster, "me")
						w.SetMaxBytes("one", step.limit)
						err = commit()
					}
					if aborted := errors.As(err, new(*AbortedError)); (err == nil) != step.taken || aborted == step.taken {
						t.Fatalf("step %d, %d bytes where %d are taken: %v", i, step.size, step.limit, err)
					}
				}
				var small []string
				for _, r := range b.read("one") {
					if strings.HasPrefix(r, "small=") {
						small = append(small, r)
					}
				}
				if diff := cmp.Diff([]string{"small=0", "small=2", "small=3", "small=5", "small=6"}, small); diff != "" {
					t.Error(diff)
				}
			}, kfake.MaxVersions(versions))
		})
	}
}
