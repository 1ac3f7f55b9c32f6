package main

import (
	"fmt"

	"notion-kafka/config"
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
