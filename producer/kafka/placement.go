package kafka

import "github.com/twmb/franz-go/pkg/kgo"

// A placement puts keys on partitions as Kafka's Java producer does: murmur2 of
// the key modulo the number of partitions. Flink and ksqlDB joins rely on it. It
// is for one goroutine at a time, and for many keys: franz-go seeds a random
// generator for each, which takes longer than a page's encoding.
type placement struct{ keyed kgo.TopicPartitioner }

func newPlacement() placement {
	return placement{kgo.StickyKeyPartitioner(nil).ForTopic("")}
}

// of is the partition of a key, which must not be nil, among so many.
func (p placement) of(key []byte, partitions int32) int32 {
	return int32(p.keyed.Partition(&kgo.Record{Key: key}, int(max(partitions, 1)))) //nolint:gosec // below partitions
}
