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

// refuseShort is an [AbortedError] where one of the partitions that a transaction
// is about to write to takes no record.
func (w *Writer) refuseShort(ctx context.Context, data []*kgo.Record) error {
	where, ofState := placesOf(data), w.cluster.opts.StateTopic
	if where[ofState] = nil; w.partition >= 0 {
		where.add(ofState, w.partition)
	}
	short, err := w.cluster.short(ctx, where)
	if err != nil || short == nil {
		return nil //nolint:nilerr // the transaction gets to know what is wrong
	}
	return &AbortedError{Index: -1, Err: short}
}

// begin begins a transaction. The client's own call has no context, and repeats
// CONCURRENT_TRANSACTIONS without limit; what goes on behind it ends when the
// writer is closed.
func (w *Writer) begin(ctx context.Context) error {
	return ended(ctx, w.client.BeginTransaction)
}

// errUnended says that a transaction has not ended: what ends it is not in all its
// partitions yet (KIP-98: markers).
var errUnended = errors.New("the transaction has not ended")

// HeldUp says whether an error is that a partition takes no record, or that a
// transaction cannot end, mostly for that reason: it lasts until somebody starts
// brokers.
func HeldUp(err error) bool { return errors.Is(err, ErrNotWritable) || errors.Is(err, errUnended) }

// unendedTimeout bounds the question what a transaction waits for.
const unendedTimeout = 5 * time.Second

// unended says which topics the writer's transaction is in, or the one that its
// coordinator is still ending, and which of them takes no record; nil where there
// is none. It is asked after a wait has failed, so what it cannot learn it leaves
// out.
func (w *Writer) unended(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unendedTimeout)
	defer cancel()
	described, err := within(ctx, func() (kadm.DescribedTransactions, error) { return w.cluster.admin.DescribeTransactions(ctx, w.id) })
	found, known := described[w.id]
	if err != nil || !known || len(found.Topics) == 0 {
		return nil
	}
	where := places{}
	for topic, partitions := range found.Topics {
		for partition := range partitions {
			where.add(topic, partition)
		}
	}
	short, err := w.cluster.short(ctx, where)
	if err == nil && short != nil {
		return fmt.Errorf("%w: transactional id %s, %s: %w", errUnended, w.id, found.State, short)
	}
	return fmt.Errorf("%w: transactional id %s, %s, with topics %s", errUnended, w.id, found.State,
		strings.Join(slices.Sorted(maps.Keys(found.Topics)), ", "))
}
