package main

import (
	"fmt"
	"strings"
	"time"

	"notion-kafka/config"
)

// scheduleWords returns a source's trigger as people read it: "every 5 minutes".
func scheduleWords(t config.Trigger) string {
	switch day, weekly := t.Weekday(); {
	case t.Manual:
		return "by hand only"
	case t.Every > 0:
		return "every " + span(t.Every)
	case weekly:
		return strings.Replace(t.String(), t.WeeklyOn, "every "+day.String(), 1)
	}
	return t.String()
}

// span returns a duration as people say it, if one unit is enough.
func span(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		switch {
		case d == unit.length:
			return unit.name
		case d%unit.length == 0:
			return fmt.Sprintf("%d %ss", d/unit.length, unit.name)
		}
	}
	return d.String()
}
