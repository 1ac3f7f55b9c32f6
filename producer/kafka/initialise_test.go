package kafka

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func (b *bubble) firsts() map[int32]string {
	b.t.Helper()
	firsts, err := b.cluster().FirstRecords(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	out := map[int32]string{}
	for p, first := range firsts {
		out[p] = text(first)
	}
	return out
}

func TestInitialiseWritesToEveryPartition(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if firsts := b.firsts(); len(firsts) != 0 {
			t.Errorf("a new topic begins with %v", firsts)
		}
		if err := b.cluster().Initialise(t.Context(), 2, kv("meta", "1")); err != nil {
			t.Fatal(err)
		}
		b.claim(b.cluster(), "me")
		if diff := cmp.Diff(map[int32]string{0: "meta=1", 1: "meta=1"}, b.firsts()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestInitialiseIsAllOrNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: stateTopic, Partitions: []int32{1}, Err: kerr.TopicAuthorizationFailed})
		err := b.cluster().Initialise(t.Context(), 2, kv("meta", "refused"))
		wantError(t, err, kerr.TopicAuthorizationFailed, "initialising state topic state")
		if firsts := b.firsts(); len(firsts) != 0 {
			t.Errorf("after a failure partitions begin with %v", firsts)
		}
		if err := b.cluster().Initialise(t.Context(), 2, kv("meta", "2")); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[int32]string{0: "meta=2", 1: "meta=2"}, b.firsts()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestInitialiseAtOnceIsOneAfterAnother(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		var both sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			both.Go(func() { errs[i] = b.cluster().Initialise(t.Context(), 2, kv("meta", fmt.Sprint(i))) })
		}
		both.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, ErrUnknown) {
				t.Errorf("an instance that came second got %v, want one of kind %v", err, ErrUnknown)
			}
		}
		firsts := b.firsts()
		if won == 0 || len(firsts) != 2 || firsts[0] != firsts[1] {
			t.Errorf("%d of %d initialised, and partitions begin with %v", won, len(errs), firsts)
		}
	})
}

func TestFirstRecordsPassesOverWhatWasAborted(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		w, err := b.cluster().newWriter("someone", 0)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		b.abandon(w, kv("meta", "aborted"))
		if firsts := b.firsts(); len(firsts) != 0 {
			t.Errorf("partitions begin with %v although all of it was aborted", firsts)
		}
		mustCommit(t, w, nil, kv("meta", "1"), kv("more", "1"))
		if diff := cmp.Diff(map[int32]string{0: "meta=1"}, b.firsts()); diff != "" {
			t.Error(diff)
		}
	})
}

// Kafka answers a commit before its markers are written. Until they reach a
// partition, it must not be taken for one that lost its data.
func TestFirstRecordsWaitsForACommitToReachEveryPartition(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if err := b.cluster().Initialise(t.Context(), 2, kv("meta", "1")); err != nil {
			t.Fatal(err)
		}
		hidden := 3
		b.broker.ControlKey(kmsg.ListOffsets.Int16(), func(q kmsg.Request) (kmsg.Response, error, bool) {
			b.broker.KeepControl()
			request := q.(*kmsg.ListOffsetsRequest)
			const readCommitted, latest, recordAndMarker = 1, -1, 2
			if hidden == 0 || request.IsolationLevel != readCommitted || request.Topics[0].Partitions[0].Timestamp != latest {
				return nil, nil, false
			}
			hidden--
			answer := endsAt(request, recordAndMarker)
			for i := range answer.Topics[0].Partitions {
				if at := &answer.Topics[0].Partitions[i]; at.Partition == 1 {
					at.Offset = 0
				}
			}
			return answer, nil, true
		})
		if diff := cmp.Diff(map[int32]string{0: "meta=1", 1: "meta=1"}, b.firsts()); diff != "" {
			t.Error(diff)
		}
		if hidden > 0 {
			t.Errorf("the marker was to be missed %d more times", hidden)
		}
	})
}
