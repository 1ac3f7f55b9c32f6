package kafka

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func mustAppend(t *testing.T, c *Cluster, records ...KeyValue) {
	t.Helper()
	if err := c.Append(t.Context(), "one", records...); err != nil {
		t.Fatal(err)
	}
}

func TestAppendWritesInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		c := b.cluster()
		var records []KeyValue
		var want []string
		for i := range 200 {
			records = append(records, kv("a", fmt.Sprint(i)))
			want = append(want, fmt.Sprint("a=", i))
		}
		mustAppend(t, c, records...)
		mustAppend(t, c, forget("a"))
		mustAppend(t, c) // nothing at all
		if diff := cmp.Diff(append(want, "a forgotten"), b.read("one")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAppendBesideTransactions(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		c := b.cluster()
		w := b.claim(c, "me")
		mustAppend(t, c, kv("a", "1"))
		mustCommit(t, w, []Record{inOne("b", "2")})
		mustAppend(t, c, kv("c", "3"))
		b.abandonData(w, inOne("d", "aborted"))
		b.leaveDataOpen(w, inOne("e", "open"))
		mustAppend(t, c, kv("f", "behind it")) // b.read does not wait for it
		if diff := cmp.Diff([]string{"a=1", "b=2", "c=3"}, b.read("one")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAppendSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		fault *kfake.Fault
		topic string
		kind  error
		says  []string
	}{
		"no such topic": {topic: "nowhere", kind: kerr.UnknownTopicOrPartition, says: []string{"writing to topic nowhere", "deleted"}},
		"not allowed": {
			fault: &kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.TopicAuthorizationFailed}, topic: "one",
			kind: kerr.TopicAuthorizationFailed, says: []string{"writing to topic one", "grant WRITE"},
		},
		"too large": {
			fault: &kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.MessageTooLarge}, topic: "one",
			kind: kerr.MessageTooLarge, says: []string{"writing to topic one", "max.message.bytes"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.createTopic("one", 1, nil)
				if c.fault != nil {
					b.broker.Fault(*c.fault)
				}
				started := time.Now()
				wantError(t, b.cluster().Append(t.Context(), c.topic, kv("a", "1"), kv("b", "2")), c.kind, c.says...)
				if took := time.Since(started); took >= appendTimeout {
					t.Errorf("it failed after %v", took)
				}
			})
		})
	}
}

// Brokers that are away do not block Append. Records that Append could not write do
// not come later, between newer ones.
func TestAppendWhileTheBrokerIsAway(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		line := newLine(b)
		c := b.cluster(func(o *Options) { o.Dial = line.dial })
		mustAppend(t, c, kv("a", "before"))
		line.dead.Store(true)
		started := time.Now()
		wantError(t, c.Append(t.Context(), "one", kv("a", "meanwhile")), nil, "writing to topic one")
		if took := time.Since(started); took > appendTimeout {
			t.Errorf("it gave up after %v", took)
		}
		line.dead.Store(false)
		mustAppend(t, c, kv("a", "after"))
		<-time.After(time.Minute)
		if diff := cmp.Diff([]string{"a=before", "a=after"}, b.read("one")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAppendWhileTheBrokerDoesNotAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		c := b.cluster()
		mustAppend(t, c, kv("a", "before"))
		back := make(chan struct{})
		b.broker.ControlKey(kmsg.Produce.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
			b.broker.SleepControl(func() { <-back })
			return nil, nil, false
		})
		started := time.Now()
		wantError(t, c.Append(t.Context(), "one", kv("a", "meanwhile")), errNoAnswer, "writing to topic one", "10s")
		if took := time.Since(started); took != appendTimeout {
			t.Errorf("it gave up after %v", took)
		}
		close(back)
		mustAppend(t, c, kv("a", "after"), kv("b", "after"))
		read := b.read("one")
		if diff := cmp.Diff([]string{"a=after", "b=after"}, read[len(read)-2:]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAppendWritesOnceWhenAnAnswerIsLost(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		line := newLine(b)
		line.mends = true
		c := b.cluster(func(o *Options) { o.Dial = line.dial })
		mustAppend(t, c, kv("a", "1"))
		line.deaf.Store(int32(kmsg.Produce.Int16()))
		mustAppend(t, c, kv("a", "2"))
		if line.deaf.Load() != -1 {
			t.Fatal("no answer was lost")
		}
		if diff := cmp.Diff([]string{"a=1", "a=2"}, b.read("one")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAppendToATopicThatWasMadeAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		c := b.cluster()
		mustAppend(t, c, kv("a", "of the old one"))
		if err := b.broker.DeleteTopic("one"); err != nil {
			t.Fatal(err)
		}
		b.createTopic("one", 1, nil)
		wantError(t, c.Append(t.Context(), "one", kv("a", "refused")), kerr.UnknownTopicID, "recreated")
		mustAppend(t, c, kv("a", "of the new one"))
		if diff := cmp.Diff([]string{"a=of the new one"}, b.read("one")); diff != "" {
			t.Error(diff)
		}
	})
}
