// Package kafka is notion-kafka's side of Apache Kafka: topics, the consumer
// group that spreads shards over instances, and one transactional producer a
// shard.
//
// Its promise is the shape of a commit. A [Writer] is the only writer of one
// partition of the state topic, because Kafka fences every earlier claim of it
// (KIP-98, transactional.id). [Writer.Commit] puts data records and the state
// that describes them into one transaction. It has three outcomes only: done,
// certainly not done (an [AbortedError]), or unknown ([ErrUnknown]). After an
// unknown outcome the writer is finished, and the caller claims and restores again.
//
// The package deals in bytes and imports nothing of ours, so that schemas and
// brokers change apart. Only this package and the embedded broker know
// franz-go's client.
package kafka
