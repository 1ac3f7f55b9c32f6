package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// Kafka is asked of all topics at once: for at most activityPatience, for all callers
// together, and not again for activityAge.
const (
	activityPatience = 3 * time.Second
	activityAge      = 5 * time.Second
)

// An activity is what Kafka knows of topics at a moment: when they were written, and who
// reads them.
type activity struct {
	written   map[string]time.Time
	consumers map[string][]kafka.Consumer
	unknown   string // what may be missing of consumers, and why
}

// of returns the consumers of a topic, the one with the greatest lag first.
func (a activity) of(topic string) control.Consumers {
	consumers := control.Consumers{Groups: []control.Consumer{}, Unknown: a.unknown}
	for _, one := range a.consumers[topic] {
		consumers.Groups = append(consumers.Groups, control.Consumer(one))
	}
	slices.SortFunc(consumers.Groups, func(a, b control.Consumer) int {
		return cmp.Or(cmp.Compare(b.Lag, a.Lag), cmp.Compare(a.Group, b.Group))
	})
	return consumers
}

// A look is one look at Kafka, shared by all who wait for it.
type look struct {
	topics []string      // sorted
	done   chan struct{} // closed when found and at are set
	found  activity
	at     time.Time
}

// serves reports whether a look is fresh and has all of some topics.
func (l *look) serves(topics []string) bool {
	if l == nil || slices.ContainsFunc(topics, func(topic string) bool { _, has := slices.BinarySearch(l.topics, topic); return !has }) {
		return false
	}
	select {
	case <-l.done:
		return time.Since(l.at) < activityAge
	default:
		return true
	}
}

// activity returns what Kafka knows of topics, as it was a few seconds ago at most.
func (c *Catalog) activity(ctx context.Context, topics []string) activity {
	if len(topics) == 0 {
		return activity{}
	}
	c.mu.Lock()
	if !c.last.serves(topics) {
		c.last = &look{topics: slices.Sorted(slices.Values(topics)), done: make(chan struct{})}
		go c.look(context.WithoutCancel(ctx), c.last)
	}
	last := c.last
	c.mu.Unlock()
	select {
	case <-last.done:
		return last.found
	case <-ctx.Done():
		return activity{unknown: fmt.Sprintf("Kafka was not asked to the end: %v.", context.Cause(ctx))}
	}
}

// look asks Kafka.
func (c *Catalog) look(ctx context.Context, l *look) {
	defer close(l.done)
	ctx, cancel := context.WithTimeout(ctx, activityPatience)
	defer cancel()
	var (
		asking  errgroup.Group
		readers kafka.Consumers
		failed  error
	)
	asking.Go(func() error {
		return notion.Guard(func() (err error) {
			l.found.written, err = c.cluster.LastWritten(ctx, l.topics)
			return err
		})
	})
	failed = notion.Guard(func() (err error) {
		readers, err = c.cluster.Consumers(ctx, l.topics)
		return err
	})
	_ = asking.Wait() // what is not known is left out
	l.found.consumers, l.found.unknown, l.at = readers.ByTopic, readers.Unseen, time.Now()
	if failed != nil {
		l.found.unknown = fmt.Sprintf("Kafka did not tell the consumer groups: %v.", failed)
	}
}
