package main

import (
	"notion-kafka/cmd/notion-kafka/console"
	"notion-kafka/notion"
	"notion-kafka/producer"
)

// An observer tells the metrics what the daemon does. Of a source they have the budget
// and the schedule of the definition that is run: others of the same name may have been
// opened, as one that is shadowed, or one that is only looked at.
type observer struct{ *console.Metrics }

// Known implements producer.Observer.
func (o observer) Known(src *producer.Source) {
	if client, is := src.Notion.(*notion.Client); is {
		o.Connection(src.Name, client.Budget())
	}
	o.Schedule(src.Name, scheduleOf(src))
	o.Metrics.Known(src.Name)
}
