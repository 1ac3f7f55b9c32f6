package producer

import (
	"context"
	"errors"
	"fmt"

	"notion-kafka/producer/kafka"
)

// looksAt is how many of the last records of a topic, by time, are looked at when a
// stream uses it first.
const looksAt = 10

// whose refuses a topic that a stream uses for the first time and that somebody
// else has written to last: pages among foreign records would serve nobody, and a
// source that is made through the API could reach whatever the Kafka user may. A
// topic that the file names is the operator's will. Where the right to read is
// missing, nobody can tell.
func (j *job) whose(ctx context.Context) error {
	if j.settings.Topic != "" && j.task.env.FromFile(j.task.Name) {
		return nil
	}
	topic := j.topic.Topic
	records, err := j.task.env.Cluster.LastRecords(ctx, topic, looksAt)
	switch {
	case kafka.IsForbidden(err), errors.Is(err, kafka.ErrTopicMissing):
		j.task.Shard.Log.DebugContext(ctx, "whose topic it is cannot be told", "topic", topic, "error", err)
		return nil
	case err != nil:
		return fmt.Errorf("looking whose topic %s is: %w", topic, err)
	}
	for _, r := range records {
		source, stream := r.Header("notion-kafka.source"), r.Header("notion-kafka.stream")
		if source == j.task.Name && stream == j.name {
			continue
		}
		wrote := "no program of this kind"
		if source != "" {
			wrote = fmt.Sprintf("source %s, stream %s", source, stream)
		}
		return attention(fmt.Errorf("topic %s is not ours: its record at partition %d, offset %d was written by %s. Nothing was published. "+
			"Give the stream another topic, or name this one as its topic: in the configuration file", topic, r.Partition, r.Offset, wrote))
	}
	return nil
}
