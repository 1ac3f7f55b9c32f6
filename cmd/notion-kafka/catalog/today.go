package catalog

import (
	"time"

	"notion-kafka/producer/control"
)

// today is what the runs that ended on the day of now, in UTC, published of a stream to a
// topic.
func today(runs []control.Run, stream, topic string, now time.Time) control.Day {
	day := control.Day{Day: now.UTC().Format(time.DateOnly)}
	for _, run := range runs {
		if !run.Status.Ended() || run.FinishedAt.UTC().Format(time.DateOnly) != day.Day {
			continue
		}
		for _, s := range run.Streams {
			if s.Stream != stream || s.Topic != "" && s.Topic != topic {
				continue
			}
			day.Snapshot += s.Snapshot
			day.Created += s.Created
			day.Updated += s.Updated
			day.Deleted += s.Deleted
			if s.Status == control.Failed {
				day.Failed++
			}
		}
	}
	return day
}
