package kafka

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A client learns of a topic while it writes to it for the first time, and a
// transaction must not end before it has. What is tested here is a race, so it
// is run often.
func TestFirstWritesOfAClientAreCommitted(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		c := b.cluster()
		b.createTopic("one", 1, nil)
		var states, data []string
		for i := range 150 {
			n := fmt.Sprint(i)
			w, err := c.Claim(t.Context(), 0, kv("owner", n))
			if err != nil {
				t.Fatalf("claim %d: %v", i, err)
			}
			for _, round := range []string{"a", "b"} {
				mustCommit(t, w, []Record{inOne(round, n)})
				data = append(data, round+"="+n)
			}
			w.Close()
			states = append(states, "owner="+n)
		}
		if diff := cmp.Diff(data, b.read("one")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(states, b.read(stateTopic)); diff != "" {
			t.Error(diff)
		}
	})
}
