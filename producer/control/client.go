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

// A Client reads the control topic for one instance, and writes the records that are
// not the business of a source's owner. Many goroutines may use it. Whatever waits to
// read something needs [Client.Run] to be running.
type Client struct {
	opts       Options
	announcing chan struct{} // has an element while this instance writes its own record
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

// NewClient makes a client that knows nothing until [Client.Run] has read the topic.
func NewClient(opts Options) *Client {
	const exact = 1 << 52 // every JSON reader takes integers up to 2^53 exactly
	return &Client{opts: opts, announcing: make(chan struct{}, 1), memory: NewMemory(), said: rand.Int64N(exact)}
}

// Run follows the topic until ctx ends. It logs errors and tries again, and waits for
// a topic that does not exist yet. Once [Client.Announce] or [Client.CaughtUp] was
// called, it also writes this instance's record every minute, removes the records of
// instances that have been silent for an hour and of drafts that are over, and removes its
// own at the end.
func (c *Client) Run(ctx context.Context) error {
	var beating sync.WaitGroup
	beating.Go(func() { c.beat(ctx) })
	defer c.leave(context.WithoutCancel(ctx))
	defer beating.Wait()
	var trouble kafka.Trouble
	for {
		err := c.follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		// A topic that cannot be made is reported by the code that prepares the topics.
		notYet := errors.Is(err, kafka.ErrTopicMissing) && !c.found()
		pause := followPause
		if notYet {
			pause = notYetPause
		}
		if !notYet {
			if _, now := trouble.Tell(); now {
				c.opts.Logger.Warn("following the control topic; trying again", "topic", c.opts.Topic, "error", err)
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// found says whether the topic was ever there.
func (c *Client) found() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.topicID != ""
}

// follow reads the topic from the next offset on until an error.
func (c *Client) follow(ctx context.Context) error {
	info, err := c.opts.Cluster.Topic(ctx, c.opts.Topic)
	c.missed(errors.Is(err, kafka.ErrTopicMissing))
	if err != nil {
		return err
	}
	for record, err := range c.opts.Cluster.Follow(ctx, c.opts.Topic, c.from(info.ID)) {
		if err != nil {
			return err
		}
		c.apply(record)
	}
	return nil
}

// from is the next offset to read. When the topic was deleted and made again, the
// memory of the old one is dropped and reading starts at the beginning.
func (c *Client) from(topicID string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.topicID != topicID {
		c.topicID, c.next, c.memory = topicID, 0, NewMemory()
		c.wake(true)
	}
	return c.next
}

// missed notes whether a topic that was there is missing now.
func (c *Client) missed(missing bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = missing && c.topicID != ""
}

// Gone says that the topic was there and was deleted. A write to it would wait for
// long and then fail.
func (c *Client) Gone() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.gone
}

// wake closes the channel of [Client.Changed], and with ordered that of
// [Client.Ordered].
func (c *Client) wake(ordered bool) {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
	if c.ordered != nil && ordered {
		close(c.ordered)
		c.ordered = nil
	}
}

func (c *Client) apply(record kafka.Stored) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = record.Offset + 1
	if err := c.memory.Apply(record.Key, record.Value, earlier(record.Time, time.Now())); err != nil {
		c.unreadable.log(c.opts.Logger, c.opts.Topic, record, err)
		return
	}
	if string(record.Key) == InstanceKey(c.opts.Instance) {
		if seen := c.memory.instances[c.opts.Instance].Seen; seen <= c.said {
			c.heard = max(c.heard, seen)
		}
	}
	kind, _, _ := strings.Cut(string(record.Key), "/")
	c.wake(kind == kindDefinition || kind == kindCommand)
}

// View calls look with the memory while nothing changes it. look must not change what
// it reads, and must not call the client.
func (c *Client) View(look func(*Memory)) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	look(c.memory)
}

// Changed is closed at the next change of the memory.
func (c *Client) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	return c.changed
}

// Ordered is closed when a source was defined or removed, or a command came or went.
// Owners of sources wait for this, and are not woken by the record of every run.
func (c *Client) Ordered() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ordered == nil {
		c.ordered = make(chan struct{})
	}
	return c.ordered
}

// Await returns once good is true of the memory, or with the error of ctx.
func (c *Client) Await(ctx context.Context, good func(*Memory) bool) error {
	for {
		changed := c.Changed() // before looking, so that no change comes between
		var is bool
		c.View(func(m *Memory) { is = good(m) })
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
func (c *Client) Append(ctx context.Context, records ...Record) error {
	encoded := make([]kafka.KeyValue, len(records))
	for i, r := range records {
		var err error
		if encoded[i].Key, encoded[i].Value, err = r.Encode(); err != nil {
			return err
		}
	}
	return c.opts.Cluster.Append(ctx, c.opts.Topic, encoded...)
}

// CaughtUp returns when every record that was written before the call has been read,
// whichever instance wrote it. It writes this instance's record again and waits until
// that record is read back. An open transaction in the topic delays it until the
// transaction ends. A new owner of a source calls it after it has fenced the old one.
func (c *Client) CaughtUp(ctx context.Context) error {
	seen, err := c.announce(ctx, func(*Instance) {})
	if err != nil {
		return err
	}
	err = c.Await(ctx, func(*Memory) bool { return c.heard >= seen })
	if err != nil {
		return fmt.Errorf("reading control topic %s up to now: %w", c.opts.Topic, err)
	}
	return nil
}
