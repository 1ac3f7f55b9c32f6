package producer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// checkTopicEvery is how often the topic of a stream without changes is looked at.
const checkTopicEvery = time.Minute

// knowsTopic reports whether a scheduled run may leave the stream's topic unchecked
// until there is something to publish: the topic was as it should be a moment ago.
func (j *job) knowsTopic() bool {
	j.task.mu.Lock()
	defer j.task.mu.Unlock()
	seen, ok := j.task.topicsSeen[j.name]
	return ok && j.problem == nil && j.order.Trigger == control.BySchedule && seen.id == j.topic.ID && time.Since(seen.at) < checkTopicEvery
}

// A sighting is when a stream's topic was last as it should be.
type sighting struct {
	id string
	at time.Time
}

// sawTopic notes that the stream's topic is as it should be now.
func (j *job) sawTopic() {
	j.topicSeen = true
	j.task.mu.Lock()
	defer j.task.mu.Unlock()
	j.task.topicsSeen[j.name] = sighting{j.topic.ID, time.Now()}
}

// ensureTopic makes sure that a stream's topic exists, is still the one that was
// published to before, and has everything that was written: the fingerprints describe
// that topic, and are wrong for any other. It outlasts a short outage of Kafka.
func (j *job) ensureTopic(ctx context.Context) error {
	if j.problem != nil {
		return j.problem
	}
	var info kafka.TopicInfo
	waits := func(err error) {
		j.task.Shard.Log.WarnContext(ctx, "the stream waits for Kafka", "source", j.task.Name, "stream", j.name, "topic", j.topic.Topic, "error", err)
	}
	err := kafka.Patiently(ctx, waits, func() (err error) {
		info, err = j.checkTopic(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if former := j.formerTopic(); former != "" {
		j.task.Shard.Log.InfoContext(ctx, "the stream begins again in another topic; its former topic stays as it is",
			"source", j.task.Name, "stream", j.name, "topic", info.Name, "former_topic", former)
	}
	if info.Partitions > j.topic.Partitions && j.scan != nil {
		j.task.Shard.Log.WarnContext(ctx, "the topic has more partitions than when it was first published to; keys stay in the original ones",
			"topic", info.Name, "partitions", info.Partitions, "used", j.topic.Partitions)
	}
	return nil
}

func (j *job) checkTopic(ctx context.Context) (info kafka.TopicInfo, err error) {
	spec := j.task.env.DataTopic
	spec.Name = j.topic.Topic
	spec.Create = spec.Create && j.topic.ID == ""
	info, err = j.task.env.Cluster.EnsureTopic(ctx, spec)
	if errors.Is(err, kafka.ErrTopicMissing) && j.topic.ID != "" {
		return info, j.startOver("it was deleted since this stream was published to it")
	}
	if err != nil {
		return info, err
	}
	j.task.Shard.SetMaxBytes(info.Name, info.MaxBytes)
	if j.topic.ID == "" {
		if err := j.checkForeign(ctx); err != nil {
			return info, err
		}
		j.topic.ID, j.topic.Partitions = info.ID, info.Partitions
		j.topicSeen = true
		return info, nil
	}
	if j.topic.ID != info.ID {
		return info, j.startOver("it was deleted and created again since this stream was published to it")
	}
	if err := j.holdsAll(ctx, info); err != nil {
		return info, err
	}
	j.sawTopic()
	return info, nil
}

// holdsAll returns an error if the topic lost its last records, or all of them. A topic
// with cleanup.policy=delete may lose old records: its owner wants that.
func (j *job) holdsAll(ctx context.Context, info kafka.TopicInfo) error {
	ends, err := j.task.env.Cluster.EndOffsets(ctx, info.Name)
	if err != nil {
		return err
	}
	for partition, last := range j.topic.Offsets {
		if ends[partition] <= last {
			return j.startOver(fmt.Sprintf("its partition %d ends at offset %d, but a record was written at %d: it was cut short",
				partition, ends[partition], last))
		}
	}
	if len(j.topic.Offsets) == 0 || slices.Contains(info.Cleanup, "delete") {
		return nil
	}
	starts, err := j.task.env.Cluster.StartOffsets(ctx, info.Name)
	if err != nil {
		return err
	}
	for partition, last := range j.topic.Offsets {
		if starts[partition] <= last {
			return nil
		}
	}
	if _, known := j.countHeld(); known == 0 {
		return nil // the topic had only tombstones
	}
	return j.startOver("all its records were deleted: it was cut short")
}

// formerTopic is the topic that the stream was published to before, until the first scan
// for its present topic is complete; "" if there is none.
func (j *job) formerTopic() string {
	if j.topic.Scanned || len(j.topic.FormerTopics) == 0 {
		return ""
	}
	return j.topic.FormerTopics[len(j.topic.FormerTopics)-1]
}

// startOver is the error for a topic that changed under us: nothing is published until a
// person requests that everything is published again.
func (j *job) startOver(why string) error {
	return attention(fmt.Errorf("topic %s: %s. Nothing was published. To publish everything again, run: "+
		"notion-kafka state reset --source %s --stream %s --forget", j.topic.Topic, why, j.task.Name, j.name))
}

// retarget is the topic record of a stream that begins in the topic want. A stream that
// was published elsewhere before starts over with a snapshot: its old fingerprints are of
// an older generation and do not count. A stream never returns to a former topic by
// itself: in a rolling deploy the instances would move it back and forth.
func retarget(topic state.Topic, want string) (state.Topic, error) {
	if slices.Contains(topic.FormerTopics, want) {
		return topic, attention(fmt.Errorf("the configuration moves the stream back to topic %s, its topic before %s, and that needs a person: it still has the pages that were deleted in the meantime. "+
			"When every instance has this configuration, run `notion-kafka state reset` for the stream, or set the topic to %s", want, topic.Topic, topic.Topic))
	}
	if topic.Topic != "" {
		topic.FormerTopics = append(slices.Clone(topic.FormerTopics), topic.Topic)
		topic.Generation++
	}
	topic.Topic, topic.ID, topic.Partitions, topic.Offsets, topic.Scanned = want, "", 0, nil, false
	return topic, nil
}
