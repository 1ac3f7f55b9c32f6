// Package state defines the records of the compacted state topic, and the memory
// that is rebuilt from them.
//
// A record is a readable key and a JSON value; a nil value forgets the key. One
// function, [Memory.Apply], turns records into memory, both when a shard is restored
// and after every commit, so the memory of a process is always what a process that
// starts now would read. The package does not use Kafka: it decodes and encodes bytes.
package state

// Format is the version of the records in this package. A state topic of an
// older format is read; one of a newer format is refused.
const Format = 1
