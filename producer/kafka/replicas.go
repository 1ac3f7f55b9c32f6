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

// ErrNotWritable means that Kafka takes no record for a partition now: it has no
// leader, or fewer replicas in sync than its topic's min.insync.replicas.
//
// We need to know this before a transaction begins. Kafka adds a partition to a
// transaction before it checks the replicas (KIP-98: AddPartitionsToTxn). Then it
// cannot write the transaction's markers to the partition either, and until it can,
// it answers the transactional id with CONCURRENT_TRANSACTIONS.
var ErrNotWritable = errors.New("start the brokers that hold its other replicas, or move it to brokers that run")

// writableTimeout bounds the wait for a partition that takes no record, where no
// caller waits for it: while a leader moves, or a broker restarts.
const (
	writableTimeout = 10 * time.Second
	writablePause   = 500 * time.Millisecond
)

// topicPartitions are partitions by topic; nil stands for all of a topic.
type topicPartitions map[string][]int32

func (p topicPartitions) add(topic string, partition int32) {
	if !slices.Contains(p[topic], partition) {
		p[topic] = append(p[topic], partition)
	}
}

// partitionsOf returns the partitions that records go to.
func partitionsOf(records []*kgo.Record) topicPartitions {
	where := topicPartitions{}
	for _, r := range records {
		where.add(r.Topic, r.Partition)
	}
	return where
}

// A shortage is a partition that takes no record, with the reason. It is an
// [ErrNotWritable].
type shortage struct {
	topic     string
	partition int32
	inSync    int // in-sync replicas; meaningless without a leader
	needs     int // 0: it has no leader
}

// Error says what the partition lacks and what to do about it.
func (s *shortage) Error() string {
	if s.needs == 0 {
		return fmt.Sprintf("topic %s, partition %d has no leader: %v", s.topic, s.partition, ErrNotWritable)
	}
	return fmt.Sprintf("topic %s, partition %d has %d of the %d in-sync replicas that its min.insync.replicas requires: %v",
		s.topic, s.partition, s.inSync, s.needs, ErrNotWritable)
}

// Unwrap makes it an [ErrNotWritable].
func (s *shortage) Unwrap() error { return ErrNotWritable }

// Writable returns an [ErrNotWritable] if a partition of a topic takes no records,
// and another error if the check itself fails.
func (c *Cluster) Writable(ctx context.Context, topic string) error {
	short, err := c.shortage(ctx, topicPartitions{topic: nil})
	if err != nil {
		return fmt.Errorf("checking whether topic %s can be written to: %w", topic, readable(err))
	}
	if short != nil {
		return short
	}
	return nil
}

// awaitWritable waits a short time until partitions take records, and returns a
// shortage that lasts. If the check fails it returns nil, and the write reports what
// is wrong.
func (c *Cluster) awaitWritable(ctx context.Context, where topicPartitions) error {
	ctx, cancel := context.WithTimeout(ctx, writableTimeout)
	defer cancel()
	for {
		short, err := c.shortage(ctx, where)
		if err != nil || short == nil {
			return nil // the write reports what is wrong
		}
		if pause(ctx, writablePause) != nil {
			return short
		}
	}
}

// shortage returns a partition among these that takes no records now, or nil.
func (c *Cluster) shortage(ctx context.Context, where topicPartitions) (*shortage, error) {
	ctx, cancel := context.WithTimeout(ctx, oneBrokerTimeout)
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
			continue // writing to it or looking it up reports that
		}
		short, err := c.shortageOf(ctx, topic, where[*topic.Topic])
		if short != nil || err != nil {
			return short, err
		}
	}
	return nil, nil // nothing is short
}

// shortageOf checks partitions of one topic. It requests the topic's configuration
// only if a replica is out of sync.
func (c *Cluster) shortageOf(ctx context.Context, topic kmsg.MetadataResponseTopic, wanted []int32) (*shortage, error) {
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
	return nil, nil // nothing is short
}

// minInSync returns min.insync.replicas of a topic.
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
