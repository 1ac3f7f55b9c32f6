package main

import (
	"fmt"
	"strings"
	"time"

	"notion-kafka/cmd/notion-kafka/console"
	"notion-kafka/config"
	"notion-kafka/producer"
	"notion-kafka/producer/schedule"
)

// triggers makes every trigger of a source and its streams, none for off. An error is
// about a time zone or a cron line that the configuration should have refused.
func triggers(src config.Source) (map[config.Trigger]schedule.Trigger, error) {
	given := []config.Trigger{src.Settings.Trigger, src.Settings.Sweep}
	for _, rule := range src.Streams {
		for _, own := range []*config.Trigger{rule.Trigger, rule.Sweep} {
			if own != nil {
				given = append(given, *own)
			}
		}
	}
	made := make(map[config.Trigger]schedule.Trigger)
	for _, t := range given {
		if t.Off {
			continue
		}
		trigger, err := trigger(src.Name, t)
		if err != nil {
			return nil, fmt.Errorf("source %s: trigger %q: %w", src.Name, t, err)
		}
		made[t] = trigger
	}
	return made, nil
}

func trigger(source string, t config.Trigger) (schedule.Trigger, error) {
	zone, err := t.Location()
	if err != nil {
		return nil, err
	}
	hour, minute := t.TimeOfDay()
	switch {
	case t.Every > 0:
		return schedule.Every{Interval: t.Every, Name: source}, nil
	case t.Cron != "":
		return schedule.Cron(t.Cron, zone)
	case t.DailyAt != "":
		return schedule.Daily(hour, minute, zone)
	case t.WeeklyOn != "":
		day, _ := t.Weekday() // validated by the configuration
		return schedule.Weekly(day, hour, minute, zone)
	}
	return schedule.Manual{}, nil
}

// scheduleOf returns when the triggers of a source are due for a stream. A stream that
// is not selected is never due.
func scheduleOf(src *producer.Source) console.Schedule {
	return func(stream, title string, after time.Time) (due time.Time, ok bool) {
		database, ofPages := strings.CutPrefix(stream, producer.DatabaseStream(""))
		if !ofPages {
			database = ""
		}
		settings, selected := src.Select(stream, database, title)
		switch {
		case !selected:
			return time.Time{}, false
		case settings.Trigger != nil:
			return settings.Trigger.Next(after)
		}
		return src.Trigger.Next(after)
	}
}
