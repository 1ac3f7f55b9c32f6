package shard

import (
	"context"
	"maps"
	"slices"
	"time"

	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// Every poll changes a stream's position, the last start of its triggers and the
// history's count of quiet runs, even where nobody has edited anything. None of
// these is worth a transaction of its own. They are deferred: they count in memory
// at once and are written with the shard's next transaction, whichever source it is
// for. Where none comes, they are written once a minute.
//
// Memory is therefore ahead of the log by the deferred entries and by nothing else.
// A crash restores an older position: that costs requests, and the fingerprints
// drop what was published.

// settleEvery is the shortest time between two transactions that a source makes
// for its deferred entries alone.
const settleEvery = time.Minute

// mostDeferred is the size, in bytes, of the largest entry that is deferred. Kafka
// might refuse a larger one, and with it every transaction that it is added to.
const mostDeferred = 64 << 10

// A deferral is what a source has not written yet.
type deferral struct {
	entries map[string][]byte // of the state topic, by key: the last one wins; nil forgets the key
	owes    bool              // its history has records to write
	settled time.Time         // when the source last wrote what it had deferred
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
// transaction. It first waits for an open transaction to end, because memory must
// not apply that transaction's older entries after these.
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

// carry adds the deferred entries of all sources to the entries of a transaction.
// The deferred ones come first, and are left out where the transaction has a newer
// entry of the same key.
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

// carried forgets the deferred entries: a transaction that wrote them was
// committed. It is called with the lock held, before the next transaction begins.
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

// HasSettled notes that a source is writing what it has deferred.
func (s *Shard) HasSettled(source string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deferralOf(source).settled = time.Now()
}

// MaySettle says whether a source may write its deferred entries at once: the last
// time was a minute ago or more.
func (s *Shard) MaySettle(source string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.deferralOf(source).settled) >= settleEvery
}

// UntilSettled is the time until a source has to write what it has deferred; a
// minute where it has deferred nothing.
func (s *Shard) UntilSettled(source string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.deferralOf(source)
	if len(d.entries) == 0 && !d.owes {
		return settleEvery
	}
	return max(0, time.Until(d.settled.Add(settleEvery)))
}

// Flush writes the entries that a source has deferred. It returns an error only
// when the writer is lost; entries that Kafka refuses stay deferred.
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
