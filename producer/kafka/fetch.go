package kafka

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A span is a stretch of a partition, from one offset up to another, that one
// excluded.
type span struct {
	topic     string
	partition int32
	from, to  int64
}

const (
	fetchBytes    = 8 << 20 // asked for at once; Kafka sends a larger batch whole (KIP-74)
	fetchWait     = time.Second
	followWait    = 20 * time.Second
	fetchPatience = time.Minute // of failures in a row; enough for a new leader to be chosen
	fetchPause    = 500 * time.Millisecond
)

// committed yields the committed records of a span. It asks the partition's
// leader itself: a consumer hands over records only, and what lies before the
// end of a span may be aborted, or gone since compaction, so that no record
// ever comes to say that the end is reached. A raw answer says it.
func (c *Cluster) committed(ctx context.Context, s span) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		var at *leader        // nil: to be looked up
		var failing time.Time // since when; zero: it is not
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
				if failing.IsZero() {
					failing = time.Now()
				}
				if time.Since(failing) > fetchPatience || !passing(err) || pause(ctx, fetchPause) != nil {
					yield(Stored{}, fmt.Errorf("reading topic %s, partition %d, at offset %d: %w%s", s.topic, s.partition, next, readable(err), topicHint(err, readRight)))
					return
				}
				at = nil
				continue
			}
			failing = time.Time{}
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

// errLeader marks what a partition's leader did not answer, or not rightly:
// another one may.
var errLeader = errors.New("no good answer from the partition's leader")

// passing says whether a failed fetch is worth another, at the leader of then.
func passing(err error) bool {
	if refused, ok := errors.AsType[*kerr.Error](err); ok {
		return refused.Retriable
	}
	return errors.Is(err, errLeader) || errors.Is(err, errNoAnswer)
}

// A fetched is what one fetch brought.
type fetched struct {
	records []*kgo.Record
	next    int64 // where to go on: after everything the answer held, aborted records and markers included
	stable  int64 // the partition's last stable offset
	empty   bool  // it held nothing at all, although nothing kept the broker from sending
}

// fetch asks a partition's leader for committed records from an offset on.
func (c *Cluster) fetch(ctx context.Context, at *leader, s span, from int64) (fetched, error) {
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis = int32(fetchWait.Milliseconds()) //nolint:gosec // a constant
	req.MinBytes, req.MaxBytes = 1, fetchBytes
	req.IsolationLevel = 1 // read_committed
	req.SessionEpoch = -1  // no fetch session (KIP-227)
	partition := kmsg.NewFetchRequestTopicPartition()
	partition.Partition, partition.FetchOffset, partition.PartitionMaxBytes = s.partition, from, fetchBytes
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic, topic.TopicID = s.topic, at.topic
	topic.Partitions = append(topic.Partitions, partition)
	req.Topics = append(req.Topics, topic)

	asking, cancel := bounded(ctx)
	defer cancel()
	raw, err := within(asking, func() (kmsg.Response, error) { return c.client.Broker(int(at.broker)).Request(asking, req) })
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
	}, answer, kgo.DefaultDecompressor(), nil)
	return fetched{
		records: got.Records,
		next:    next,
		stable:  got.LastStableOffset,
		// A broker over its quota answers at once and without records (KIP-219).
		empty: len(answer.RecordBatches) == 0 && resp.ThrottleMillis == 0,
	}, got.Err
}

// A leader is who serves a partition. Topics go by id since KIP-516.
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
