// Package producer carries out runs: it says what a run does, in which order, and
// what happens when a step fails.
//
//	discover → plan → read → complete → compare → encode → commit → report
//
// A [Task] is one source on the shard that holds its state. [Run.CarryOut] calls the steps,
// from discover to report. The package daemon decides when runs begin.
// This package knows Notion's objects and the state's meaning, but no HTTP, no Avro and no
// Kafka protocol: those are behind [Notion], [Schemas] and the packages shard and kafka.
package producer
