package kafka

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A topic falls below its replicas between the check and the write: the commit ends
// within its bound, unknown, and says what it waited for.
func TestCommitToATopicThatFallsBelowItsReplicasEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		w := b.claim(b.cluster(), "me")
		data := Record{Topic: dataTopic, Partitions: 3, Key: keyIn(1), Value: []byte("v")}
		mustCommit(t, w, []Record{data}, kv("cursor", "1"))
		b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: dataTopic, Err: kerr.NotEnoughReplicas, Count: -1})
		began := time.Now()
		err := w.Commit(t.Context(), []Record{data}, stateOf(kv("cursor", "2")))
		wantError(t, err, ErrUnknown, "two thirds of kafka.transaction_timeout")
		if took := time.Since(began); took > txnTimeout {
			t.Errorf("the commit took %v", took)
		}
		w.Close()
	})
}

// The previous transaction cannot end, because its markers cannot be written. The
// claim ends within its bound, or with its context, and names that transaction's
// topics.
func TestClaimBehindATransactionThatCannotEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		before := b.claim(b.cluster(), "before")
		b.leaveOpen(before, kv("cursor", "1"))
		if _, err := before.produceAll(t.Context(), before.dataRecords([]Record{record("k", "v")})); err != nil {
			t.Fatal(err)
		}
		held := b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, Err: kerr.ConcurrentTransactions, Count: -1})
		c := b.cluster()
		began := time.Now()
		_, err := c.Claim(t.Context(), 0, kv("owner", "me"))
		wantError(t, err, ErrUnknown, "claiming shard 0", "state-0", "topics data, state")
		if took := time.Since(began); took > txnTimeout || !HeldUp(err) {
			t.Errorf("after %v: %v, held up: %v", took, err, HeldUp(err))
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := c.Claim(ctx, 0, kv("owner", "me"))
			ended <- err
		}()
		synctest.Wait()
		stop()
		began = time.Now()
		if err := <-ended; !errors.Is(err, context.Canceled) || time.Since(began) > 0 {
			t.Errorf("the end of the context ended the claim after %v with %v", time.Since(began), err)
		}
		held.Remove()
		w := b.claim(c, "me")
		mustCommit(t, w, []Record{record("k", "w")}, kv("cursor", "2"))
	})
}
