package producer

import (
	"context"
	"errors"
	"fmt"

	"notion-kafka/producer/kafka"
)

// recordsChecked is how many of a topic's last records, by time, are checked before a
// stream first publishes to it.
const recordsChecked = 10

// checkForeign refuses a topic, before a stream first publishes to it, if its last records
// were written by somebody else. Pages among foreign records are useless, and a source
// made through the API could otherwise write to every topic that the Kafka user may. A
// topic that the configuration file names is not checked: the operator wants it. Without
// the right to read the topic it cannot be checked.
func (j *job) checkForeign(ctx context.Context) error {
	if j.settings.Topic != "" && j.task.env.FromFile(j.task.Name) {
		return nil
	}
	topic := j.topic.Topic
	records, err := j.task.env.Cluster.LastRecords(ctx, topic, recordsChecked)
	switch {
	case kafka.IsForbidden(err), errors.Is(err, kafka.ErrTopicMissing):
		j.task.Shard.Log.DebugContext(ctx, "checking who wrote to the topic: not possible", "topic", topic, "error", err)
		return nil
	case err != nil:
		return fmt.Errorf("checking who wrote to topic %s: %w", topic, err)
	}
	for _, r := range records {
		source, stream := r.Header("notion-kafka.source"), r.Header("notion-kafka.stream")
		if source == j.task.Name && stream == j.name {
			continue
		}
		writer := "another program than notion-kafka"
		if source != "" {
			writer = fmt.Sprintf("source %s, stream %s", source, stream)
		}
		return attention(fmt.Errorf("topic %s is not ours: its record at partition %d, offset %d was written by %s. Nothing was published. "+
			"Give the stream another topic, or set this one as its `topic` in the configuration file", topic, r.Partition, r.Offset, writer))
	}
	return nil
}
