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
	for _, spec := range []kafka.TopicSpec{d.opts.StateTopic, d.opts.ControlTopic} {
		info, err := d.opts.Cluster.EnsureTopic(ctx, spec)
		if err != nil {
			return err
		}
		if !slices.Equal(info.Cleanup, []string{"compact"}) {
			return fmt.Errorf("topic %s has cleanup.policy=%v, and what it remembers would be deleted: "+
				"set it to exactly compact, or name another topic", spec.Name, info.Cleanup)
		}
		if spec.Name == d.opts.StateTopic.Name && info.Partitions != spec.Partitions {
			return fmt.Errorf("state topic %s has %d partitions, but kafka.shards is %d: set kafka.shards: %d "+
				"(the count is fixed when the topic is created), or name another kafka.state_topic",
				spec.Name, info.Partitions, spec.Partitions, info.Partitions)
		}
	}
	return d.checkMeta(ctx)
}

// checkMeta reads the meta record that every partition of the state topic
// begins with, and writes them where the topic is new.
func (d *Daemon) checkMeta(ctx context.Context) error {
	cluster, err := d.opts.Cluster.ID(ctx)
	if err != nil {
		return err
	}
	want := state.Meta{Format: state.Format, Shards: d.opts.StateTopic.Partitions, Cluster: cluster}
	for attempt := 1; ; attempt++ {
		firsts, err := d.opts.Cluster.FirstRecords(ctx)
		if err != nil {
			return fmt.Errorf("reading what state topic %s begins with: %w", d.opts.StateTopic.Name, err)
		}
		if len(firsts) > 0 {
			return d.compareMeta(want, firsts)
		}
		err = d.initialise(ctx, want)
		if err == nil {
			d.opts.Logger.Info("state topic initialised", "topic", d.opts.StateTopic.Name, "shards", want.Shards)
			return nil
		}
		if attempt == initialiseAttempts || !errors.Is(err, kafka.ErrUnknown) || !wait(ctx, rand.N(initialisePause)) {
			return err
		}
	}
}

func (d *Daemon) initialise(ctx context.Context, meta state.Meta) error {
	key, value, err := state.Entry{Key: state.MetaKey(), Value: meta}.Encode()
	if err != nil {
		return err
	}
	return d.opts.Cluster.Initialise(ctx, meta.Shards, kafka.KeyValue{Key: key, Value: value})
}

// errLostState says that a partition of the state topic is not what it was.
var errLostState = errors.New("it has lost data, and going on would publish everything of its sources again. " +
	"Restore the topic, or name another kafka.state_topic")

// withoutMeta is the error for a partition that has lost its meta record, and so
// whatever else it held.
func (d *Daemon) withoutMeta(partition int32) error {
	return fmt.Errorf("partition %d of state topic %s does not begin with its meta record: %w", partition, d.opts.StateTopic.Name, errLostState)
}

func (d *Daemon) compareMeta(want state.Meta, firsts map[int32]kafka.KeyValue) error {
	topic := d.opts.StateTopic.Name
	for p := range want.Shards {
		first, ok := firsts[p]
		if !ok || !bytes.Equal(first.Key, []byte(state.MetaKey())) {
			return d.withoutMeta(p)
		}
		memory := state.NewMemory()
		if err := memory.Apply(first.Key, first.Value); err != nil {
			return fmt.Errorf("state topic %s, partition %d: %w", topic, p, err)
		}
		switch meta := memory.Meta; {
		case meta == nil:
			return fmt.Errorf("partition %d of state topic %s begins with an empty meta record: it was written by something else", p, topic)
		case meta.Format > want.Format:
			return fmt.Errorf("state topic %s has format %d, this version knows %d: run a newer notion-kafka", topic, meta.Format, want.Format)
		case meta.Shards != want.Shards:
			return fmt.Errorf("state topic %s was made for %d shards, but kafka.shards is %d: set kafka.shards: %d",
				topic, meta.Shards, want.Shards, meta.Shards)
		case meta.Cluster != want.Cluster && p == 0:
			d.opts.Logger.Warn("the state topic was made in another Kafka cluster; if it was copied here, check that the data topics were too",
				"topic", topic, "made_in", meta.Cluster, "here", want.Cluster)
		}
	}
	return nil
}
