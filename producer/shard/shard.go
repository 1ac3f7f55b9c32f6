package shard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// A StateTopic is the topic whose partitions are the shards, with all that a claim needs.
type StateTopic struct {
	Cluster  *kafka.Cluster
	Name     string
	Shards   int32  // partitions that are used; the topic is made with so many
	Group    string // of the instances that share the shards
	Instance string // this instance's name
	Embedded bool   // the broker is the embedded one, which may cut a commit in two when it is killed
	Log      *slog.Logger
	Observe  func(outcome string) // of a transaction: committed, aborted or fenced; may be nil
}

// A Shard is one partition of the state topic while this process owns it: the only
// writer that Kafka admits, and the memory restored from the partition's records.
type Shard struct {
	topic     *StateTopic
	Partition int32
	Log       *slog.Logger
	writer    *kafka.Writer

	committing chan struct{} // has an element while a transaction is open: one at a time. Not a mutex, because a blocked mutex stops the virtual time of tests

	mu        sync.Mutex // guards everything below
	memory    *state.Memory
	deferrals map[string]*deferral // by source
}

// Claim takes a shard over from its last owner, whichever that is, and restores its
// memory. [state.Memory.Apply] takes records into memory here and after every commit,
// so recovery is the normal path. The nonce names this claim in its owner record.
func (t *StateTopic) Claim(ctx context.Context, partition int32, nonce string) (*Shard, error) {
	owner := state.Entry{Key: state.OwnerKey(), Value: state.Owner{Group: t.Group, Instance: t.Instance, Nonce: nonce, At: time.Now().UTC()}}
	key, value, err := owner.Encode()
	if err != nil {
		return nil, err
	}
	writer, err := t.Cluster.Claim(ctx, partition, kafka.KeyValue{Key: key, Value: value})
	if err != nil {
		return nil, err
	}
	s := &Shard{
		topic: t, Partition: partition, writer: writer, committing: make(chan struct{}, 1), memory: state.NewMemory(),
		deferrals: map[string]*deferral{}, Log: t.Log.With("shard", partition),
	}
	if err := s.restore(ctx); err != nil {
		writer.Close()
		return nil, fmt.Errorf("claiming shard %d: %w", partition, s.blocked(err))
	}
	if t.Embedded {
		if err := s.repairCutCommits(ctx); err != nil {
			writer.Close()
			return nil, fmt.Errorf("claiming shard %d: %w", partition, err)
		}
	}
	return s, nil
}

// SetMaxBytes sets the largest batch, in bytes, that a topic takes.
func (s *Shard) SetMaxBytes(topic string, limit int32) { s.writer.SetMaxBytes(topic, limit) }

// Close ends the writer; the shard cannot be used after it.
func (s *Shard) Close() { s.writer.Close() }

// View calls look with the memory while nothing changes it.
func (s *Shard) View(look func(*state.Memory)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	look(s.memory)
}

// Commit writes records and the state entries that describe them in one transaction,
// with everything that was deferred. Memory changes only once the transaction is
// committed. entries receives the position of each record. Where Kafka takes no
// record at the moment, Commit tries again for ten seconds; other transactions may
// be committed between its attempts.
func (s *Shard) Commit(ctx context.Context, records []kafka.Record, entries func([]kafka.Position) []state.Entry) error {
	for giveUp := time.Now().Add(replicasPatience); ; {
		err := s.CommitOnce(ctx, records, entries)
		if !errors.Is(err, kafka.ErrNotWritable) || !time.Now().Before(giveUp) || !Wait(ctx, replicasPause) {
			return err
		}
	}
}

// How long a commit waits for a leader to move or a broker to restart, and how long
// between two attempts.
const (
	replicasPatience = 10 * time.Second
	replicasPause    = 500 * time.Millisecond
)

// CommitOnce is one attempt of [Shard.Commit]. A panic becomes an unknown outcome,
// because it may have come between the commit and the change of memory.
func (s *Shard) CommitOnce(ctx context.Context, records []kafka.Record, entries func([]kafka.Position) []state.Entry) error {
	err := notion.Guard(func() error { return s.transact(ctx, records, entries) })
	if errors.As(err, new(*notion.PanicError)) {
		return fmt.Errorf("%w: %w", kafka.ErrUnknown, err)
	}
	return err
}

func (s *Shard) transact(ctx context.Context, records []kafka.Record, entries func([]kafka.Position) []state.Entry) error {
	s.committing <- struct{}{} // held for as long as a commit may take, which is bounded
	defer func() { <-s.committing }()
	var written []kafka.KeyValue
	err := s.writer.Commit(ctx, records, func(positions []kafka.Position) ([]kafka.KeyValue, error) {
		for _, entry := range entries(positions) {
			key, value, err := entry.Encode()
			if err != nil {
				return nil, err
			}
			written = append(written, kafka.KeyValue{Key: key, Value: value})
		}
		return s.carry(written), nil
	})
	s.observe(err)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.carried()
	for _, kv := range written {
		if err := s.memory.Apply(kv.Key, kv.Value); err != nil {
			return fmt.Errorf("%w: %w", kafka.ErrUnknown, err) // committed, and the memory lacks it
		}
	}
	return nil
}

// observe reports how a transaction ended, where that is known.
func (s *Shard) observe(err error) {
	if s.topic == nil || s.topic.Observe == nil {
		return
	}
	switch _, aborted := errors.AsType[*kafka.AbortedError](err); {
	case err == nil:
		s.topic.Observe("committed")
	case errors.Is(err, kafka.ErrFenced):
		s.topic.Observe("fenced")
	case aborted:
		s.topic.Observe("aborted")
	}
}

// Save commits state entries alone.
func (s *Shard) Save(ctx context.Context, entries ...state.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return s.Commit(ctx, nil, func([]kafka.Position) []state.Entry { return entries })
}

// Source is the workspace and connection that a source was pinned to at its first use,
// and whether it is paused.
func (s *Shard) Source(source string) (pinned state.Source) {
	s.View(func(m *state.Memory) {
		if known := m.Source(source).Source; known != nil {
			pinned = *known
		}
	})
	return pinned
}

// ReadOnly is a shard with a memory and no writer: nothing can be committed to it.
func ReadOnly(memory *state.Memory, log *slog.Logger) *Shard {
	return &Shard{memory: memory, Log: log}
}

// Lost returns err if it says that the shard is lost, because the outcome of a
// transaction is unknown; else nil.
func Lost(err error) error {
	if errors.Is(err, kafka.ErrUnknown) {
		return err
	}
	return nil
}

// Wait returns true after d, or false as soon as ctx ends.
func Wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
