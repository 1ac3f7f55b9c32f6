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
// transaction that is still open, at most for its timeout; the claim has
// already ended the one of the owner before.
const restoreTimeout = 2 * time.Minute

var errRestoreTimeout = fmt.Errorf("not done within %v", restoreTimeout)

// Restore reads what the shard's partition said when it was claimed: every
// committed record from the start up to this claim's own owner record, that
// one included. Compacted keys come once or more often; the last counts.
func (w *Writer) Restore(ctx context.Context) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		ctx, cancel := context.WithTimeoutCause(ctx, restoreTimeout, errRestoreTimeout)
		defer cancel()
		for record, err := range w.cluster.read(ctx, w.cluster.opts.StateTopic, []int32{w.partition}, kgo.NewOffset().AtStart(), fetchWait) {
			if errors.Is(err, errRestoreTimeout) {
				err = fmt.Errorf("%w: %s", err, w.cluster.inTheWay(ctx, w.cluster.opts.StateTopic, w.partition))
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

// A Stored is a record as it lies in a topic.
type Stored struct {
	Topic     string
	Partition int32
	Offset    int64
	Time      time.Time
	Key       []byte
	Value     []byte
	Headers   []Header
	LeftOut   int // bytes of a value that [Cluster.LastRecords] had no room for
}

// ReadAll reads a topic's committed records from the start to the end it has
// when the call begins, one partition after another. A transaction that is open
// then is not waited for. A missing topic is [ErrTopicMissing].
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

// readSpans yields the committed records of what is chosen from a topic's spans
// of now.
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
// (0: from its start), and what is written later as soon as it is committed, until
// ctx ends. Brokers that are away for a while are waited for. It is for readers
// that stay: where nothing is written, a broker hears from it every twenty seconds.
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

// spans is what every partition of a topic holds now, up to its last stable
// offset; partitions that hold nothing are left out.
func (c *Cluster) spans(ctx context.Context, topic string) ([]span, error) {
	if _, err := c.lookUp(ctx, topic); err != nil {
		return nil, err
	}
	starts, err := c.listed(ctx, topic, c.admin.ListStartOffsets)
	if err != nil {
		return nil, fmt.Errorf("asking where topic %s starts: %w", topic, readable(err))
	}
	ends, err := c.listed(ctx, topic, c.admin.ListCommittedOffsets)
	if err != nil {
		return nil, fmt.Errorf("asking where topic %s ends: %w", topic, readable(err))
	}
	var spans []span
	for _, p := range slices.Sorted(maps.Keys(ends[topic])) {
		if start, ok := starts.Lookup(topic, p); ok && start.Offset < ends[topic][p].Offset {
			spans = append(spans, span{topic, p, start.Offset, ends[topic][p].Offset})
		}
	}
	return spans, nil
}

// read yields committed records of partitions until ctx ends or the caller stops.
// A broker that has none to send answers after so long.
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
