package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// describeTimeout bounds the search for the transaction that blocks readers.
const describeTimeout = 10 * time.Second

// blockingTransaction describes the oldest transaction that is open on a partition:
// readers of committed records wait for it. It is called after a wait has failed,
// and leaves out what it cannot learn.
func (c *Cluster) blockingTransaction(ctx context.Context, topic string, partition int32) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), describeTimeout)
	defer cancel()
	var at kadm.TopicsSet
	at.Add(topic, partition)
	producers, err := within(ctx, func() (kadm.DescribedProducersTopics, error) { return c.admin.DescribeProducers(ctx, at) })
	if err != nil {
		return "the last committed records were not readable in time, and looking for an open transaction before them failed: " + readable(err).Error()
	}
	oldest := kadm.DescribedProducer{CurrentTxnStartOffset: -1}
	producers.EachProducer(func(p kadm.DescribedProducer) {
		if p.CurrentTxnStartOffset >= 0 && (oldest.CurrentTxnStartOffset < 0 || p.CurrentTxnStartOffset < oldest.CurrentTxnStartOffset) {
			oldest = p
		}
	})
	if oldest.CurrentTxnStartOffset < 0 {
		return "the last committed records were not readable in time, although no transaction is open there"
	}
	id := "(unknown: grant DESCRIBE on transactional ids to see it)"
	listed, err := within(ctx, func() (kadm.ListedTransactions, error) {
		return c.admin.ListTransactions(ctx, []int64{oldest.ProducerID}, nil)
	})
	if err == nil {
		for _, t := range listed {
			id = t.TxnID
		}
	}
	return fmt.Sprintf("a transaction that began at offset %d is still open: transactional id %s, producer id %d, last write %s. "+
		"The broker ends it after its timeout; to end it now, use kafka-transactions.sh abort",
		oldest.CurrentTxnStartOffset, id, oldest.ProducerID, time.UnixMilli(oldest.LastTimestamp).UTC().Format(time.RFC3339))
}
