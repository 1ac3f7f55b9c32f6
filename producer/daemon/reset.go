package daemon

import (
	"context"
	"fmt"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// Reset makes the next run of a stream scan afresh. Fingerprints stay, so only changes
// are published. With forget the fingerprints count no longer, and everything is
// published again, into the topic that the stream has then. Reset writes to the state
// topic itself, so it is refused while an instance of the group lives.
func (d *Daemon) Reset(ctx context.Context, source, stream string, forget bool) error {
	if _, err := d.remembered(ctx, source, stream); err != nil {
		return err
	}
	return d.whileAlone(ctx, source, func(s *shard.Shard) error { return resetStream(ctx, s, source, stream, forget) })
}

// whileAlone claims the shard of a source to change what is remembered. It refuses while an
// instance of the group lives.
func (d *Daemon) whileAlone(ctx context.Context, source string, change func(*shard.Shard) error) error {
	if err := d.alone(ctx, 0); err != nil {
		return err
	}
	s, err := d.shards().Claim(ctx, d.shardOf(source), producer.NewID(time.Now()))
	if err != nil {
		return err
	}
	defer s.Close()
	return change(s)
}

// resetStream makes the next run of a stream scan afresh, on a shard that is ours.
func resetStream(ctx context.Context, s *shard.Shard, source, stream string, forget bool) (err error) {
	var entries []state.Entry
	s.View(func(m *state.Memory) {
		if err = knownStream(m, source, stream); err == nil {
			entries = m.ResetStream(source, stream, forget)
		}
	})
	if err != nil {
		return err
	}
	if err := s.Save(ctx, entries...); err != nil {
		return fmt.Errorf("resetting stream %s of source %s: %w", stream, source, err)
	}
	return nil
}
