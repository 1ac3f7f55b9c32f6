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

// checkTopicEvery is how often the topic of a stream is looked at in which nothing
// changes.
const checkTopicEvery = time.Minute

// knowsTopic says that a run of a trigger need not look at the stream's topic before
// there is something to publish: it was as it should be a moment ago.
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

// sawTopic notes that the stream's topic is as it should be.
func (j *job) sawTopic() {
	j.topicSeen = true
	j.task.mu.Lock()
	defer j.task.mu.Unlock()
	j.task.topicsSeen[j.name] = sighting{j.topic.ID, time.Now()}
}

// openTopic makes sure that a stream's topic is there and is still the one
// that was published to before, with everything that was written: fingerprints
// describe a topic, and of another one they would be lies.
func (j *job) openTopic(ctx context.Context) error {
	if j.problem != nil {
		return j.problem
	}
	spec := j.task.env.DataTopic
	spec.Name = j.topic.Topic
	spec.Create = spec.Create && j.topic.ID == ""
	info, err := j.task.env.Cluster.EnsureTopic(ctx, spec)
	if errors.Is(err, kafka.ErrTopicMissing) && j.topic.ID != "" {
		return j.startOver("it was deleted since this stream was published to it")
	}
	if err != nil {
		return err
	}
	j.task.Shard.SetMaxBytes(info.Name, info.MaxBytes)
	if left := j.leftTopic(); left != "" {
		j.task.Shard.Log.InfoContext(ctx, "the stream begins again in another topic; the one it was published to stays as it is",
			"source", j.task.Name, "stream", j.name, "topic", info.Name, "left", left)
	}
	if j.topic.ID == "" {
		if err := j.whose(ctx); err != nil {
			return err
		}
		j.topic.ID, j.topic.Partitions = info.ID, info.Partitions
		j.topicSeen = true
		return nil
	}
	if j.topic.ID != info.ID {
		return j.startOver("it was deleted and made again since this stream was published to it")
	}
	if info.Partitions > j.topic.Partitions && j.scan != nil {
		j.task.Shard.Log.WarnContext(ctx, "the topic has more partitions than when it was first published to; keys stay in the first ones",
			"topic", info.Name, "partitions", info.Partitions, "used", j.topic.Partitions)
	}
	if err := j.holdsAll(ctx, info); err != nil {
		return err
	}
	j.sawTopic()
	return nil
}

// holdsAll stops a stream whose topic has lost what was written to it, at its end
// or as a whole. Where the topic deletes by itself, that is its owner's will.
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
	if _, known := j.held(); known == 0 {
		return nil // nothing was there but tombstones
	}
	return j.startOver("all its records were deleted: it was cut short")
}

// leftTopic is the topic that the stream was published to before, while it has not
// been read to the end for the one it has now; "" where there is none.
func (j *job) leftTopic() string {
	if j.topic.Scanned || len(j.topic.Left) == 0 {
		return ""
	}
	return j.topic.Left[len(j.topic.Left)-1]
}

// startOver is the answer to a topic that changed under us: nothing is
// published until a person says that everything shall be.
func (j *job) startOver(why string) error {
	return attention(fmt.Errorf("topic %s: %s. Nothing was published. To publish everything again, run: "+
		"notion-kafka state reset --source %s --stream %s --forget", j.topic.Topic, why, j.task.Name, j.name))
}

// retarget is a topic record for a stream that begins in a topic. One that was
// published elsewhere before starts again with a snapshot; its old fingerprints
// are of an older generation and do not count. Where it was before it does not
// return by itself: in a rolling deploy the instances would send it to and fro.
func retarget(topic state.Topic, want string) (state.Topic, error) {
	if slices.Contains(topic.Left, want) {
		return topic, attention(fmt.Errorf("the configuration sends it back to topic %s, which it left for %s; that takes a person: "+
			"when every instance has this configuration, run `notion-kafka state reset` for the stream, or set the topic to %s", want, topic.Topic, topic.Topic))
	}
	if topic.Topic != "" {
		topic.Left = append(slices.Clone(topic.Left), topic.Topic)
		topic.Generation++
	}
	topic.Topic, topic.ID, topic.Partitions, topic.Offsets, topic.Scanned = want, "", 0, nil, false
	return topic, nil
}
