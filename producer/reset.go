package producer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"notion-kafka/producer/state"
)

// Reset makes the next run of a stream scan afresh. Fingerprints stay, so only
// changes are published, unless forget is set: then they count no longer and
// everything is published again, into whatever topic there is then. It works
// on the state topic itself, so it is refused while an instance of the group
// lives.
func (d *Daemon) Reset(ctx context.Context, source, stream string, forget bool) error {
	if _, err := d.remembered(ctx, source, stream); err != nil {
		return err
	}
	if err := d.alone(ctx, 0); err != nil {
		return err
	}
	s, err := d.shards().Claim(ctx, state.ShardOf(source, d.opts.StateTopic.Partitions), newID(time.Now()))
	if err != nil {
		return err
	}
	defer s.close()
	var entries []state.Entry
	s.see(func(m *state.Memory) { entries, err = resetEntries(m, source, stream, forget) })
	if err != nil {
		return err
	}
	if err := s.remember(ctx, entries...); err != nil {
		return fmt.Errorf("resetting stream %s of source %s: %w", stream, source, err)
	}
	return nil
}

func resetEntries(m *state.Memory, source, stream string, forget bool) ([]state.Entry, error) {
	if err := knownStream(m, source, stream); err != nil {
		return nil, err
	}
	known := m.Source(source)
	memory := known.Stream(stream)
	topic := *memory.Topic
	topic.Left = nil
	if forget {
		topic.Generation++
		topic.ID, topic.Partitions, topic.Offsets, topic.Scanned = "", 0, nil, false
	}
	entries := []state.Entry{
		{Key: state.TopicKey(source, stream), Value: topic},
		{Key: state.ScanKey(source, stream)},
	}
	for _, id := range slices.Sorted(maps.Keys(memory.Cursors)) {
		entries = append(entries, state.Entry{Key: state.CursorKey(source, stream, id)})
	}
	if stream == DatabasesStream {
		// What it publishes is what is retrieved, so everything is to be.
		for _, id := range slices.Sorted(maps.Keys(known.Databases)) {
			db := known.Databases[id]
			db.Retrieved = time.Time{}
			entries = append(entries, state.Entry{Key: state.DatabaseKey(source, id), Value: db})
		}
	}
	return entries, nil
}
