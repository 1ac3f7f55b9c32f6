// Package embedded is the broker and schema registry for trying notion-kafka
// out: no installation, the data in one directory, loopback only.
//
// It promises that processes with one data directory share one broker. The
// process that holds the lock on the directory serves and writes its addresses
// beside it; the others connect to it there, and when it ends the next one takes
// the lock and serves at the same addresses.
//
// The broker is kfake, which speaks Kafka's protocol, keeps its topics on disk
// and calls fsync for every write. Three of its habits would break our promises
// and are stepped round here:
//
//   - It compacts without regard to open transactions, so that a committed value
//     could give way to one that is later aborted. Its own compaction is off; one
//     runs before the broker opens, after every open transaction was aborted.
//   - It rewrites a partition in place. So compaction works on a copy of the
//     data, which then takes the original's place in one step: a process killed
//     in the middle loses nothing.
//   - It forgets, when killed a second time, that it aborted what the first kill
//     left open. So the abort markers that Kafka's coordinator would have written
//     are written at every start.
//
// What it cannot do: replicate, keep a transaction whole across partitions when
// killed in the middle of writing its commit markers, or validate topic configs.
package embedded
