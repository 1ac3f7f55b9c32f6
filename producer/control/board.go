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
	followPause = 2 * time.Second        // before the board tries again to follow the topic
	notYetPause = 200 * time.Millisecond // while the topic is being made
)

// Options say which board it is and whose.
type Options struct {
	Cluster  *kafka.Cluster
	Topic    string // the control topic, of one partition
	Instance string // id of this process, unique in the group, without slashes
	Logger   *slog.Logger
}

// A Board is the control topic as one instance reads it, and where it writes what
// is not the business of a source's owner. It is for many goroutines. Everything
// that waits to read something waits for [Board.Run].
type Board struct {
	opts       Options
	announcing chan struct{} // holds one while this instance writes about itself
	together   together

	mu      sync.RWMutex
	memory  *Memory
	ordered chan struct{} // closed when a source is defined or something asked for; nil while nobody waits
	changed chan struct{} // closed at the next change; nil while nobody waits
	topicID string        // that memory is of; "" before the topic was found
	gone    bool          // it was there, and is not
	next    int64         // offset behind the last record that was read
	muddled muddled       // names the records that could not be read

	self      Instance // what this instance says of itself, Seen and At aside
	announced bool     // it has said something
	said      int64    // the last Seen that was given out; it begins anywhere, so that no record of a process before is taken for ours
	heard     int64    // the last Seen of ours that was read
}

// NewBoard is a board that knows nothing until [Board.Run] has read it.
func NewBoard(opts Options) *Board {
	const exact = 1 << 52 // JSON numbers are, up to 2^53, in every reader
	return &Board{opts: opts, announcing: make(chan struct{}, 1), memory: NewMemory(), said: rand.Int64N(exact)}
}

// Run follows the topic until ctx ends; trouble is logged and it tries again, also
// while the topic is not there yet. Beside that it says every minute that this
// instance lives, once [Board.Announce] or [Board.CaughtUp] was called, removes
// those that have been silent for an hour, and says goodbye at the end.
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
		// Who prepares the topics says so where this one cannot be made.
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

// found says that the topic was there once.
func (b *Board) found() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.topicID != ""
}

// follow reads the topic from where the board is until something goes wrong.
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

// from is the offset to read from: where the board is, or the beginning where the
// topic was deleted and made again; what the old one said counts no longer.
func (b *Board) from(topicID string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.topicID != topicID {
		b.topicID, b.next, b.memory = topicID, 0, NewMemory()
		b.tell(true)
	}
	return b.next
}

// missed notes whether the topic is not there although it was.
func (b *Board) missed(missing bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone = missing && b.topicID != ""
}

// Gone says that the topic was there and was deleted: to write to it takes long
// and comes to nothing.
func (b *Board) Gone() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.gone
}

// tell wakes who waits for a change; ordered: also who waits for orders.
func (b *Board) tell(ordered bool) {
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
		b.muddled.name(b.opts.Logger, b.opts.Topic, record, err)
		return
	}
	if string(record.Key) == InstanceKey(b.opts.Instance) {
		if seen := b.memory.instances[b.opts.Instance].Seen; seen <= b.said {
			b.heard = max(b.heard, seen)
		}
	}
	kind, _, _ := strings.Cut(string(record.Key), "/")
	b.tell(kind == kindDefinition || kind == kindCommand)
}

// See shows the memory. What it answers with must not be changed, and look must
// not call the board.
func (b *Board) See(look func(*Memory)) {
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

// Ordered is closed when a source was defined or removed, or a command came or
// went: what the owners of sources wait for, who need not look at every run.
func (b *Board) Ordered() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ordered == nil {
		b.ordered = make(chan struct{})
	}
	return b.ordered
}

// Await returns as soon as the memory is as it should be, or with the error of ctx.
func (b *Board) Await(ctx context.Context, good func(*Memory) bool) error {
	for {
		changed := b.Changed() // before looking, so that no change comes between
		var is bool
		b.See(func(m *Memory) { is = good(m) })
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

// Append writes records outside of any transaction and returns when they are
// safe, which is before the board has read them. An error is one of
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

// CaughtUp returns when everything has been read that was written before the
// call, whoever wrote it: it writes once more what this instance says of itself,
// and waits until it reads that. Where a transaction in the topic is open it waits
// for its end. The new owner of a source calls it once it has fenced the old one.
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
