package catalog

import (
	"time"

	"notion-kafka/producer/control"
)

// today is what the runs of a source that ended on the day of now, in UTC, published to a
// topic.
func today(src control.Source, topic string, now time.Time) control.Day {
	return control.Days{Days: src.Days, Topics: src.Topics}.Topic(topic, now.UTC().Format(time.DateOnly))
}
