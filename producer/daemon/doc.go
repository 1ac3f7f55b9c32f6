// Package daemon runs an instance of notion-kafka and carries out what people request
// of it.
//
//	group → claim → supervisor → runner → runs
//
// A [Daemon] joins the group and claims the shards that the group gives to it. A
// supervisor runs the sources of one claimed shard, with a runner for each. A runner
// starts runs for triggers and people, adapts its backoff to how they end, and writes
// them into the history. Package producer carries out a run.
package daemon
