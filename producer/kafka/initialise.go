package kafka

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// FirstRecords reads the first committed record of every partition of the
// state topic that holds any. A commit reaches its partitions one after another
// (Kafka: transaction markers). If some partitions begin with a record, and others
// hold one that is not committed yet, it waits for the latter as long as ctx lasts.
func (c *Cluster) FirstRecords(ctx context.Context) (map[int32]KeyValue, error) {
	for {
		pending, err := c.pending(ctx, c.opts.StateTopic)
		if err != nil {
			return nil, err
		}
		firsts, err := c.firstRecords(ctx)
		if err != nil || len(firsts) == 0 {
			return firsts, err
		}
		if !slices.ContainsFunc(pending, func(p int32) bool { _, begun := firsts[p]; return !begun }) {
			return firsts, nil
		}
		if err := pause(ctx, markerPause); err != nil {
			return nil, fmt.Errorf("waiting for the first transaction of topic %s to reach every partition: %w", c.opts.StateTopic, err)
		}
	}
}

// markerPause is the wait before looking for the marker of a commit again. Markers
// come within moments.
const markerPause = 100 * time.Millisecond

func (c *Cluster) firstRecords(ctx context.Context) (map[int32]KeyValue, error) {
	spans, err := c.spans(ctx, c.opts.StateTopic)
	if err != nil {
		return nil, err
	}
	firsts := map[int32]KeyValue{}
	for _, s := range spans {
		for record, err := range c.committed(ctx, s) {
			if err != nil {
				return nil, err
			}
			firsts[s.partition] = KeyValue{record.Key, record.Value}
			break
		}
	}
	return firsts, nil
}

// pending lists the partitions of a topic that hold records of a transaction that
// has not ended.
func (c *Cluster) pending(ctx context.Context, topic string) (partitions []int32, err error) {
	stable, err := c.listOffsets(ctx, topic, c.admin.ListCommittedOffsets)
	ends := kadm.ListedOffsets{}
	if err == nil {
		ends, err = c.listOffsets(ctx, topic, c.admin.ListEndOffsets)
	}
	if err != nil {
		return nil, fmt.Errorf("listing the end offsets of topic %s: %w", topic, readable(err))
	}
	stable.Each(func(at kadm.ListedOffset) {
		if end, ok := ends.Lookup(topic, at.Partition); ok && at.Offset < end.Offset {
			partitions = append(partitions, at.Partition)
		}
	})
	return partitions, nil
}

// Initialise writes one record to every partition of the state topic in a
// single transaction, so that either all shards begin or none. When two
// instances do so at once, one is fenced and gets an error.
func (c *Cluster) Initialise(ctx context.Context, shards int32, first KeyValue) error {
	const ofNoShard = -1
	w, err := c.newWriter(c.opts.StateTopic+"-init", ofNoShard)
	if err != nil {
		return fmt.Errorf("initialising state topic %s: %w", c.opts.StateTopic, err)
	}
	defer w.Close()
	if err := c.awaitWritable(ctx, topicPartitions{c.opts.StateTopic: nil}); err != nil {
		return fmt.Errorf("initialising state topic %s: %w", c.opts.StateTopic, err)
	}
	_, err = w.transact(ctx, nil, func([]Position) ([]*kgo.Record, error) {
		var records []*kgo.Record
		for p := range shards {
			records = append(records, &kgo.Record{Topic: c.opts.StateTopic, Partition: p, Key: first.Key, Value: first.Value})
		}
		return records, nil
	})
	if err != nil {
		return fmt.Errorf("initialising state topic %s: %w", c.opts.StateTopic, err)
	}
	return nil
}
