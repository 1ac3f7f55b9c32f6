package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A Record is one record for a data topic. A nil Value is a tombstone.
type Record struct {
	Topic      string
	Partitions int32 // the pinned partition count that places the key
	Key        []byte
	Value      []byte
	Headers    []Header
}

// Header is one header of a record, UTF-8 on both sides.
type Header struct{ Key, Value string }

// A KeyValue is one record of the state topic. A nil Value forgets the key.
type KeyValue struct{ Key, Value []byte }

// A Position is the place of a record in a data topic.
type Position struct {
	Topic     string
	Partition int32
	Offset    int64
}

// A Writer is the transactional producer of one shard. One goroutine at a time
// may commit.
type Writer struct {
	cluster   *Cluster
	client    *kgo.Client
	id        string // transactional id
	partition int32
	claimed   int64           // offset of the acknowledged owner record
	settled   map[string]bool // topics that were written to before
	broken    error           // set once an outcome is unknown
	limits    limits
}

// Claim returns the only writer of a partition of the state topic: it fences every
// earlier claim, aborts the transaction that the last one left open, and commits
// owner. [Writer.Restore] then reads the partition up to that record.
func (c *Cluster) Claim(ctx context.Context, partition int32, owner KeyValue) (*Writer, error) {
	w, err := c.newWriter(c.TransactionalID(partition), partition)
	if err != nil {
		return nil, fmt.Errorf("claiming shard %d: preparing its producer: %w", partition, err)
	}
	var written []Position
	if err = c.awaitWritable(ctx, topicPartitions{c.opts.StateTopic: {partition}}); err == nil {
		written, err = w.transact(ctx, nil, func([]Position) ([]*kgo.Record, error) {
			return w.stateRecords([]KeyValue{owner}), nil
		})
	}
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("claiming shard %d of %s: %w", partition, c.opts.StateTopic, err)
	}
	w.claimed = written[0].Offset
	return w, nil
}

// Claimed returns the offset of this claim's owner record.
func (w *Writer) Claimed() int64 { return w.claimed }

func (c *Cluster) newWriter(transactionalID string, partition int32) (*Writer, error) {
	w := &Writer{cluster: c, id: transactionalID, partition: partition, settled: map[string]bool{}}
	client, err := kgo.NewClient(c.clientOptions(
		kgo.TransactionalID(transactionalID),
		kgo.TransactionTimeout(c.opts.TransactionTimeout),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(compression(c.opts.Compression)),
		kgo.ProducerLinger(5*time.Millisecond),
		kgo.MaxBufferedRecords(10_000),
		kgo.ProducerBatchMaxBytesFn(w.limits.of),
	)...)
	w.client = client
	return w, err
}

// TransactionalID returns the transactional id of a shard's producer. It derives
// from the state topic and not from the group, so that two groups on one state
// topic fence each other too.
func (c *Cluster) TransactionalID(partition int32) string {
	return c.opts.StateTopic + "-" + strconv.Itoa(int(partition))
}

// Close ends the writer's connections. The next claim aborts a transaction that is
// still open.
func (w *Writer) Close() { closeClient(w.client) }

// Commit publishes data and, in the same transaction, the state records that
// state makes from the positions of the data (in the order of data). It ignores
// cancellation of ctx, because half an ending is worse than a late one; the
// transaction timeout bounds it instead. The error is an [AbortedError], or it is
// [ErrUnknown] and the writer is finished.
func (w *Writer) Commit(ctx context.Context, data []Record, state func([]Position) ([]KeyValue, error)) error {
	_, err := w.transact(context.WithoutCancel(ctx), w.dataRecords(data), func(written []Position) ([]*kgo.Record, error) {
		entries, err := state(written)
		return w.stateRecords(entries), err
	})
	return err
}

// transact runs one transaction: data, then the state made from the data's
// positions. It returns the positions of the state.
func (w *Writer) transact(ctx context.Context, data []*kgo.Record, state func([]Position) ([]*kgo.Record, error)) ([]Position, error) {
	if err := cmp.Or(w.broken, w.limits.changed()); err != nil {
		return nil, err
	}
	// Later the broker may abort by itself, and no outcome is certain.
	ctx, cancel := context.WithTimeoutCause(ctx, w.cluster.opts.TransactionTimeout*2/3, errTooSlow)
	defer cancel()

	if err := w.refuseShortage(ctx, data); err != nil {
		return nil, err
	}
	if err := w.begin(ctx); err != nil {
		return nil, w.giveUp(ctx, "beginning the transaction", err)
	}
	positions, err := w.produceAll(ctx, data)
	if err != nil {
		return nil, w.abort(ctx, err)
	}
	records, err := state(positions)
	if err != nil {
		return nil, w.abort(ctx, &refusal{index: -1, err: err})
	}
	written, err := w.produceAll(ctx, records)
	if err != nil {
		if refused, ok := errors.AsType[*refusal](err); ok {
			refused.index = -1 // no record of data was at fault
		}
		return nil, w.abort(ctx, err)
	}
	if err := w.end(ctx, kgo.TryCommit); err != nil {
		return nil, w.giveUp(ctx, "committing the transaction", err)
	}
	return written, nil
}

var errTooSlow = errors.New("not finished within two thirds of kafka.transaction_timeout")

