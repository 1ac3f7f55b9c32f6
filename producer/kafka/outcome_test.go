package kafka

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// trouble lists what makes the outcome of a commit unknown, and what is true
// afterwards.
var trouble = map[string]struct {
	// during happens when data is written and state is not.
	during  func(b *bubble, l *line)
	happens bool // the transaction takes effect
}{
	"the answer to its end is lost": {
		during:  func(_ *bubble, l *line) { l.deaf.Store(int32(kmsg.EndTxn)) },
		happens: true,
	},
	"the request for its end is lost": {
		during: func(b *bubble, l *line) {
			b.broker.ControlKey(kmsg.EndTxn.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
				l.dead.Store(true)
				return nil, context.Canceled, true
			})
		},
	},
	"the broker goes away": {
		during: func(_ *bubble, l *line) { l.dead.Store(true) },
	},
	"the answer to a write is lost": {
		during: func(_ *bubble, l *line) { l.deaf.Store(int32(kmsg.Produce)) },
	},
	"it takes longer than we allow": {
		during: func(*bubble, *line) { <-time.After(txnTimeout * 3 / 4) },
	},
	"it takes longer than Kafka allows": {
		during: func(*bubble, *line) { <-time.After(txnTimeout * 3 / 2) },
	},
	"its end is refused": {
		during: func(b *bubble, _ *line) {
			b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, TopLevel: true})
		},
	},
}

func TestUnknownOutcomeFinishesTheWriter(t *testing.T) {
	for name, c := range trouble {
		for protocol, versions := range protocols() {
			t.Run(name+", "+protocol, func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bubble) {
					l := newLine(b)
					w := b.claim(b.cluster(func(o *Options) { o.Dial = l.dial }), "first")
					started := time.Now()
					err := w.Commit(t.Context(), []Record{record("a", "1")}, func([]Position) ([]KeyValue, error) {
						c.during(b, l)
						return []KeyValue{kv("a", "1")}, nil
					})
					wantError(t, err, ErrUnknown, "shard 0")
					if took := time.Since(started); took > 2*txnTimeout {
						t.Errorf("the commit took %s, longer than anybody allows", took)
					}
					called := false
					again := w.Commit(t.Context(), nil, func([]Position) ([]KeyValue, error) { called = true; return nil, nil })
					if !errors.Is(again, err) || called {
						t.Errorf("the next commit answers %v (began: %t), want the same error", again, called)
					}
					w.Close() // and does not hang

					second := b.claim(b.cluster(), "second")
					data, state := []string(nil), []string{"owner=first", "owner=second"}
					if c.happens {
						data, state = []string{"a=1"}, []string{"owner=first", "a=1", "owner=second"}
					}
					if diff := cmp.Diff(state, b.restore(second)); diff != "" {
						t.Error(diff)
					}
					if diff := cmp.Diff(data, b.read(dataTopic)); diff != "" {
						t.Error(diff)
					}
					mustCommit(t, second, []Record{record("a", "2")}, kv("a", "2"))
					if diff := cmp.Diff(append(data, "a=2"), b.read(dataTopic)); diff != "" {
						t.Error(diff)
					}
				}, kfake.MaxVersions(versions))
			})
		}
	}
}

// The client repeats the request over a new connection, and Kafka recognises a
// repeated request by its sequence number or its epoch (KIP-98, KIP-890).
func TestCommitSurvivesALostConnection(t *testing.T) {
	for _, key := range []kmsg.Key{kmsg.Produce, kmsg.EndTxn} {
		for name, lose := range map[string]func(b *bubble, l *line){
			"request": func(b *bubble, _ *line) {
				b.broker.ControlKey(key.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
					return nil, io.EOF, true // closes the connection
				})
			},
			"answer": func(_ *bubble, l *line) {
				l.mends = true
				l.deaf.Store(int32(key))
			},
		} {
			t.Run(name+" of "+key.Name(), func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bubble) {
					l := newLine(b)
					w := b.claim(b.cluster(func(o *Options) { o.Dial = l.dial }), "me")
					lose(b, l)
					mustCommit(t, w, []Record{record("a", "1")}, kv("a", "1"))
					mustCommit(t, w, []Record{record("a", "2")}, kv("a", "2"))
					if diff := cmp.Diff([]string{"a=1", "a=2"}, b.read(dataTopic)); diff != "" {
						t.Error(diff)
					}
				})
			})
		}
	}
}

// One record is refused for its own sake, another because the writer is fenced: the
// second counts.
func TestDoubtOutweighsARefusal(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		w := b.claim(b.cluster(), "me")
		w.SetMaxBytes(dataTopic, 100)
		b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "one", Err: kerr.InvalidProducerEpoch, Count: -1})
		err := w.Commit(t.Context(), []Record{record("a", strings.Repeat("too large", 100)), inOne("b", "1")}, stateOf())
		wantError(t, err, ErrFenced)
	})
}

// The data topics of a dead owner go on although nobody claims its shard.
func TestKafkaEndsAnAbandonedTransaction(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		quick := b.cluster(func(o *Options) { o.TransactionTimeout = 5 * time.Second })
		b.leaveDataOpen(b.claim(quick, "dead"), inOne("a", "open"))
		mustCommit(t, other(b), []Record{inOne("a", "behind it")})
		if got := b.read("one"); got != nil {
			t.Errorf("an open transaction hides nothing: %v", got)
		}
		<-time.After(20 * time.Second)
		if diff := cmp.Diff([]string{"a=behind it"}, b.read("one")); diff != "" {
			t.Error(diff)
		}
	})
}

// A claim, unlike a commit, can be cancelled.
func TestClaimEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		l := newLine(b)
		l.dead.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		started := time.Now()
		_, err := b.cluster(func(o *Options) { o.Dial = l.dial }).Claim(ctx, 0, kv("owner", "nobody"))
		wantError(t, err, nil, "claiming shard 0 of state")
		if took := time.Since(started); took > 2*time.Second {
			t.Errorf("it took %s after its context ended", took-time.Second)
		}
	})
}

func TestPingSaysWhatToLookAt(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if err := b.cluster().Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		l := newLine(b)
		l.dead.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := b.cluster(func(o *Options) { o.Dial = l.dial }).Ping(ctx)
		wantError(t, err, nil, "127.0.0.1:9092", "kafka.brokers", "kafka.tls", "kafka.sasl")
	})
}
