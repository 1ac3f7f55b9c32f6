// Package control holds what the instances of a group share: the sources made through
// the API, each source's status and history of runs, the instances that are alive, and
// commands to the owner of a source with their answers. All of it is in the control
// topic, which is compacted, has one partition, and is read by every instance.
//
// Only the owner of a source's shard writes the source's records, with the shard's
// producer, because compaction has no compare-and-swap. Every other instance sends a
// [Command] and waits for its [Answer]. Losing the topic costs the history and the
// sources made through the API; positions and fingerprints are in the state topic.
package control
