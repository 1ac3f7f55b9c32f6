package main

import (
	"notion-kafka/cmd/notion-kafka/console"
	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// An observer passes what the daemon does on to the metrics. It registers a source's
// budget and successes when the source starts to run, not when it is opened: a shadowed
// source, or one that is only being validated, is opened too and may have the same name.
type observer struct{ *console.Metrics }

// Known implements producer.Observer.
func (o observer) Known(src *producer.Source, successes func() []control.Success) {
	if client, is := src.Notion.(*notion.Client); is {
		o.Connection(src.Name, client.Budget())
	}
	o.Successes(src.Name, successes)
	o.Metrics.Known(src.Name)
}
