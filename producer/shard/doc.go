// Package shard owns partitions of the state topic: it claims one, restores what its
// records say, and commits to it, records of any topic and state in one transaction. A
// claim fences the owner before. The package knows Kafka's records and the state's, and
// nothing of sources at work.
package shard
