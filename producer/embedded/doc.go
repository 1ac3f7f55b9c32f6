// Package embedded is the broker and schema registry for trying notion-kafka
// out: no installation, the data in one directory, loopback only.
//
// It promises that processes with one data directory share one broker. The
// process that holds the lock on the directory serves, and writes its addresses into
// the directory. The others connect to it. When it ends, the next one takes the lock
// and serves at the same addresses.
//
// The broker is kfake, which speaks Kafka's protocol, keeps its topics on disk
// and calls fsync for every write. We work around three of its habits, which would
// break our promises:
//
//   - It compacts without regard to open transactions, so that a committed value
//     could give way to one that is later aborted. Its own compaction is off. We
//     compact once before the broker opens, after aborting every open transaction.
//   - It rewrites a partition in place. So we compact a copy of the data, which
//     then takes the original's place in one step: a process killed in the middle
//     loses nothing.
//   - After a second kill it forgets that it aborted the transactions that the
//     first kill left open. So every start writes the abort markers that Kafka's
//     coordinator would have written.
//
// It cannot replicate, validate topic configs, or keep a transaction whole across
// partitions when it is killed while it writes the commit markers.
package embedded
