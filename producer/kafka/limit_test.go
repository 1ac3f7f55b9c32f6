package kafka

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
)

// What a topic takes may be changed while it is written to, in both directions.
func TestLimitThatChanges(t *testing.T) {
	for protocol, versions := range protocols() {
		t.Run(protocol, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.createTopic("one", 1, nil)
				w := b.claim(b.cluster(), "me")
				write := func(n int) error {
					return w.Commit(t.Context(), []Record{inOne(fmt.Sprint(n), strings.Repeat("x", n)), inOne("small", fmt.Sprint(n))}, saying())
				}
				var took []bool
				for _, step := range []struct {
					limit int32
					size  int
				}{{2000, 1500}, {2000, 3000}, {5000, 3000}, {5000, 4000}, {2000, 3000}, {2000, 1000}, {8000, 7000}, {8000, 7500}} {
					w.SetMaxBytes("one", step.limit)
					err := write(step.size)
					if err != nil && !errors.As(err, new(*AbortedError)) {
						t.Fatalf("%d bytes where %d are taken: %v", step.size, step.limit, err)
					}
					took = append(took, err == nil)
				}
				if diff := cmp.Diff([]bool{true, false, true, true, false, true, true, true}, took); diff != "" {
					t.Error(diff)
				}
			})
		})
		_ = versions
	}
}

var _ = kfake.MaxVersions
