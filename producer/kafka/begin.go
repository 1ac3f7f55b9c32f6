package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// refuseShortage returns an [AbortedError] if a partition that a transaction is about
// to write to takes no record.
func (w *Writer) refuseShortage(ctx context.Context, data []*kgo.Record) error {
	where, ofState := partitionsOf(data), w.cluster.opts.StateTopic
	if where[ofState] = nil; w.partition >= 0 {
		where.add(ofState, w.partition)
	}
	short, err := w.cluster.shortage(ctx, where)
	if err != nil || short == nil {
		return nil //nolint:nilerr // the transaction itself reports what is wrong
	}
	return &AbortedError{Index: -1, Err: short}
}

// begin begins a transaction. The client's own call takes no context, and retries
// CONCURRENT_TRANSACTIONS without limit; a call that is left behind ends when the
// writer is closed.
func (w *Writer) begin(ctx context.Context) error {
	return doWithin(ctx, w.client.BeginTransaction)
}

// errUnended means that a transaction has not ended: its markers are not in all its
// partitions yet (KIP-98).
var errUnended = errors.New("the transaction has not ended")

// HeldUp reports whether an error means that a partition takes no record, or that a
// transaction cannot end, mostly for the same reason. It lasts until somebody starts
// brokers.
func HeldUp(err error) bool { return errors.Is(err, ErrNotWritable) || errors.Is(err, errUnended) }

// unendedTimeout bounds the request that shows what a transaction waits for.
const unendedTimeout = 5 * time.Second

// unended describes the writer's open transaction, or the one that its coordinator
// is still ending: its topics, and a partition of them that takes no record. It
// returns nil without such a transaction. It is called after a wait has failed, and
// leaves out what it cannot learn.
func (w *Writer) unended(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unendedTimeout)
	defer cancel()
	described, err := within(ctx, func() (kadm.DescribedTransactions, error) { return w.cluster.admin.DescribeTransactions(ctx, w.id) })
	found, known := described[w.id]
	if err != nil || !known || len(found.Topics) == 0 {
		return nil
	}
	where := topicPartitions{}
	for topic, partitions := range found.Topics {
		for partition := range partitions {
			where.add(topic, partition)
		}
	}
	short, err := w.cluster.shortage(ctx, where)
	if err == nil && short != nil {
		return fmt.Errorf("%w: transactional id %s, %s: %w", errUnended, w.id, found.State, short)
	}
	return fmt.Errorf("%w: transactional id %s, %s, with topics %s", errUnended, w.id, found.State,
		strings.Join(slices.Sorted(maps.Keys(found.Topics)), ", "))
}
