package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"notion-kafka/producer/kafka"
)

const (
	followPause = 2 * time.Second        // before the client tries again to follow the topic
	notYetPause = 200 * time.Millisecond // while the topic is being made
)

// Options name the control topic and the instance that reads it.
type Options struct {
	Cluster  *kafka.Cluster
	Topic    string // the control topic, of one partition
	Instance string // id of this process, unique in the group, without slashes
	Logger   *slog.Logger
}

// A Board reads the control topic for one instance, and writes the records that are
// not the business of a source's owner. Many goroutines may use it. Whatever waits to
// read something needs [Board.Run] to be running.
type Board struct {
	opts       Options
	announcing chan struct{} // holds an element while this instance writes its own record
	together   together

	mu         sync.RWMutex
	memory     *Memory
	ordered    chan struct{} // closed at the next change of a definition or command; nil while nobody waits
	changed    chan struct{} // closed at the next change; nil while nobody waits
	topicID    string        // of the topic that memory was read from; "" before the topic was found
	gone       bool          // the topic was there, and is not any more
	next       int64         // offset behind the last record that was read
	unreadable unreadable    // logs the records that could not be read

	self      Instance // this instance's record, without Seen and At
	announced bool     // this instance has written its record at least once
	said      int64    // the last Seen that was written; begins at a random number, so that no record of an earlier process is taken for ours
	heard     int64    // the last Seen of ours that was read back
}

// NewBoard makes a client that knows nothing until [Board.Run] has read the topic.
func NewBoard(opts Options) *Board {
	const exact = 1 << 52 // every JSON reader takes integers up to 2^53 exactly
	return &Board{opts: opts, announcing: make(chan struct{}, 1), memory: NewMemory(), said: rand.Int64N(exact)}
}

// Run follows the topic until ctx ends. It logs errors and tries again, and waits for
// a topic that does not exist yet. Once [Board.Announce] or [Board.CaughtUp] was
// called, it also writes this instance's record every minute, removes the records of
// instances that have been silent for an hour, and removes its own at the end.
func (b *Board) Run(ctx context.Context) error {
	var beating sync.WaitGroup
	beating.Go(func() { b.beat(ctx) })
	defer b.leave(context.WithoutCancel(ctx))
	defer beating.Wait()
	var trouble kafka.Trouble
	for {
		err := b.follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		// A topic that cannot be made is reported by the code that prepares the topics.
		notYet := errors.Is(err, kafka.ErrTopicMissing) && !b.found()
		pause := followPause
		if notYet {
			pause = notYetPause
		}
		if !notYet {
			if _, now := trouble.Tell(); now {
				b.opts.Logger.Warn("following the control topic; trying again", "topic", b.opts.Topic, "error", err)
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// found says whether the topic was ever there.
func (b *Board) found() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.topicID != ""
}

// follow reads the topic from the next offset on until an error.
func (b *Board) follow(ctx context.Context) error {
	info, err := b.opts.Cluster.Topic(ctx, b.opts.Topic)
	b.missed(errors.Is(err, kafka.ErrTopicMissing))
	if err != nil {
		return err
	}
	for record, err := range b.opts.Cluster.Follow(ctx, b.opts.Topic, b.from(info.ID)) {
		if err != nil {
			return err
		}
		b.apply(record)
	}
	return nil
}

// from is the next offset to read. When the topic was deleted and made again, the
// memory of the old one is dropped and reading starts at the beginning.
func (b *Board) from(topicID string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.topicID != topicID {
		b.topicID, b.next, b.memory = topicID, 0, NewMemory()
		b.wake(true)
	}
	return b.next
}

// missed notes whether a topic that was there is missing now.
func (b *Board) missed(missing bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone = missing && b.topicID != ""
}

// Gone says that the topic was there and was deleted. A write to it would wait for
// long and then fail.
func (b *Board) Gone() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.gone
}

// wake closes the channel of [Board.Changed], and with ordered that of
// [Board.Ordered].
func (b *Board) wake(ordered bool) {
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
	if b.ordered != nil && ordered {
		close(b.ordered)
		b.ordered = nil
	}
}

func (b *Board) apply(record kafka.Stored) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next = record.Offset + 1
	if err := b.memory.Apply(record.Key, record.Value, earlier(record.Time, time.Now())); err != nil {
		b.unreadable.log(b.opts.Logger, b.opts.Topic, record, err)
		return
	}
	if string(record.Key) == InstanceKey(b.opts.Instance) {
		if seen := b.memory.instances[b.opts.Instance].Seen; seen <= b.said {
			b.heard = max(b.heard, seen)
		}
	}
	kind, _, _ := strings.Cut(string(record.Key), "/")
	b.wake(kind == kindDefinition || kind == kindCommand)
}

// View calls look with the memory while nothing changes it. look must not change what
// it reads, and must not call the client.
func (b *Board) View(look func(*Memory)) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	look(b.memory)
}

// Changed is closed at the next change of the memory.
func (b *Board) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return b.changed
}

// Ordered is closed when a source was defined or removed, or a command came or went.
// Owners of sources wait for this, and are not woken by the record of every run.
func (b *Board) Ordered() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ordered == nil {
		b.ordered = make(chan struct{})
	}
	return b.ordered
}

// Await returns once good is true of the memory, or with the error of ctx.
func (b *Board) Await(ctx context.Context, good func(*Memory) bool) error {
	for {
		changed := b.Changed() // before looking, so that no change comes between
		var is bool
		b.View(func(m *Memory) { is = good(m) })
		if is {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Append writes records outside of any transaction and returns when Kafka has
// acknowledged them, which is before they are read back. Its errors are those of
// [kafka.Cluster.Append].
func (b *Board) Append(ctx context.Context, records ...Record) error {
	encoded := make([]kafka.KeyValue, len(records))
	for i, r := range records {
		var err error
		if encoded[i].Key, encoded[i].Value, err = r.Encode(); err != nil {
			return err
		}
	}
	return b.opts.Cluster.Append(ctx, b.opts.Topic, encoded...)
}

// CaughtUp returns when every record that was written before the call has been read,
// whichever instance wrote it. It writes this instance's record again and waits until
// that record is read back. An open transaction in the topic delays it until the
// transaction ends. A new owner of a source calls it after it has fenced the old one.
func (b *Board) CaughtUp(ctx context.Context) error {
	seen, err := b.announce(ctx, func(*Instance) {})
	if err != nil {
		return err
	}
	err = b.Await(ctx, func(*Memory) bool { return b.heard >= seen })
	if err != nil {
		return fmt.Errorf("reading control topic %s up to now: %w", b.opts.Topic, err)
	}
	return nil
}
