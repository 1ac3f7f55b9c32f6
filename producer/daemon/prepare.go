package daemon

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
)

// Instances that initialise a state topic at the same time fence each other. They try
// again after random waits, so that one of them succeeds.
const (
	initialiseAttempts = 20
	initialisePause    = time.Second // at most
)

// Prepare makes sure that Kafka answers and that the state and control topics exist as
// this configuration expects them. It creates missing topics and changes no existing
// one.
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
	if _, err := d.CheckTopic(ctx, ofControl); err != nil {
		return err
	}
	return d.prepareState(ctx, ofState)
}

// prepareState logs the remarks about the state topic, and writes the meta records of a
// new one.
func (d *Daemon) prepareState(ctx context.Context, info kafka.TopicInfo) error {
	for attempt := 1; ; attempt++ {
		checked, err := d.CheckTopic(ctx, info)
		if err != nil {
			return err
		}
		if checked.New {
			err = d.shards().Initialise(ctx)
		}
		if err == nil {
			for _, remark := range checked.Remarks {
				d.opts.Logger.Warn(remark)
			}
			return nil
		}
		if attempt == initialiseAttempts || !errors.Is(err, kafka.ErrUnknown) || !shard.Wait(ctx, rand.N(initialisePause)) {
			return err
		}
	}
}

// CheckTopic compares the state or the control topic with this configuration. The error
// says why no daemon can start with the topic.
func (d *Daemon) CheckTopic(ctx context.Context, info kafka.TopicInfo) (checked shard.TopicCheck, err error) {
	if err := shard.Remembers(info); err != nil {
		return checked, err
	}
	want := d.opts.ControlTopic.Partitions
	switch {
	case info.Name == d.opts.StateTopic.Name:
		return d.shards().Check(ctx, info)
	case info.Partitions != want:
		return checked, fmt.Errorf("control topic %s has %d partitions, but must have %d, or nobody could tell what came first: "+
			"name another kafka.control_topic", info.Name, info.Partitions, want)
	}
	return checked, nil
}

// Reachable is nil while Kafka answers, and the state and the control topic exist, are
// compacted, and take records.
func (d *Daemon) Reachable(ctx context.Context) error {
	if err := d.opts.Cluster.Ping(ctx); err != nil {
		return err
	}
	for _, name := range []string{d.opts.StateTopic.Name, d.opts.ControlTopic.Name} {
		info, err := d.opts.Cluster.Topic(ctx, name)
		if err == nil {
			err = shard.Remembers(info)
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
