package shard

import (
	"context"
	"maps"
	"slices"
	"time"

	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// How far a stream has been read, when its triggers were answered last and what
// the history counts of quiet runs changes with every poll, also where nobody
// has edited anything. None of that is worth a transaction of its own: it counts
// in memory at once, goes along with the next transaction of the shard, whichever
// source that is for, and is written once a minute where none comes.
//
// Memory is therefore ahead of the log by these entries and by nothing else. A
// crash restores an older position: that costs requests, and the fingerprints
// drop what was published.

// settleEvery is how often what was deferred is written at most.
const settleEvery = time.Minute

// mostDeferred is how large an entry may be that is deferred, in bytes. Kafka might
// refuse a larger one, and every transaction that takes it along.
const mostDeferred = 64 << 10

// A deferral is what a source has not written yet.
type deferral struct {
	entries map[string][]byte // of the state topic, by key: the last one wins; nil forgets the key
	owes    bool              // its history has records to write
	settled time.Time         // when the source wrote such things last
}

// deferralOf is called with the lock held.
func (s *Shard) deferralOf(source string) *deferral {
	d, ok := s.deferrals[source]
	if !ok {
		d = &deferral{entries: map[string][]byte{}}
		s.deferrals[source] = d
	}
	return d
}

// Postpone takes entries into memory at once and into the log with the next
// transaction. It waits for the one that is open: what that writes was decided
// before, and must not come after it.
func (s *Shard) Postpone(ctx context.Context, source string, entries ...state.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	encoded := make([]kafka.KeyValue, len(entries))
	for i, entry := range entries {
		var err error
		if encoded[i].Key, encoded[i].Value, err = entry.Encode(); err != nil {
			return err
		}
		if len(encoded[i].Value) > mostDeferred {
			return s.Save(ctx, entries...)
		}
	}
	s.committing <- struct{}{} // held for as long as a commit may take, which is bounded
	defer func() { <-s.committing }()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, kv := range encoded {
		if err := s.memory.Apply(kv.Key, kv.Value); err != nil {
			return err
		}
		s.deferralOf(source).entries[string(kv.Key)] = kv.Value
	}
	return nil
}

// carry adds to what a transaction writes what was deferred by all sources. It
// comes first, and gives way to newer entries of the same keys.
func (s *Shard) carry(entries []kafka.KeyValue) []kafka.KeyValue {
	s.mu.Lock()
	defer s.mu.Unlock()
	newer := map[string]bool{}
	for _, kv := range entries {
		newer[string(kv.Key)] = true
	}
	var carried []kafka.KeyValue
	for _, source := range slices.Sorted(maps.Keys(s.deferrals)) {
		deferred := s.deferrals[source].entries
		for _, key := range slices.Sorted(maps.Keys(deferred)) {
			if !newer[key] {
				carried = append(carried, kafka.KeyValue{Key: []byte(key), Value: deferred[key]})
			}
		}
	}
	return append(carried, entries...)
}

// carried forgets what was deferred, because a transaction that took it along was
// committed. It is called with the lock held, and before another one may begin.
func (s *Shard) carried() {
	for _, d := range s.deferrals {
		clear(d.entries)
	}
}

// Owes notes whether a source's history has records to write.
func (s *Shard) Owes(source string, some bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deferralOf(source).owes = some
}

// HasSettled notes that a source writes what it has deferred.
func (s *Shard) HasSettled(source string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deferralOf(source).settled = time.Now()
}

// MaySettle says that a source has written nothing of this kind for so long that
// it may do so at once.
func (s *Shard) MaySettle(source string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.deferralOf(source).settled) >= settleEvery
}

// UntilSettled is how long it takes until a source has to write what it has
// deferred; a minute where there is nothing.
func (s *Shard) UntilSettled(source string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.deferralOf(source)
	if len(d.entries) == 0 && !d.owes {
		return settleEvery
	}
	return max(0, time.Until(d.settled.Add(settleEvery)))
}

// Flush writes what a source still has deferred of its position. The error is that
// the writer is lost; what Kafka refuses stays deferred.
func (s *Shard) Flush(ctx context.Context, source string) error {
	s.mu.Lock()
	some := len(s.deferralOf(source).entries) > 0
	s.mu.Unlock()
	if !some {
		return nil
	}
	err := s.Commit(ctx, nil, func([]kafka.Position) []state.Entry { return nil })
	if err != nil && Lost(err) == nil {
		s.Log.WarnContext(ctx, "writing how far a source has been read failed: it is tried again within a minute", "source", source, "error", err)
	}
	return Lost(err)
}
