package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A span is a part of a partition, from one offset up to another, exclusive.
type span struct {
	topic     string
	partition int32
	from, to  int64
	most      int32 // bytes of one response, as of fetchBytes; 0: fetchBytes
}

const (
	fetchBytes   = 8 << 20 // a request's limit; Kafka sends a larger batch whole (KIP-74)
	fetchWait    = time.Second
	followWait   = 20 * time.Second
	fetchTimeout = time.Minute // of failures in a row; enough for a new leader to be elected
	fetchPause   = 500 * time.Millisecond
)

// committed yields the committed records of a span. It fetches from the partition's
// leader itself, because a consumer delivers records only. The records before the
// end of a span may be aborted or compacted, and then no record shows that the end
// is reached. A raw fetch response does.
func (c *Cluster) committed(ctx context.Context, s span) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		var at *leader             // nil: to be looked up
		var failingSince time.Time // zero: the last fetch succeeded
		for next := s.from; next < s.to; {
			var answer fetched
			var err error
			if at == nil {
				at, err = c.leaderOf(ctx, s.topic, s.partition)
			}
			if err == nil {
				answer, err = c.fetch(ctx, at, s, next)
			}
			if err != nil {
				if failingSince.IsZero() {
					failingSince = time.Now()
				}
				if time.Since(failingSince) > fetchTimeout || !isRetriable(err) || pause(ctx, fetchPause) != nil {
					yield(Stored{}, fmt.Errorf("reading topic %s, partition %d, at offset %d: %w%s", s.topic, s.partition, next, readable(err), topicHint(err, readRight)))
					return
				}
				at = nil
				continue
			}
			failingSince = time.Time{}
			for _, r := range answer.records {
				if r.Offset >= s.to || !yield(stored(r), nil) {
					return
				}
			}
			if answer.empty && answer.stable >= s.to {
				return // compaction left nothing between here and the end
			}
			next = answer.next
		}
	}
}

// readRight is the right that fetching needs.
const readRight = "READ on it"

// errLeader means that a partition's leader did not answer, or not correctly.
// Another leader may.
var errLeader = errors.New("no good answer from the partition's leader")

// isRetriable reports whether a failed fetch is worth repeating, at the leader of
// that moment.
func isRetriable(err error) bool {
	if refused, ok := errors.AsType[*kerr.Error](err); ok {
		return refused.Retriable
	}
	return errors.Is(err, errLeader) || errors.Is(err, errNoAnswer)
}

// A fetched is the result of one fetch.
type fetched struct {
	records []*kgo.Record
	next    int64 // the offset after everything in the response, aborted records and markers included
	stable  int64 // the partition's last stable offset
	empty   bool  // the response held nothing, although nothing kept the broker from sending
}

// fetch requests committed records from an offset on from a partition's leader.
func (c *Cluster) fetch(ctx context.Context, at *leader, s span, from int64) (fetched, error) {
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis = int32(fetchWait.Milliseconds()) //nolint:gosec // a constant
	most := cmp.Or(s.most, fetchBytes)
	req.MinBytes, req.MaxBytes = 1, most
	req.IsolationLevel = 1 // read_committed
	req.SessionEpoch = -1  // no fetch session (KIP-227)
	partition := kmsg.NewFetchRequestTopicPartition()
	partition.Partition, partition.FetchOffset, partition.PartitionMaxBytes = s.partition, from, most
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic, topic.TopicID = s.topic, at.topic
	topic.Partitions = append(topic.Partitions, partition)
	req.Topics = append(req.Topics, topic)

	bound, cancel := bounded(ctx)
	defer cancel()
	raw, err := within(bound, func() (kmsg.Response, error) { return c.client.Broker(int(at.broker)).Request(bound, req) })
	if err != nil {
		return fetched{}, fmt.Errorf("%w: %w", errLeader, err)
	}
	resp, ok := raw.(*kmsg.FetchResponse)
	if !ok || len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		if ok && resp.ErrorCode != 0 {
			return fetched{}, kerr.ErrorForCode(resp.ErrorCode)
		}
		return fetched{}, fmt.Errorf("%w: the partition is missing in it", errLeader)
	}
	answer := &resp.Topics[0].Partitions[0]
	got, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Offset: from, IsolationLevel: kgo.ReadCommitted(), Topic: s.topic, Partition: s.partition,
	}, answer, c.decompressor(), nil)
	if errors.Is(got.Err, kgo.ErrMaxDecompress) {
		got.Err = fmt.Errorf("a batch of records there has more than %d MiB when it is decompressed, so it was not written by notion-kafka: "+
			"find out who may write to the topic (%w)", mostDecompressed>>20, got.Err)
	}
	return fetched{
		records: got.Records,
		next:    next,
		stable:  got.LastStableOffset,
		// A broker over its quota answers at once and without records (KIP-219).
		empty: len(answer.RecordBatches) == 0 && resp.ThrottleMillis == 0,
	}, got.Err
}

// mostDecompressed bounds a batch after its decompression, in bytes: a few kilobytes may
// become gigabytes. Batches of ours are smaller, because no request of the client is larger
// than 100 MiB before compression (franz-go: BrokerMaxWriteBytes).
const mostDecompressed = 128 << 20

// decompressor returns the client's own decompressor, which has the bound.
func (c *Cluster) decompressor() kgo.Decompressor {
	own, _ := c.client.OptValue(kgo.WithDecompressor).(kgo.Decompressor)
	return own
}

// A leader is the broker that serves a partition. Requests name the topic by its id
// since KIP-516.
type leader struct {
	topic  [16]byte
	broker int32
}

func (c *Cluster) leaderOf(ctx context.Context, topic string, partition int32) (*leader, error) {
	found, err := c.lookUp(ctx, topic)
	if err != nil {
		return nil, err
	}
	for _, p := range found.Partitions {
		if p.Partition == partition {
			return &leader{found.TopicID, p.Leader}, kerr.ErrorForCode(p.ErrorCode)
		}
	}
	return nil, kerr.UnknownTopicOrPartition
}
