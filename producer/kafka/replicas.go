package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ErrNotWritable says that Kafka takes no record for a partition now: it has no
// leader, or fewer replicas in sync than its topic's min.insync.replicas.
//
// This has to be known before a transaction begins. Kafka takes a partition into a
// transaction before it looks at the replicas (KIP-98: AddPartitionsToTxn); the
// transaction's markers cannot be written to it either, and until they are, its
// transactional id gets CONCURRENT_TRANSACTIONS for an answer.
var ErrNotWritable = errors.New("start the brokers that hold its other replicas, or move it to brokers that run")

// writablePatience is how long a partition that takes no record is waited for
// where nobody else waits: while a leader moves, or a broker restarts.
const (
	writablePatience = 10 * time.Second
	writablePause    = 500 * time.Millisecond
)

// places are partitions by topic; nil stands for all of a topic.
type places map[string][]int32

func (p places) add(topic string, partition int32) {
	if !slices.Contains(p[topic], partition) {
		p[topic] = append(p[topic], partition)
	}
}

// placesOf are the partitions that records go to.
func placesOf(records []*kgo.Record) places {
	where := places{}
	for _, r := range records {
		where.add(r.Topic, r.Partition)
	}
	return where
}

// A shortage is a partition that takes no record, and why. It is an
// [ErrNotWritable].
type shortage struct {
	topic     string
	partition int32
	inSync    int // in-sync replicas; meaningless without a leader
	needs     int // 0: it has no leader
}

// Error says what the partition lacks and what a person does about it.
func (s *shortage) Error() string {
	if s.needs == 0 {
		return fmt.Sprintf("topic %s, partition %d has no leader: %v", s.topic, s.partition, ErrNotWritable)
	}
	return fmt.Sprintf("topic %s, partition %d has %d of the %d in-sync replicas that its min.insync.replicas asks for: %v",
		s.topic, s.partition, s.inSync, s.needs, ErrNotWritable)
}

// Unwrap makes it an [ErrNotWritable].
func (s *shortage) Unwrap() error { return ErrNotWritable }

// Writable answers with an [ErrNotWritable] where one of a topic's partitions takes
// no records, with other errors where that could not be asked, and else with nil.
func (c *Cluster) Writable(ctx context.Context, topic string) error {
	short, err := c.short(ctx, places{topic: nil})
	if err != nil {
		return fmt.Errorf("asking whether topic %s can be written to: %w", topic, readable(err))
	}
	if short != nil {
		return short
	}
	return nil
}

// awaitWritable waits, not for long, until partitions take records, and answers
// with the shortage that lasts. What cannot be asked is left to who writes.
func (c *Cluster) awaitWritable(ctx context.Context, where places) error {
	ctx, cancel := context.WithTimeout(ctx, writablePatience)
	defer cancel()
	for {
		short, err := c.short(ctx, where)
		if err != nil || short == nil {
			return nil // who writes gets to know what is wrong
		}
		if pause(ctx, writablePause) != nil {
			return short
		}
	}
}

// short is a partition among these that takes no records now; nil where all do.
func (c *Cluster) short(ctx context.Context, where places) (*shortage, error) {
	ctx, cancel := context.WithTimeout(ctx, oneBroker)
	defer cancel()
	req := kmsg.NewPtrMetadataRequest()
	for topic := range where {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(topic)
		req.Topics = append(req.Topics, t)
	}
	resp, err := within(ctx, func() (*kmsg.MetadataResponse, error) { return req.RequestWith(ctx, c.client) })
	if err != nil {
		return nil, err
	}
	for _, topic := range resp.Topics {
		if topic.Topic == nil || topic.ErrorCode != 0 {
			continue // whoever writes to it or looks it up is told
		}
		short, err := c.shortIn(ctx, topic, where[*topic.Topic])
		if short != nil || err != nil {
			return short, err
		}
	}
	return nil, nil //nolint:nilnil // nothing is short
}

// shortIn looks at partitions of one topic. Its configuration is asked for only
// where a replica is out of sync.
func (c *Cluster) shortIn(ctx context.Context, topic kmsg.MetadataResponseTopic, wanted []int32) (*shortage, error) {
	needs := -1
	for _, p := range topic.Partitions {
		switch {
		case wanted != nil && !slices.Contains(wanted, p.Partition):
			continue
		case p.Leader < 0 && errors.Is(kerr.ErrorForCode(p.ErrorCode), kerr.LeaderNotAvailable):
			return &shortage{topic: *topic.Topic, partition: p.Partition}, nil
		case len(p.ISR) >= len(p.Replicas):
			continue
		}
		if needs < 0 {
			var err error
			if needs, err = c.minInSync(ctx, *topic.Topic); err != nil {
				return nil, err
			}
		}
		if atLeast := min(needs, len(p.Replicas)); len(p.ISR) < atLeast {
			return &shortage{topic: *topic.Topic, partition: p.Partition, inSync: len(p.ISR), needs: atLeast}, nil
		}
	}
	return nil, nil //nolint:nilnil // nothing is short
}

// minInSync is min.insync.replicas of a topic.
func (c *Cluster) minInSync(ctx context.Context, topic string) (int, error) {
	described, err := within(ctx, func() (kadm.ResourceConfigs, error) { return c.admin.DescribeTopicConfigs(ctx, topic) })
	if err != nil {
		return 0, err
	}
	resource, err := described.On(topic, func(r *kadm.ResourceConfig) error { return r.Err })
	if err != nil {
		return 0, err
	}
	for _, config := range resource.Configs {
		if config.Key == "min.insync.replicas" {
			return strconv.Atoi(config.MaybeValue())
		}
	}
	return 1, nil
}
