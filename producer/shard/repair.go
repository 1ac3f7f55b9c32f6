package shard

import (
	"context"
	"errors"
	"fmt"

	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// repairCutCommits finds commits that the embedded broker cut in two. That broker
// writes commit markers partition by partition, so a kill between two of them leaves
// a transaction committed in one partition and aborted in another. State and topic
// then disagree about the last record, and the stream starts again, as after
// `state reset --forget`. Apache Kafka finishes every commit that it began, so real
// brokers need no repair.
func (s *Shard) repairCutCommits(ctx context.Context) error {
	for _, source := range s.memory.Sources() {
		for _, stream := range s.memory.Source(source).Streams() {
			topic := s.memory.Source(source).Stream(stream).Topic
			if topic == nil {
				continue
			}
			whole, err := s.agrees(ctx, *topic)
			if err != nil {
				return fmt.Errorf("comparing the last record of topic %s with the state: %w", topic.Topic, err)
			}
			if whole {
				continue
			}
			s.Log.Error("the embedded broker was killed in the middle of a commit: the stream publishes everything again",
				"source", source, "stream", stream, "topic", topic.Topic)
			entries := s.memory.ResetStream(source, stream, true)
			if err := s.Save(ctx, entries...); err != nil {
				return err
			}
		}
	}
	return nil
}

// agrees says whether our last record of each partition has the offset that the state has
// for it. A partition without an offset in the state has no pages there either, so nothing
// can be missed.
func (s *Shard) agrees(ctx context.Context, topic state.Topic) (bool, error) {
	for partition, last := range topic.Offsets {
		newest := int64(-1)
		for record, err := range s.topic.Cluster.ReadPartition(ctx, topic.Topic, partition, last) {
			if errors.Is(err, kafka.ErrTopicMissing) {
				return true, nil // another fault, which producer's ensureTopic reports
			}
			if err != nil {
				return false, err
			}
			if record.Header("notion-kafka.source") != "" { // another program may have written to the topic
				newest = record.Offset
			}
		}
		if newest != last {
			return false, nil
		}
	}
	return true, nil
}