// A refusal is the first record of a flush that Kafka did not take.
type refusal struct {
	topic string
	index int
	err   error
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// produceAll sends records and waits for the outcome of each: franz-go's Flush
// returns nil even if records failed, and a commit would then publish the rest.
func (w *Writer) produceAll(ctx context.Context, records []*kgo.Record) ([]Position, error) {
	var (
		mu    sync.Mutex
		first *refusal
	)
	for i, r := range records {
		w.client.Produce(ctx, r, func(r *kgo.Record, err error) {
			if err == nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if first == nil || doubtsProducer(err) {
				first = &refusal{topic: r.Topic, index: i, err: err}
			}
		})
	}
	flushed := w.client.Flush(ctx)
	if flushed == nil {
		flushed = w.settle(ctx, records)
	}
	mu.Lock()
	defer mu.Unlock()
	switch {
	case flushed != nil:
		return nil, context.Cause(ctx)
	case first != nil:
		return nil, first
	}
	positions := make([]Position, len(records))
	for i, r := range records {
		positions[i] = Position{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}
	}
	return positions, nil
}

// settle waits until the client has stored the partitions of the topics that it
// wrote to for the first time. franz-go (1.22) sends records that waited for a
// topic's metadata a moment before it stores that metadata. A transaction that ends
// in this moment leaves the topic's partitions out: their sequence numbers are not
// reset. If there are no other partitions, the end is not sent to Kafka at all, and
// EndTransaction still returns nil. Purging a topic that does not exist changes
// nothing, and happens only after all pending metadata is stored.
func (w *Writer) settle(ctx context.Context, records []*kgo.Record) error {
	fresh := false
	for _, r := range records {
		if !w.settled[r.Topic] {
			w.settled[r.Topic], fresh = true, true
		}
	}
	if !fresh {
		return nil
	}
	return doWithin(ctx, func() error { w.client.PurgeTopicsFromProducing(""); return nil })
}

// end ends a transaction.
func (w *Writer) end(ctx context.Context, how kgo.TransactionEndTry) error {
	return doWithin(ctx, func() error { return w.client.EndTransaction(ctx, how) })
}

// abort ends a transaction whose commit was not sent. It is certain that nothing
// happened only if a record was refused for its own sake and the broker acknowledges
// the abort. No record is waiting to be sent then: every refusal comes after a flush
// that ended.
func (w *Writer) abort(ctx context.Context, cause error) error {
	var refused *refusal
	if !errors.As(cause, &refused) || doubtsProducer(cause) {
		return w.giveUp(ctx, "writing records", cause)
	}
	unknownTopic := errors.Is(cause, kerr.UnknownTopicID) || errors.Is(cause, kerr.UnknownTopicOrPartition)
	if unknownTopic && refused.topic == w.cluster.opts.StateTopic {
		// A recreated topic of that name holds nothing of what the memory has.
		return w.giveUp(ctx, "writing records", cause)
	}
	if err := w.end(ctx, kgo.TryAbort); err != nil {
		return w.giveUp(ctx, "aborting the transaction after "+cause.Error(), err)
	}
	if unknownTopic {
		// The client would keep looking for the deleted topic, and refuse a new one
		// of the same name.
		if err := w.forget(ctx, refused.topic); err != nil {
			return w.giveUp(ctx, "forgetting topic "+refused.topic, err)
		}
	}
	return &AbortedError{Topic: refused.topic, Index: refused.index, Err: refused.err}
}

// forget makes the next record to a topic count as the first.
func (w *Writer) forget(ctx context.Context, topic string) error {
	delete(w.settled, topic)
	return doWithin(ctx, func() error { w.client.PurgeTopicsFromProducing(topic); return nil })
}

// giveUp marks the writer as finished. If its time was over, the error says what the
// transaction waits for.
func (w *Writer) giveUp(ctx context.Context, doing string, err error) error {
	reason := readable(err)
	if errors.Is(context.Cause(ctx), errTooSlow) {
		if unended := w.unended(ctx); unended != nil {
			reason = fmt.Errorf("%w: %w", reason, unended)
		}
	}
	kind := ErrUnknown
	if fenced(err) {
		kind = ErrFenced
	}
	w.broken = fmt.Errorf("shard %d: %s: %w: %w%s", w.partition, doing, kind, reason, produceHint(err))
	return w.broken
}

func (w *Writer) dataRecords(data []Record) []*kgo.Record {
	out, placed := make([]*kgo.Record, len(data)), newPlacement()
	for i, d := range data {
		headers := make([]kgo.RecordHeader, len(d.Headers))
		for j, h := range d.Headers {
			headers[j] = kgo.RecordHeader{Key: h.Key, Value: []byte(h.Value)}
		}
		out[i] = &kgo.Record{Topic: d.Topic, Partition: placed.of(d.Key, d.Partitions), Key: d.Key, Value: d.Value, Headers: headers}
	}
	return out
}

func (w *Writer) stateRecords(entries []KeyValue) []*kgo.Record {
	out := make([]*kgo.Record, len(entries))
	for i, e := range entries {
		out[i] = &kgo.Record{Topic: w.cluster.opts.StateTopic, Partition: w.partition, Key: e.Key, Value: e.Value}
	}
	return out
}

func compression(name string) kgo.CompressionCodec {
	switch name {
	case "none":
		return kgo.NoCompression()
	case "snappy":
		return kgo.SnappyCompression()
	case "lz4":
		return kgo.Lz4Compression()
	}
	// Level 1 makes batches of pages 2 % larger than the default, 3, and a first read 6 % cheaper.
	return kgo.ZstdCompression().WithLevel(1)
}
