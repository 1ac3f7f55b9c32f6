package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// FirstRecords reads the first committed record of every partition of the
// state topic that holds any.
func (c *Cluster) FirstRecords(ctx context.Context) (map[int32]KeyValue, error) {
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

// Initialise writes one record to every partition of the state topic in a
// single transaction, so that either all shards begin or none. Of two
// instances that do so at once, one is fenced and gets an error.
func (c *Cluster) Initialise(ctx context.Context, shards int32, first KeyValue) error {
	const ofNoShard = -1
	w, err := c.newWriter(c.opts.StateTopic+"-init", ofNoShard)
	if err != nil {
		return fmt.Errorf("initialising state topic %s: %w", c.opts.StateTopic, err)
	}
	defer w.Close()
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
