package kafka

import "github.com/twmb/franz-go/pkg/kgo"

// A placement puts keys on partitions as Kafka's Java producer does: murmur2 of
// the key modulo the number of partitions. Flink and ksqlDB joins rely on it. Use
// one placement for many keys, in one goroutine at a time: for each placement
// franz-go seeds a random generator, which takes longer than encoding a page.
type placement struct{ keyed kgo.TopicPartitioner }

func newPlacement() placement {
	return placement{kgo.StickyKeyPartitioner(nil).ForTopic("")}
}

// of returns the partition of a key among partitions. The key must not be nil.
func (p placement) of(key []byte, partitions int32) int32 {
	return int32(p.keyed.Partition(&kgo.Record{Key: key}, int(max(partitions, 1)))) //nolint:gosec // below partitions
}

// Placed returns the partition of the records with a key, of a topic that had so many
// partitions when it was first written to.
func Placed(key string) func(partitions int32) int32 {
	p := newPlacement()
	return func(partitions int32) int32 { return p.of([]byte(key), partitions) }
}
