package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// appendTimeout bounds a plain append.
const appendTimeout = 10 * time.Second

var errAppendTimeout = fmt.Errorf("%w (%v)", errNoAnswer, appendTimeout)

// Append writes records to partition 0 of a topic, in order and outside of any
// transaction, and returns when every in-sync replica has them. After an error it
// is unknown which of them were written.
func (c *Cluster) Append(ctx context.Context, topic string, records ...KeyValue) error {
	ctx, cancel := context.WithTimeoutCause(ctx, appendTimeout, errAppendTimeout)
	defer cancel()
	for {
		written, err := c.produce(ctx, topic, records)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			err = context.Cause(ctx)
		case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
			// When the time of another call is over, the client also gives up the
			// records that wait behind that call's.
			records = records[written:]
			continue
		case errors.Is(err, kerr.UnknownTopicID):
			// Without this the client would refuse a recreated topic for ever.
			_ = doWithin(ctx, func() error { c.client.PurgeTopicsFromProducing(topic); return nil })
		}
		return fmt.Errorf("writing to topic %s: %w%s", topic, err, produceHint(err))
	}
}

// produce sends records and waits until the outcome of every record is known, or
// ctx ends. It returns how many were written before the first that was not.
func (c *Cluster) produce(ctx context.Context, topic string, records []KeyValue) (written int, err error) {
	outcomes := make([]chan error, len(records))
	for i, r := range records {
		outcome := make(chan error, 1)
		outcomes[i] = outcome
		record := &kgo.Record{Topic: topic, Partition: 0, Key: r.Key, Value: r.Value}
		c.client.Produce(ctx, record, func(_ *kgo.Record, err error) { outcome <- err })
	}
	for _, outcome := range outcomes {
		var failed error
		select {
		case failed = <-outcome:
		case <-ctx.Done():
			return written, ctx.Err()
		}
		if err == nil {
			err = failed
		}
		if err == nil {
			written++
		}
	}
	return written, err
}
