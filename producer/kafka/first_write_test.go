package kafka

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
)

// A client learns of a topic while it writes to it for the first time. A transaction
// must not end before that. The test runs often, because this is a race.
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

// The first write to a recreated topic is a first write again. The race is seldom
// lost here, so the test also looks at the topics that the writer takes for known.
func TestFirstWritesToATopicThatIsBackAreCommitted(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		c := b.cluster()
		w := b.claim(c, "me")
		for i := range 50 {
			n := fmt.Sprint(i)
			err := w.Commit(t.Context(), []Record{inOne("a", n)}, stateOf())
			wantError(t, err, kerr.UnknownTopicOrPartition)
			if w.settled["one"] {
				t.Fatal("the writer takes a topic that is gone for one that it knows")
			}
			b.createTopic("one", 1, nil)
			mustCommit(t, w, []Record{inOne("a", n)})
			committed := 0
			for _, err := range c.ReadAll(t.Context(), "one") {
				if err != nil {
					t.Fatal(err)
				}
				committed++
			}
			if committed != 1 {
				t.Fatalf("round %d: a commit of one record answered nil, and the topic holds %d", i, committed)
			}
			if err := b.broker.DeleteTopic("one"); err != nil {
				t.Fatal(err)
			}
		}
	})
}
