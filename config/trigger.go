package config

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Trigger is when something runs. Exactly one of Every, Cron, DailyAt, WeeklyOn,
// Manual and Off is given; the zero Trigger is none.
type Trigger struct {
	// Every is the time from one start to the next, at least a second.
	Every time.Duration `yaml:"every"`
	// Cron is five fields: minute, hour, day of month, month, day of week.
	Cron string `yaml:"cron"`
	// DailyAt is a time of day, HH:MM.
	DailyAt string `yaml:"daily_at"`
	// WeeklyOn is an English weekday in lower case, At its time of day, HH:MM.
	WeeklyOn string `yaml:"weekly_on"`
	At       string `yaml:"at"`
	// Timezone is an IANA name for Cron, DailyAt and WeeklyOn; empty: UTC, so
	// that all instances agree.
	Timezone string `yaml:"timezone"`
	// Manual runs only by hand.
	Manual bool `yaml:"manual"`
	// Off is a sweep's alone, written as the word off.
	Off bool `yaml:"-"`
}

// triggerForms are the keys of which a trigger has exactly one.
func triggerForms() []string { return []string{"every", "cron", "daily_at", "weekly_on", "manual"} }

// String says it as a person would: "every 5m0s", "daily at 06:00 Europe/Berlin".
func (t Trigger) String() string {
	zone := t.Timezone
	if zone == "" {
		zone = "UTC"
	}
	switch {
	case t.Off:
		return "off"
	case t.Manual:
		return "manual"
	case t.Every > 0:
		return "every " + t.Every.String()
	case t.Cron != "":
		return fmt.Sprintf("cron %q %s", t.Cron, zone)
	case t.DailyAt != "":
		return fmt.Sprintf("daily at %s %s", t.DailyAt, zone)
	case t.WeeklyOn != "":
		return fmt.Sprintf("%s at %s %s", t.WeeklyOn, t.At, zone)
	}
	return "none"
}

// TimeOfDay returns hour and minute of DailyAt or At; of any other form, and of
// a time that Load would refuse, 0:00.
func (t Trigger) TimeOfDay() (hour, minute int) {
	text := t.DailyAt
	if t.WeeklyOn != "" {
		text = t.At
	}
	at, err := time.Parse(timeOfDay, text)
	if err != nil {
		return 0, 0
	}
	return at.Hour(), at.Minute()
}

// Weekday returns the day of WeeklyOn, and whether it names one.
func (t Trigger) Weekday() (time.Weekday, bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(t.WeeklyOn, day.String()) {
			return day, true
		}
	}
	return 0, false
}

// Location returns the zone of Timezone, UTC when it is empty. The error, of a
// zone that this system does not know, cannot happen after Load.
func (t Trigger) Location() (*time.Location, error) { return time.LoadLocation(t.Timezone) }

const timeOfDay = "15:04"

// trigger judges the values of a trigger whose form is already known to be one.
func (v validator) trigger(path string, t Trigger) {
	switch {
	case t.Every != 0 && t.Every < time.Second:
		v.fail(path+".every", fmt.Sprintf("must be at least 1s, got %s", t.Every), "")
	case t.Cron != "":
		v.cron(path+".cron", t.Cron)
	case t.DailyAt != "":
		v.clock(path+".daily_at", t.DailyAt)
	case t.WeeklyOn != "":
		if _, ok := t.Weekday(); !ok {
			v.fail(path+".weekly_on", fmt.Sprintf("%s is not a weekday", v.shown(path+".weekly_on", t.WeeklyOn)), "write monday, tuesday, …")
		}
		v.clock(path+".at", t.At)
	}
	if _, err := t.Location(); err != nil {
		v.fail(path+".timezone", fmt.Sprintf("%s is not a known time zone", v.shown(path+".timezone", t.Timezone)), "write a name such as Europe/Berlin or UTC")
	}
}

func (v validator) clock(path, text string) {
	if _, err := time.Parse(timeOfDay, text); err != nil || len(text) != len("15:04") {
		v.fail(path, fmt.Sprintf("%s is not a time of day", v.shown(path, text)), `write it as "HH:MM", from "00:00" to "23:59"`)
	}
}

// cron looks at the shape only; what the fields mean is the scheduler's.
func (v validator) cron(path, line string) {
	fields := strings.Fields(line)
	if len(fields) != 5 {
		v.fail(path, fmt.Sprintf("%s has %d fields, a cron line has 5", v.shown(path, line), len(fields)), "write minute hour day-of-month month day-of-week")
		return
	}
	for _, field := range fields {
		if !cronField.MatchString(field) {
			v.fail(path, fmt.Sprintf("%s has the field %s that cannot be right", v.shown(path, line), v.shown(path, field)), "a field is made of digits, names, and * , - /")
			return
		}
	}
}

var cronField = regexp.MustCompile(`^[0-9A-Za-z*,/?#-]+$`)
