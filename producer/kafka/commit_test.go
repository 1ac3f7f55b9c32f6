package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestCommitReturnsThePositionsOfRecords(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		w := b.claim(b.cluster(), "me")
		positions := map[string]Position{}
		for round := range 3 {
			var data []Record
			for i := range 20 {
				data = append(data, record(fmt.Sprintf("page %d.%d", round, i), "v"))
			}
			err := w.Commit(t.Context(), data, func(at []Position) ([]KeyValue, error) {
				for i, p := range at {
					positions[string(data[i].Key)] = p
				}
				return []KeyValue{kv("round", fmt.Sprint(round))}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		found := map[string]Position{}
		partitions := map[int32]bool{}
		for r, err := range b.cluster().ReadAll(t.Context(), dataTopic) {
			if err != nil {
				t.Fatal(err)
			}
			found[string(r.Key)] = Position{r.Topic, r.Partition, r.Offset}
			partitions[r.Partition] = true
		}
		if diff := cmp.Diff(positions, found); diff != "" {
			t.Error(diff)
		}
		if len(partitions) != 3 {
			t.Errorf("records are in partitions %v, want all three", partitions)
		}
	})
}

func TestCommitKeepsHeadersAndTombstones(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		w := b.claim(b.cluster(), "me")
		headers := []Header{{"notion-kafka.op", "delete"}, {"notion-kafka.source", "Zürich"}}
		mustCommit(t, w, []Record{{Topic: dataTopic, Partitions: 1, Key: []byte("a"), Headers: headers}})
		for r, err := range b.cluster().ReadAll(t.Context(), dataTopic) {
			if err != nil || r.Value != nil || !cmp.Equal(headers, r.Headers) {
				t.Errorf("read %+v, %v", r, err)
			}
		}
	})
}

// The hashes are those of UtilsTest.testMurmur2 in Apache Kafka.
func TestPlacementIsThatOfJavaClients(t *testing.T) {
	placed := newPlacement()
	for key, hash := range map[string]int32{
		"21":                         -973932308,
		"foobar":                     -790332482,
		"a-little-bit-long-string":   -985981536,
		"a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
	} {
		for _, n := range []int32{1, 2, 3, 7, 16, 1000} {
			want := (hash & 0x7fffffff) % n
			if got := placed.of([]byte(key), n); got != want {
				t.Errorf("key %q of %d partitions is in %d, want %d", key, n, got, want)
			}
		}
	}
}

// refusals are commits that Kafka, or the caller's own state, refuses. None of them
// publishes anything, and the writer goes on.
var refusals = map[string]struct {
	prepare func(b *bubble, w *Writer)
	data    []Record
	state   func([]Position) ([]KeyValue, error)
	topic   string
	index   int
	kind    error
	says    string
}{
	"too large for the client": {
		prepare: func(_ *bubble, w *Writer) { w.SetMaxBytes(dataTopic, 2000) },
		data:    []Record{record("a", "small"), record("b", strings.Repeat("x", 3000))},
		topic:   dataTopic, index: 1, kind: kerr.MessageTooLarge, says: "raise max.message.bytes",
	},
	"too large for the broker": {
		prepare: func(b *bubble, w *Writer) {
			b.createTopic("narrow", 1, map[string]string{"max.message.bytes": "2000"})
			w.SetMaxBytes("narrow", 1<<20)
		},
		data: []Record{
			record("a", "small"),
			{Topic: "narrow", Partitions: 1, Key: []byte("b"), Value: []byte(strings.Repeat("x", 3000))},
		},
		topic: "narrow", index: 1, kind: kerr.MessageTooLarge, says: "raise max.message.bytes",
	},
	"write not allowed": {
		prepare: func(b *bubble, _ *Writer) {
			b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: dataTopic, Err: kerr.TopicAuthorizationFailed})
		},
		data:  []Record{record("a", "1")},
		topic: dataTopic, index: 0, kind: kerr.TopicAuthorizationFailed, says: "grant WRITE",
	},
	"unknown topic": {
		data:  []Record{record("a", "1"), {Topic: "nowhere", Partitions: 1, Key: []byte("b")}},
		topic: "nowhere", index: 1, kind: kerr.UnknownTopicOrPartition, says: "deleted or recreated",
	},
	"state too large": {
		data:  []Record{record("a", "1")},
		state: stateOf(kv("a", strings.Repeat("x", 2<<20))),
		topic: stateTopic, index: -1, kind: kerr.MessageTooLarge, says: stateTopic,
	},
	"state not encodable": {
		data:  []Record{record("a", "1")},
		state: func([]Position) ([]KeyValue, error) { return nil, errors.ErrUnsupported },
		index: -1, kind: errors.ErrUnsupported, says: "nothing of this transaction was published",
	},
}

func TestRefusedCommitIsAborted(t *testing.T) {
	for name, c := range refusals {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				w := b.claim(b.cluster(), "me")
				if c.prepare != nil {
					c.prepare(b, w)
				}
				if c.state == nil {
					c.state = stateOf(kv("a", "refused"))
				}
				err := w.Commit(t.Context(), c.data, c.state)
				var aborted *AbortedError
				if !errors.As(err, &aborted) || aborted.Topic != c.topic || aborted.Index != c.index {
					t.Fatalf("error %#v, want an AbortedError of topic %q, record %d", err, c.topic, c.index)
				}
				wantError(t, err, c.kind, c.says)
				if errors.Is(err, ErrUnknown) {
					t.Errorf("error %v says that the outcome is unknown", err)
				}
				mustCommit(t, w, []Record{record("a", "next")}, kv("a", "next"))
				if diff := cmp.Diff([]string{"a=next"}, b.read(dataTopic)); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff([]string{"owner=me", "a=next"}, b.read(stateTopic)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestCommitWaitsForTheTransactionBefore(t *testing.T) {
	for _, key := range []kmsg.Key{kmsg.InitProducerID, kmsg.Produce, kmsg.EndTxn} {
		t.Run(key.Name(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				fault := b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{key}, TopLevel: key != kmsg.Produce, Err: kerr.ConcurrentTransactions, Count: 3})
				w := b.claim(b.cluster(), "me")
				mustCommit(t, w, []Record{record("a", "1")}, kv("a", "1"))
				if fault.Hits() != 3 {
					t.Errorf("the broker answered %d times that a transaction is under way, want 3", fault.Hits())
				}
				if diff := cmp.Diff([]string{"a=1"}, b.read(dataTopic)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestCommitEndsAlthoughItsContextDid(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		w := b.claim(b.cluster(), "me")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.Commit(ctx, []Record{record("a", "1")}, stateOf(kv("a", "1"))); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a=1"}, b.read(dataTopic)); diff != "" {
			t.Error(diff)
		}
	})
}
