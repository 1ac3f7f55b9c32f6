package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// A Calendar is due when the clock of a time zone shows certain times, without
// jitter. [Cron], [Daily] and [Weekly] make one.
//
// Where clocks are set for daylight saving, they jump over some times and show
// others twice. A Calendar that names its hours, as 02:30 does, is due once for
// each time it names: when the clock shows it first, or at the moment the clock
// jumps over it. Vixie cron does the same (Debian: cron(8)) and people rely on
// it: a night has one backup, not none and not two. A Calendar that is due in
// every hour of the day, such as */15 * * * *, follows the minutes that the clock
// shows, each time it shows them: where clocks are set by whole hours, its times
// stay evenly spaced.
//
// Vixie cron tells the two apart by a * at the start of the hours or the minutes.
// So there */15 2 * * * is not due at all in the one night and eight times in the
// other; here it names its hour.
type Calendar struct {
	times     cron.Schedule // of readings of the clock
	everyHour bool
	zone      *time.Location
}

// Cron is due by a line of five fields (crontab(5)): minute, hour, day of month,
// month, day of week. If neither day is *, one that fits is enough. A line without
// a meaning, or with a day that never comes, is an error.
//
// A library reads the line, and finds the next reading of a clock that is never
// set. We do not use it for more: it makes two of a time that the clock shows twice,
// and finds a time that the clock jumps over an hour late.
func Cron(line string, zone *time.Location) (Calendar, error) {
	parser, err := cron.TryNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.DowOrDom)
	if err != nil {
		return Calendar{}, fmt.Errorf("cron line %q: %w", line, err)
	}
	// In capitals, the library takes the H of THU for a syntax of its own.
	times, err := parser.WithMaxSearchYears(longestWait).Parse(strings.ToLower(line))
	if err != nil {
		return Calendar{}, fmt.Errorf("cron line %q: %w", line, err)
	}
	if times.Next(time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Calendar{}, fmt.Errorf("cron line %q: %w", line, errNever)
	}
	return Calendar{times: times, everyHour: inEveryHour(times), zone: zone}, nil
}

// longestWait is the largest number of years between two days of a line: the years
// 2096 and 2104 have a February 29, 2100 has none.
const longestWait = 8

var errNever = errors.New("no month has that day")

// Daily is due once a day. An hour beyond 23 or a minute beyond 59 is an error.
func Daily(hour, minute int, zone *time.Location) (Calendar, error) {
	return Cron(fmt.Sprintf("%d %d * * *", minute, hour), zone)
}

// Weekly is due once a week. Its errors are those of [Daily].
func Weekly(day time.Weekday, hour, minute int, zone *time.Location) (Calendar, error) {
	return Cron(fmt.Sprintf("%d %d * * %d", minute, hour, day), zone)
}

// Next returns the calendar's first time after the last start, in its zone.
func (c Calendar) Next(lastStart time.Time) (time.Time, bool) {
	at := lastStart.In(c.zone)
	for done := reading(at); ; { // readings up to this one are done with
		if !c.everyHour {
			done = later(done, readBefore(at))
		}
		next := c.times.Next(done)
		if next.IsZero() {
			return time.Time{}, false
		}
		_, offset := at.Zone()
		_, set := at.ZoneBounds() // when the clock is next set; zero: never again
		due := next.Add(-time.Duration(offset) * time.Second).In(c.zone)
		if set.IsZero() || due.Before(set) {
			return due, true
		}
		if !c.everyHour && next.Before(reading(set)) {
			return set, true
		}
		at, done = set, reading(set).Add(-1)
	}
}

// reading returns what the clock on the wall shows, written as a time in UTC, where
// clocks are never set and readings can be counted.
func reading(at time.Time) time.Time {
	_, offset := at.Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second)
}

// readBefore returns the last reading before the clock was last set, or zero if it
// never was.
func readBefore(at time.Time) time.Time {
	set, _ := at.ZoneBounds()
	if set.IsZero() {
		return set
	}
	return reading(set.Add(-1))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// inEveryHour reports whether a day that has any of the times has one in each hour.
func inEveryHour(times cron.Schedule) bool {
	bits, ok := times.(*cron.SpecSchedule)
	return ok && bits.Hour&allHours == allHours
}

const allHours = 1<<24 - 1
