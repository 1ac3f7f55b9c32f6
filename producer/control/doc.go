// Package control is what instances tell each other and people: the sources made
// through the API, every source's runs and how it stands, who is alive, and
// commands to the owner of a source with their answers. It lives in the control
// topic, compacted, of one partition, which every instance reads.
//
// A source's own records are written by the owner of its shard alone, with the
// shard's producer: compaction knows no compare-and-swap. Everybody else sends a
// [Command] and waits for its [Answer]. What is lost here is history and comfort;
// positions and fingerprints are in the state topic.
package control
