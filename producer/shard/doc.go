// Package shard owns partitions of the state topic. It claims a partition, which fences
// the previous owner, restores the state from its records, and commits records of any
// topic together with new state in one transaction. It knows the records of Kafka and of
// the state topic; how a source runs is none of its business.
package shard
