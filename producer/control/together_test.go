package control

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"notion-kafka/producer/kafka"
)

// Requests for unknown runs must not be able to fill the topic.
func TestManyCatchUpTogether(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		s := b.client("one")
		const each, seconds = 200, 10
		done := make(chan error, each*seconds)
		for range each * seconds {
			go func() { done <- s.CaughtUpTogether(t.Context()) }()
			<-time.After(time.Second / each)
		}
		for range each * seconds {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if n := len(b.offsets(InstanceKey("one"))); n < 2 || n > seconds+1 {
			t.Errorf("%d callers in %d seconds wrote %d records, want one a second", each*seconds, seconds, n)
		}
	})
}

// A look that is under way at the call may already have read past the record that the
// caller wants.
func TestTogetherIsReadWhatWasWrittenBeforeTheCall(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		reader, other, owner := b.client("reader"), b.client("other"), b.claim()
		key, value, err := sourceState("bolt", "Bolt").Encode()
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 2)
		err = owner.Commit(t.Context(), []kafka.Record{{Topic: "control", Partitions: 1, Key: key, Value: value}},
			func([]kafka.Position) ([]kafka.KeyValue, error) {
				go func() { done <- reader.CaughtUpTogether(t.Context()) }()
				<-time.After(time.Second) // it waits for the end of the transaction
				other.append(sourceState("acme", "Acme"))
				go func() { done <- reader.CaughtUpTogether(t.Context()) }()
				<-time.After(time.Second)
				return nil, nil
			})
		if err := errors.Join(err, <-done, <-done); err != nil {
			t.Fatal(err)
		}
		written, asked := b.offsets(SourceStateKey("acme")), b.offsets(InstanceKey("reader"))
		if len(asked) != 2 || asked[1] < written[0] {
			t.Errorf("asked for what is at offset %v, it waited for records at %v", written, asked)
		}
	})
}

// A caller that gives up ends the wait of no other; a look that fails is reported.
func TestTogetherEachHasItsOwnPatience(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		s := b.client("one")
		gone, other := make(chan error, 1), make(chan error, 1)
		ctx, leave := context.WithCancel(t.Context())
		s.caughtUp()
		s.line.dead.Store(true)
		go func() { gone <- s.CaughtUpTogether(ctx) }()
		go func() { other <- s.CaughtUpTogether(t.Context()) }()
		synctest.Wait() // both wait for one look, which hangs
		leave()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("the caller that left got %v", err)
		}
		s.line.dead.Store(false)
		if err := <-other; err != nil {
			t.Errorf("the other caller failed with it: %v", err)
		}
		s.line.dead.Store(true)
		if err := s.CaughtUpTogether(t.Context()); err == nil {
			t.Error("it has caught up with a topic that cannot be written")
		}
		s.line.dead.Store(false)
		<-time.After(time.Minute)
		if err := s.CaughtUpTogether(t.Context()); err != nil {
			t.Errorf("after the trouble: %v", err)
		}
	})
}

// offsets are the offsets of a key's records.
func (b *bubble) offsets(key string) (offsets []int64) {
	b.t.Helper()
	for r, err := range b.cluster(&line{net: b.net}).ReadAll(b.t.Context(), "control") {
		if err != nil {
			b.t.Fatal(err)
		}
		if string(r.Key) == key {
			offsets = append(offsets, r.Offset)
		}
	}
	return offsets
}
