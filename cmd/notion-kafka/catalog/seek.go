package catalog

import (
	"context"
	"errors"

	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// mostSeeks is how many searches for a key may be under way: each holds about 8 MiB.
const mostSeeks = 4

// Seek returns the last record of a key in a topic, nil if there is none among the newest
// most records of the partition. whole is false if older ones were not looked at, also
// because ctx ended.
func (c *Catalog) Seek(ctx context.Context, in control.SearchedTopic, key string, most int) (last *control.FoundRecord, whole bool, err error) {
	select {
	case c.seeks <- struct{}{}:
		defer func() { <-c.seeks }()
	case <-ctx.Done():
		return nil, false, nil
	}
	records, err := c.cluster.Backward(ctx, in.Topic, func(partition int32) int64 {
		if in.Partition == control.EveryPartition || in.Partition == partition {
			return kafka.FromEnd
		}
		return 0
	})
	more := err == nil
	for read := 0; more && read < most; read++ {
		var r kafka.Stored
		if r, more, err = records.Next(ctx); err != nil || !more {
			break
		}
		if string(r.Key) != key {
			continue
		}
		title := c.titleIn(ctx, r)
		if last != nil { // it is a tombstone
			last.Title = title
			return last, true, nil
		}
		last = &control.FoundRecord{
			Partition: r.Partition, Offset: r.Offset, Timestamp: r.Time.UTC(), Op: r.Header("notion-kafka.op"), Reason: r.Header("notion-kafka.reason"), Title: title,
		}
		if r.Value != nil || r.LeftOut > 0 {
			return last, true, nil
		}
	}
	switch {
	case errors.Is(err, kafka.ErrTopicMissing):
		return nil, true, nil
	case ctx.Err() != nil:
		return last, last != nil, nil
	case err != nil && last == nil:
		return nil, false, err
	}
	return last, last != nil || !more, nil
}

// titleIn is the title in the value of a page's record; "" if it has none, or cannot be
// decoded.
func (c *Catalog) titleIn(ctx context.Context, r kafka.Stored) string {
	return titleOf(NewDecoder(c.registry).Record(ctx, r).Value)
}
