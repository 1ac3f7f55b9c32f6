package kafka

import (
	"context"
	"errors"
	"fmt"
)

// ErrNoRecord means that there is no committed record at an offset. The error says why, as
// far as Kafka shows it.
var ErrNoRecord = errors.New("there is no such record")

// RecordAt returns the committed record at an offset of a partition. If there is none, the
// error is [ErrNoRecord]; of a missing topic it is [ErrTopicMissing].
func (c *Cluster) RecordAt(ctx context.Context, topic string, partition int32, offset int64) (Stored, error) {
	all, err := c.allSpans(ctx, topic)
	if err != nil {
		return Stored{}, err
	}
	for _, s := range all {
		if s.partition == partition {
			return c.recordIn(ctx, s, offset)
		}
	}
	return Stored{}, fmt.Errorf("%w: topic %s has %d partitions, counted from 0", ErrNoRecord, topic, len(all))
}

// recordIn returns the record at an offset of a whole partition.
func (c *Cluster) recordIn(ctx context.Context, s span, offset int64) (Stored, error) {
	switch {
	case offset < s.from:
		return Stored{}, fmt.Errorf("%w: partition %d of topic %s now begins at offset %d, what was before it is deleted", ErrNoRecord, s.partition, s.topic, s.from)
	case offset >= s.to:
		return Stored{}, fmt.Errorf("%w: the committed records of partition %d of topic %s end before offset %d, so it is not written or not committed yet", ErrNoRecord, s.partition, s.topic, s.to)
	}
	s.from, s.to, s.most = offset, offset+1, windowFetch
	for r, err := range c.committed(ctx, s) {
		return r, err
	}
	return Stored{}, fmt.Errorf("%w: offset %d of partition %d of topic %s was compacted away for a newer record of its key, or its transaction was aborted, or it is the marker that ends a transaction", ErrNoRecord, offset, s.partition, s.topic)
}
