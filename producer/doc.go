// Package producer is the story of notion-kafka: what a run does, in which
// order, and what happens when a step fails.
//
//	trigger → claim → discover → plan → read → compare → encode → commit → report
//
// [Daemon] joins the group and claims the shards it is given; a shard serves
// its sources, each on its trigger; shard.run is the story itself, from
// discover to report. The package knows Notion's objects and the state's
// meaning, but no HTTP, no Avro and no Kafka protocol: those are behind
// [Notion], [Schemas] and the package kafka.
package producer
