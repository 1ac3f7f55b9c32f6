package kafka

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// restoreTimeout bounds a restore. Readers of committed records wait for every
// transaction that is still open, at most for its timeout; the claim has already
// ended the previous owner's.
const restoreTimeout = 2 * time.Minute

var errRestoreTimeout = fmt.Errorf("not done within %v", restoreTimeout)

// Restore reads the shard's partition as it was when it was claimed: every
// committed record from the start up to this claim's own owner record, inclusive.
// A compacted key may come more than once; its last record counts.
func (w *Writer) Restore(ctx context.Context) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		ctx, cancel := context.WithTimeoutCause(ctx, restoreTimeout, errRestoreTimeout)
		defer cancel()
		for record, err := range w.cluster.read(ctx, w.cluster.opts.StateTopic, []int32{w.partition}, kgo.NewOffset().AtStart(), fetchWait) {
			if errors.Is(err, errRestoreTimeout) {
				err = fmt.Errorf("%w: %s", err, w.cluster.blockingTransaction(ctx, w.cluster.opts.StateTopic, w.partition))
			}
			if err != nil {
				yield(Stored{}, fmt.Errorf("restoring shard %d from %s: %w", w.partition, w.cluster.opts.StateTopic, err))
				return
			}
			if record.Offset > w.claimed {
				return
			}
			if !yield(record, nil) || record.Offset == w.claimed {
				return
			}
		}
	}
}

// A Stored is a record as it is in a topic.
type Stored struct {
	Topic     string
	Partition int32
	Offset    int64
	Time      time.Time
	Key       []byte
	Value     []byte
	Headers   []Header
	LeftOut   int // bytes of a value that a [Backward] had no room for
}

// Header is the value of the record's first header of a name, "" where it has none.
func (r Stored) Header(name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return h.Value
		}
	}
	return ""
}

// ReadAll reads a topic's committed records from the start to the end as of the
// call, one partition after another. It does not wait for a transaction that is
// open then. A missing topic is [ErrTopicMissing].
func (c *Cluster) ReadAll(ctx context.Context, topic string) iter.Seq2[Stored, error] {
	return c.readSpans(ctx, topic, func(all []span) []span { return all })
}

// ReadPartition is ReadAll of one partition, from an offset on.
func (c *Cluster) ReadPartition(ctx context.Context, topic string, partition int32, from int64) iter.Seq2[Stored, error] {
	return c.readSpans(ctx, topic, func(all []span) []span {
		for _, s := range all {
			if s.partition == partition {
				s.from = max(s.from, from)
				return []span{s}
			}
		}
		return nil
	})
}

// readSpans yields the committed records of the spans that choose takes from a
// topic's current spans.
func (c *Cluster) readSpans(ctx context.Context, topic string, choose func(all []span) []span) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		all, err := c.spans(ctx, topic)
		if err != nil {
			yield(Stored{}, err)
			return
		}
		for _, s := range choose(all) {
			for record, err := range c.committed(ctx, s) {
				if !yield(record, err) || err != nil {
					return
				}
			}
		}
	}
}

// Tail reads a topic's committed records, from the start or from now on, and
// follows it until ctx ends.
func (c *Cluster) Tail(ctx context.Context, topic string, fromBeginning bool) iter.Seq2[Stored, error] {
	at := kgo.NewOffset().AtEnd()
	if fromBeginning {
		at = kgo.NewOffset().AtStart()
	}
	return func(yield func(Stored, error) bool) {
		info, err := c.Topic(ctx, topic)
		if err != nil {
			yield(Stored{}, err)
			return
		}
		partitions := make([]int32, info.Partitions)
		for i := range partitions {
			partitions[i] = int32(i)
		}
		for record, err := range c.read(ctx, topic, partitions, at, fetchWait) {
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// Follow reads the committed records of partition 0 of a topic from an offset on
// (0: from its start), and later records as soon as they are committed, until ctx
// ends. It waits for brokers that are away. It is meant for long reads: while
// nothing is written, it sends a request every twenty seconds.
func (c *Cluster) Follow(ctx context.Context, topic string, from int64) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		if _, err := c.lookUp(ctx, topic); err != nil {
			yield(Stored{}, err)
			return
		}
		for record, err := range c.read(ctx, topic, []int32{0}, kgo.NewOffset().At(from), followWait) {
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// spans returns what every partition of a topic holds now, up to its last stable
// offset. It leaves out empty partitions.
func (c *Cluster) spans(ctx context.Context, topic string) ([]span, error) {
	all, err := c.allSpans(ctx, topic)
	return slices.DeleteFunc(all, func(s span) bool { return s.from >= s.to }), err
}

// allSpans is spans with the empty partitions, in order.
func (c *Cluster) allSpans(ctx context.Context, topic string) ([]span, error) {
	if _, err := c.lookUp(ctx, topic); err != nil {
		return nil, err
	}
	starts, err := c.listOffsets(ctx, topic, c.admin.ListStartOffsets)
	if err != nil {
		return nil, fmt.Errorf("listing the start offsets of topic %s: %w", topic, readable(err))
	}
	ends, err := c.listOffsets(ctx, topic, c.admin.ListCommittedOffsets)
	if err != nil {
		return nil, fmt.Errorf("listing the end offsets of topic %s: %w", topic, readable(err))
	}
	var spans []span
	for _, p := range slices.Sorted(maps.Keys(ends[topic])) {
		if start, ok := starts.Lookup(topic, p); ok {
			spans = append(spans, span{topic: topic, partition: p, from: start.Offset, to: ends[topic][p].Offset})
		}
	}
	return spans, nil
}

// read yields committed records of partitions until ctx ends or the caller stops.
// A broker that has no records to send answers after wait.
func (c *Cluster) read(ctx context.Context, topic string, partitions []int32, at kgo.Offset, wait time.Duration) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		from := map[int32]kgo.Offset{}
		for _, p := range partitions {
			from[p] = at
		}
		client, err := kgo.NewClient(c.clientOptions(
			kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}),
			kgo.FetchIsolationLevel(kgo.ReadCommitted()),
			kgo.FetchMaxWait(wait),
		)...)
		if err != nil {
			yield(Stored{}, fmt.Errorf("preparing to read topic %s: %w", topic, err))
			return
		}
		defer closeClient(client)
		for {
			fetches := client.PollFetches(ctx)
			if ctx.Err() != nil {
				yield(Stored{}, fmt.Errorf("reading topic %s: %w", topic, context.Cause(ctx)))
				return
			}
			for _, failed := range fetches.Errors() {
				yield(Stored{}, fmt.Errorf("reading topic %s: %w%s", topic, failed.Err, topicHint(failed.Err, readRight)))
				return
			}
			for records := fetches.RecordIter(); !records.Done(); {
				if !yield(stored(records.Next()), nil) {
					return
				}
			}
		}
	}
}

func stored(r *kgo.Record) Stored {
	s := Stored{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: r.Timestamp, Key: r.Key, Value: r.Value}
	for _, h := range r.Headers {
		s.Headers = append(s.Headers, Header{h.Key, string(h.Value)})
	}
	return s
}
