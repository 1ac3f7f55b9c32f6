package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
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
	// Off is for sweeps only, written as the word off.
	Off bool `yaml:"-"`
}

// triggerForms lists the keys of which a trigger has exactly one.
func triggerForms() []string { return []string{"every", "cron", "daily_at", "weekly_on", "manual"} }

// String is a trigger in words: "every 5m0s", "daily at 06:00 Europe/Berlin".
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

// TimeOfDay returns hour and minute of DailyAt or At. It returns 0:00 for any other
// form, and for a time that Load would refuse.
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

// Location returns the zone of Timezone, UTC if it is empty. It fails for a zone that
// this system does not know, which cannot happen after Load. It also refuses the
// machine's zone: another instance may have another one.
func (t Trigger) Location() (*time.Location, error) {
	if t.Timezone == "Local" {
		return nil, errors.New("unknown time zone Local")
	}
	return time.LoadLocation(t.Timezone)
}

const timeOfDay = "15:04"

// trigger checks the values of a trigger that is known to have one form.
func (v validator) trigger(path string, t Trigger) {
	switch {
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

// cron checks a line field by field, so that the message names the wrong one. The
// library takes more than crontab(5) knows, hence cronShape.
func (v validator) cron(path, line string) {
	fields := strings.Fields(line)
	if len(fields) != len(cronFields) {
		v.fail(path, fmt.Sprintf("%s has %d fields, a cron line has 5", v.shown(path, line), len(fields)), "write minute hour day-of-month month day-of-week")
		return
	}
	for i, field := range fields {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = field
		if _, err := cronTimes(strings.Join(alone, " ")); err != nil || !cronShape.MatchString(field) {
			v.fail(path, fmt.Sprintf("the %s of %s is not valid", cronFields[i].name, v.shown(path, line)),
				fmt.Sprintf("write %s, a list 1,2, a range 1-2, a step */2, or *", cronFields[i].values))
			return
		}
	}
	times, err := cronTimes(line)
	switch {
	case err != nil:
		v.fail(path, v.shown(path, line)+" cannot be read", "make it shorter")
	case times.Next(time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)).IsZero():
		v.fail(path, v.shown(path, line)+" is never due", "give a day that one of its months has")
	}
}

// cronTimes reads a line as package schedule does, which computes the times.
func cronTimes(line string) (cron.Schedule, error) {
	parser, err := cron.TryNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.DowOrDom)
	if err != nil {
		return nil, err
	}
	return parser.Parse(strings.ToLower(line))
}

var cronShape = regexp.MustCompile(`^(\*|\w+(-\w+)?)(/\d+)?(,(\*|\w+(-\w+)?)(/\d+)?)*$`)

var cronFields = [...]struct{ name, values string }{
	{"minute", "0 to 59"},
	{"hour", "0 to 23"},
	{"day of the month", "1 to 31"},
	{"month", "1 to 12 or jan to dec"},
	{"day of the week", "0 to 7, where 0 and 7 are Sunday, or mon to sun"},
}
