package producer

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"notion-kafka/producer/kafka"
	"notion-kafka/producer/schedule"
	"notion-kafka/producer/state"
)

// A shard is one partition of the state topic while it is ours: the writer
// that Kafka lets write it, and the memory that its records make.
type shard struct {
	partition int32
	daemon    *Daemon
	log       *slog.Logger
	writer    *kafka.Writer

	committing chan struct{} // holds an element while a transaction is open: one at a time

	mu        sync.Mutex // guards what follows
	memory    *state.Memory
	pinned    map[string]bool      // sources whose token was looked at since the claim
	lastStart map[string]time.Time // since the claim: of sources' runs, and by source/stream of sweeps
	runs      map[string]*traffic  // by source
}

// claim takes a shard over from whoever had it and reads what it says. The
// same [state.Memory.Apply] that follows every commit rebuilds the memory, so
// recovery is the normal path. The nonce is this claim's name in its owner
// record.
func (d *Daemon) claim(ctx context.Context, partition int32, nonce string) (*shard, error) {
	owner := state.Entry{Key: state.OwnerKey(), Value: state.Owner{
		Group: d.opts.Group, Instance: d.opts.Instance, Nonce: nonce, At: time.Now().UTC(),
	}}
	key, value, err := owner.Encode()
	if err != nil {
		return nil, err
	}
	writer, err := d.opts.Cluster.Claim(ctx, partition, kafka.KeyValue{Key: key, Value: value})
	if err != nil {
		return nil, err
	}
	s := &shard{
		partition: partition, daemon: d, writer: writer, committing: make(chan struct{}, 1), memory: state.NewMemory(),
		pinned: map[string]bool{}, lastStart: map[string]time.Time{}, runs: map[string]*traffic{}, log: d.opts.Logger.With("shard", partition),
	}
	for record, err := range writer.Restore(ctx) {
		if err == nil {
			err = s.memory.Apply(record.Key, record.Value)
		}
		if err != nil {
			writer.Close()
			return nil, fmt.Errorf("claiming shard %d: %w", partition, err)
		}
	}
	if d.opts.Embedded {
		if err := s.mendCutCommits(ctx); err != nil {
			writer.Close()
			return nil, fmt.Errorf("claiming shard %d: %w", partition, err)
		}
	}
	return s, nil
}

func (s *shard) close() { s.writer.Close() }

// see lets look at the memory while nothing changes it.
func (s *shard) see(look func(*state.Memory)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	look(s.memory)
}

// due is when a source's trigger wants its next run; false where it never does
// by itself. A source that never ran is due now.
func (s *shard) due(src *Source) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.lastStart[src.Name]
	memory := s.memory.Source(src.Name)
	for _, name := range memory.Streams() {
		if at := memory.Stream(name).Schedule[runJob].LastStart; at.After(last) {
			last = at
		}
	}
	return next(src.Trigger, last)
}

// sweepDue is when a stream is to be swept; false where it never is. A sweep
// that was started and came to nothing waits for its trigger too.
func (s *shard) sweepDue(src *Source, stream string, settings Settings) (time.Time, bool) {
	if settings.Sweep == nil {
		return time.Time{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.memory.Source(src.Name).Stream(stream).Schedule[sweepJob].LastStart
	if at := s.lastStart[src.Name+"/"+stream]; at.After(last) {
		last = at
	}
	return next(settings.Sweep, last)
}

// nextSweep is when the first of a source's sweeps is due.
func (s *shard) nextSweep(src *Source) (first time.Time, ok bool) {
	titles := map[string]string{}
	s.see(func(m *state.Memory) {
		memory := m.Source(src.Name)
		for id, db := range memory.Databases {
			if topic := memory.Stream(DatabaseStream(id)).Topic; topic != nil && topic.Scanned && !db.InTrash && db.NotFound.IsZero() {
				titles[id] = db.Title
			}
		}
	})
	for id, title := range titles {
		name := DatabaseStream(id)
		settings, selected := src.Select(name, id, title)
		if !selected || settings.FullTable {
			continue
		}
		if due, due1 := s.sweepDue(src, name, settings); due1 && (!ok || due.Before(first)) {
			first, ok = due, true
		}
	}
	return first, ok
}

// next is when a job that was last started then is due; one that never was is
// due now.
func next(trigger schedule.Trigger, last time.Time) (due time.Time, ok bool) {
	due, ok = trigger.Next(last)
	if ok && last.IsZero() {
		due = time.Now()
	}
	return due, ok
}

// started notes a run that began, or of a stream a sweep, whatever came of it.
func (s *shard) started(what string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastStart[what] = at
}

// publish is the one way anything changes: records and the state entries that
// describe them become one transaction, and memory follows only when it is
// committed. entries is told where each record was written.
func (s *shard) publish(ctx context.Context, records []kafka.Record, entries func([]kafka.Position) []state.Entry) error {
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
		return written, nil
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, kv := range written {
		if err := s.memory.Apply(kv.Key, kv.Value); err != nil {
			return err
		}
	}
	return nil
}

// remember commits state entries alone.
func (s *shard) remember(ctx context.Context, entries ...state.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return s.publish(ctx, nil, func([]kafka.Position) []state.Entry { return entries })
}
