package producer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// Instances that initialise a state topic at once fence each other. They try
// again after waits of random length, so that one of them comes through.
const (
	initialiseAttempts = 20
	initialisePause    = time.Second // at most
)

// Prepare makes sure that Kafka answers and that the state and control topics
// are there and are what this configuration expects. It changes nothing that
// exists.
func (d *Daemon) Prepare(ctx context.Context) error {
	if err := d.opts.Cluster.Ping(ctx); err != nil {
		return err
	}
	if err := d.opts.Cluster.CheckTransactions(ctx); err != nil {
		return err
	}
	ofState, err := d.opts.Cluster.EnsureTopic(ctx, d.opts.StateTopic)
	if err != nil {
		return err
	}
	ofControl, err := d.opts.Cluster.EnsureTopic(ctx, d.opts.ControlTopic)
	if err != nil {
		return err
	}
	if _, err := d.JudgeTopic(ctx, ofControl); err != nil {
		return err
	}
	return d.prepareState(ctx, ofState)
}

// prepareState warns of what is odd about the state topic, and writes the meta
// records that its shards begin with, where it is new.
func (d *Daemon) prepareState(ctx context.Context, info kafka.TopicInfo) error {
	for attempt := 1; ; attempt++ {
		judged, err := d.JudgeTopic(ctx, info)
		if err != nil {
			return err
		}
		if judged.New {
			err = d.initialise(ctx)
		}
		if err == nil {
			for _, remark := range judged.Remarks {
				d.opts.Logger.Warn(remark)
			}
			return nil
		}
		if attempt == initialiseAttempts || !errors.Is(err, kafka.ErrUnknown) || !wait(ctx, rand.N(initialisePause)) {
			return err
		}
	}
}

// A TopicJudgement is what there is to say of a topic of our own that can be
// worked with.
type TopicJudgement struct {
	New     bool     // it is the state topic, and nothing has been written to it
	Remarks []string // what a person may want to look at
}

// JudgeTopic looks whether the state or the control topic is what this
// configuration expects. The error says why no daemon can start with it.
func (d *Daemon) JudgeTopic(ctx context.Context, info kafka.TopicInfo) (judged TopicJudgement, err error) {
	if err := remembers(info); err != nil {
		return judged, err
	}
	want := d.opts.ControlTopic.Partitions
	switch {
	case info.Name == d.opts.StateTopic.Name:
		return d.judgeState(ctx, info)
	case info.Partitions != want:
		return judged, fmt.Errorf("control topic %s has %d partitions, but must have %d, or nobody could tell what came first: "+
			"name another kafka.control_topic", info.Name, info.Partitions, want)
	}
	return judged, nil
}

// remembers refuses a topic of our own that forgets.
func remembers(info kafka.TopicInfo) error {
	if slices.Equal(info.Cleanup, []string{"compact"}) {
		return nil
	}
	return fmt.Errorf("topic %s has cleanup.policy=%v, and what it remembers would be deleted: "+
		"set it to exactly compact, or name another topic", info.Name, info.Cleanup)
}

// Reachable is nil while Kafka answers and still has the state and the control
// topic, as they have to be, and takes records for both.
func (d *Daemon) Reachable(ctx context.Context) error {
	if err := d.opts.Cluster.Ping(ctx); err != nil {
		return err
	}
	for _, name := range []string{d.opts.StateTopic.Name, d.opts.ControlTopic.Name} {
		info, err := d.opts.Cluster.Topic(ctx, name)
		if err == nil {
			err = remembers(info)
		}
		if err == nil {
			err = d.opts.Cluster.Writable(ctx, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// judgeState compares the state topic with kafka.shards. What its meta records
// say counts first: they know for how many shards it was made, and people can add
// partitions to a topic. Those stay empty, because no source belongs to them.
func (d *Daemon) judgeState(ctx context.Context, info kafka.TopicInfo) (judged TopicJudgement, err error) {
	firsts, err := d.opts.Cluster.FirstRecords(ctx)
	if err != nil {
		return judged, fmt.Errorf("reading what state topic %s begins with: %w", info.Name, err)
	}
	judged.New = len(firsts) == 0
	if !judged.New {
		if judged.Remarks, err = d.compareMeta(ctx, firsts); err != nil {
			return judged, err
		}
	}
	switch shards := d.opts.StateTopic.Partitions; {
	case info.Partitions < shards:
		return judged, fmt.Errorf("state topic %s has %d partitions, but kafka.shards is %d: set kafka.shards: %d "+
			"(the count is fixed when the topic is created), or name another kafka.state_topic",
			info.Name, info.Partitions, shards, info.Partitions)
	case info.Partitions > shards:
		judged.Remarks = append(judged.Remarks, fmt.Sprintf("state topic %s has %d partitions, but kafka.shards is %d: "+
			"the first %d are used, the others stay empty", info.Name, info.Partitions, shards, shards))
	}
	return judged, nil
}

// initialise begins every shard of a new state topic with the meta record.
func (d *Daemon) initialise(ctx context.Context) error {
	meta, err := d.meta(ctx)
	if err != nil {
		return err
	}
	key, value, err := state.Entry{Key: state.MetaKey(), Value: meta}.Encode()
	if err != nil {
		return err
	}
	if err := d.opts.Cluster.Initialise(ctx, meta.Shards, kafka.KeyValue{Key: key, Value: value}); err != nil {
		return err
	}
	d.opts.Logger.Info("state topic initialised", "topic", d.opts.StateTopic.Name, "shards", meta.Shards)
	return nil
}

// meta is the meta record that this configuration makes.
func (d *Daemon) meta(ctx context.Context) (state.Meta, error) {
	cluster, err := d.opts.Cluster.ID(ctx)
	return state.Meta{Format: state.Format, Shards: d.opts.StateTopic.Partitions, Cluster: cluster}, err
}

// errLostState says that a partition of the state topic is not what it was.
var errLostState = errors.New("it has lost data, and going on would publish everything of its sources again. " +
	"Restore the topic, or name another kafka.state_topic")

// withoutMeta is the error for a partition that has lost its meta record, and so
// whatever else it held.
func withoutMeta(topic string, partition int32) error {
	return fmt.Errorf("partition %d of state topic %s does not begin with its meta record: %w", partition, topic, errLostState)
}

// compareMeta compares the meta records of the state topic with what they would
// be if it was made now.
func (d *Daemon) compareMeta(ctx context.Context, firsts map[int32]kafka.KeyValue) (remarks []string, err error) {
	topic := d.opts.StateTopic.Name
	want, err := d.meta(ctx)
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
