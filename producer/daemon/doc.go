// Package daemon is instances of notion-kafka at work, and what people ask of them.
//
//	group → claim → supervisor → runner → runs
//
// A [Daemon] joins the group and claims the shards that the group gives it. A
// supervisor runs the sources of one claimed shard, with one runner each. A runner
// starts runs when triggers or people want them, learns from their ends, and puts them
// into the history. What a run does is the package producer's.
package daemon
