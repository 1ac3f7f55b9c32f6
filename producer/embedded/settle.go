package embedded

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// abortOpenTransactions durably aborts the transactions that were open when the
// broker at addr was stopped or killed.
//
// A clean stop keeps a transaction open; claiming its id aborts it. A kill leaves
// records without a marker at their end. kfake hides them when it loads, but after
// another kill it would take a later commit of the same producer for theirs. So they
// get the missing marker.
func abortOpenTransactions(ctx context.Context, addr string) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(addr),
		kgo.FetchIsolationLevel(kgo.ReadUncommitted()),
		kgo.KeepControlRecords(),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)

	ongoing, err := admin.ListTransactions(ctx, nil, []string{"Ongoing"})
	if err != nil {
		return fmt.Errorf("listing open transactions: %w", err)
	}
	for id := range ongoing {
		request := kmsg.NewPtrInitProducerIDRequest()
		request.TransactionalID = kmsg.StringPtr(id)
		request.TransactionTimeoutMillis = 60_000
		if _, err := request.RequestWith(ctx, client); err != nil {
			return fmt.Errorf("aborting open transaction %s: %w", id, err)
		}
	}
	dangling, err := danglingTransactions(ctx, client, admin)
	if err != nil {
		return fmt.Errorf("looking for transactions without an end: %w", err)
	}
	for where, epoch := range dangling {
		answers, err := admin.WriteTxnMarkers(ctx, kadm.TxnMarkers{
			ProducerID:    where.producer,
			ProducerEpoch: epoch,
			Topics:        kadm.TopicsSet{where.topic: {where.partition: {}}},
		})
		if err != nil {
			return fmt.Errorf("aborting a transaction in %s: %w", where.topic, err)
		}
		for _, answer := range answers.Sorted() {
			for _, topic := range answer.Topics.Sorted() {
				for _, partition := range topic.Partitions.Sorted() {
					if partition.Err != nil {
						return fmt.Errorf("aborting a transaction in %s: %w", where.topic, partition.Err)
					}
				}
			}
		}
	}
	return nil
}

// place is where a producer may have left a transaction without an end.
type place struct {
	topic     string
	partition int32
	producer  int64
}

// danglingTransactions reads every partition to its end. It returns the places where
// records of a transaction have no marker after them, with the producer's epoch.
func danglingTransactions(ctx context.Context, client *kgo.Client, admin *kadm.Client) (map[place]int16, error) {
	starts, err := admin.ListStartOffsets(ctx)
	if err != nil {
		return nil, err
	}
	ends, err := admin.ListEndOffsets(ctx)
	if err != nil {
		return nil, err
	}
	last := map[string]map[int32]int64{} // the last offset of each partition that is not read to its end
	from := map[string]map[int32]kgo.Offset{}
	ends.Each(func(end kadm.ListedOffset) {
		start, _ := starts.Lookup(end.Topic, end.Partition)
		if end.Offset <= start.Offset {
			return
		}
		if last[end.Topic] == nil {
			last[end.Topic], from[end.Topic] = map[int32]int64{}, map[int32]kgo.Offset{}
		}
		last[end.Topic][end.Partition] = end.Offset - 1
		from[end.Topic][end.Partition] = kgo.NewOffset().At(start.Offset)
	})
	client.AddConsumePartitions(from)

	dangling := map[place]int16{}
	for len(last) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			at := place{r.Topic, r.Partition, r.ProducerID}
			switch {
			case r.Attrs.IsControl():
				delete(dangling, at)
			case r.Attrs.IsTransactional():
				dangling[at] = r.ProducerEpoch
			}
			if r.Offset >= last[r.Topic][r.Partition] {
				delete(last[r.Topic], r.Partition)
			}
			if len(last[r.Topic]) == 0 {
				delete(last, r.Topic)
			}
		})
	}
	return dangling, nil
}
