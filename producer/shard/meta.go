package shard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// A TopicCheck is the result for a state or control topic that can be used.
type TopicCheck struct {
	New     bool     // it is the state topic, and nothing has been written to it
	Remarks []string // warnings for a person
}

// Remembers returns an error for a state or control topic whose cleanup policy
// deletes records by age or size.
func Remembers(info kafka.TopicInfo) error {
	if slices.Equal(info.Cleanup, []string{"compact"}) {
		return nil
	}
	return fmt.Errorf("topic %s has cleanup.policy=%v, and what it remembers would be deleted: "+
		"set it to exactly compact, or name another topic", info.Name, info.Cleanup)
}

// Check compares the state topic with kafka.shards. Its meta records are compared
// first: they hold the number of shards that the topic was made for, while people can
// add partitions to it. Added partitions stay empty, because no source belongs to them.
func (t *StateTopic) Check(ctx context.Context, info kafka.TopicInfo) (checked TopicCheck, err error) {
	firsts, err := t.Cluster.FirstRecords(ctx)
	if err != nil {
		return checked, fmt.Errorf("reading the first records of state topic %s: %w", info.Name, err)
	}
	checked.New = len(firsts) == 0
	if !checked.New {
		if checked.Remarks, err = t.compareMeta(ctx, firsts); err != nil {
			return checked, err
		}
	}
	switch shards := t.Shards; {
	case info.Partitions < shards:
		return checked, fmt.Errorf("state topic %s has %d partitions, but kafka.shards is %d: set kafka.shards: %d "+
			"(the count is fixed when the topic is created), or name another kafka.state_topic",
			info.Name, info.Partitions, shards, info.Partitions)
	case info.Partitions > shards:
		checked.Remarks = append(checked.Remarks, fmt.Sprintf("state topic %s has %d partitions, but kafka.shards is %d: "+
			"the first %d are used, the others stay empty", info.Name, info.Partitions, shards, shards))
	}
	return checked, nil
}

// Initialise writes the meta record to every shard of a new state topic.
func (t *StateTopic) Initialise(ctx context.Context) error {
	meta, err := t.meta(ctx)
	if err != nil {
		return err
	}
	key, value, err := state.Entry{Key: state.MetaKey(), Value: meta}.Encode()
	if err != nil {
		return err
	}
	if err := t.Cluster.Initialise(ctx, meta.Shards, kafka.KeyValue{Key: key, Value: value}); err != nil {
		return err
	}
	t.Log.Info("state topic initialised", "topic", t.Name, "shards", meta.Shards)
	return nil
}

// meta is the meta record that this configuration makes.
func (t *StateTopic) meta(ctx context.Context) (state.Meta, error) {
	cluster, err := t.Cluster.ID(ctx)
	return state.Meta{Format: state.Format, Shards: t.Shards, Cluster: cluster}, err
}

// ErrLostState says that a partition of the state topic has lost records.
var ErrLostState = errors.New("it has lost data, and going on would publish everything of its sources again. " +
	"Restore the topic, or name another kafka.state_topic")

// withoutMeta is the error for a partition that has lost its meta record, and so
// everything else that it held.
func withoutMeta(topic string, partition int32) error {
	return fmt.Errorf("partition %d of state topic %s does not begin with its meta record: %w", partition, topic, ErrLostState)
}

// compareMeta compares the meta records of the state topic with the one that this
// configuration would write.
func (t *StateTopic) compareMeta(ctx context.Context, firsts map[int32]kafka.KeyValue) (remarks []string, err error) {
	topic := t.Name
	want, err := t.meta(ctx)
	if err != nil {
		return nil, err
	}
	for p := range want.Shards {
		first, ok := firsts[p]
		if !ok || !bytes.Equal(first.Key, []byte(state.MetaKey())) {
			return nil, withoutMeta(topic, p)
		}
		memory := state.NewMemory()
		if err := memory.Apply(first.Key, first.Value); err != nil {
			return nil, fmt.Errorf("state topic %s, partition %d: %w", topic, p, err)
		}
		switch meta := memory.Meta; {
		case meta == nil:
			return nil, fmt.Errorf("partition %d of state topic %s begins with an empty meta record: it was written by something else", p, topic)
		case meta.Format > want.Format:
			return nil, newerState(topic, meta.Format)
		case meta.Shards != want.Shards:
			return nil, fmt.Errorf("state topic %s was made for %d shards, but kafka.shards is %d: set kafka.shards: %d",
				topic, meta.Shards, want.Shards, meta.Shards)
		case meta.Cluster != want.Cluster && p == 0:
			remarks = append(remarks, fmt.Sprintf("state topic %s was made in another Kafka cluster (%s, this one is %s): "+
				"if it was copied here, check that the data topics were too", topic, meta.Cluster, want.Cluster))
		}
	}
	return remarks, nil
}
