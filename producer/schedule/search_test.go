package schedule_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"notion-kafka/producer/schedule"
)

// A field is one of a cron line, and the values it stands for.
type field struct {
	text   string
	values map[int]bool
}

// anyField draws a field with values from low to high.
func anyField(random *rand.Rand, low, high int) field {
	f := field{values: map[int]bool{}}
	add := func(text string, from, to, step int) {
		f.text = strings.TrimPrefix(f.text+","+text, ",")
		for v := from; v <= to; v += step {
			f.values[v] = true
		}
	}
	from := low + random.IntN(high-low)
	to := from + 1 + random.IntN(high-from)
	step := 1 + random.IntN(min(to-from, high-low-1))
	switch random.IntN(5) {
	case 0, 1:
		add("*", low, high, 1)
	case 2:
		add("*/"+strconv.Itoa(step+1), low, high, step+1)
	case 3:
		add(fmt.Sprintf("%d-%d/%d", from, to, step), from, to, step)
	default:
		for range 1 + random.IntN(3) {
			v := low + random.IntN(high-low+1)
			add(strconv.Itoa(v), v, v, 1)
		}
	}
	return f
}

// A line is a cron line with the values of its fields.
type line struct{ minute, hour, day, month, weekday field }

func anyLine(random *rand.Rand) line {
	l := line{anyField(random, 0, 59), anyField(random, 0, 23), anyField(random, 1, 31), anyField(random, 1, 12), anyField(random, 0, 6)}
	if random.IntN(2) == 0 {
		l.day, l.month = field{"*", nil}, field{"*", nil}
	}
	return l
}

func (l line) String() string {
	return strings.Join([]string{l.minute.text, l.hour.text, l.day.text, l.month.text, l.weekday.text}, " ")
}

// names reports whether the line names the time that a clock shows.
func (l line) names(shown time.Time) bool {
	day := l.day.text == "*" || l.day.values[shown.Day()]
	weekday := l.weekday.text == "*" || l.weekday.values[int(shown.Weekday())]
	fits := day && weekday
	if l.day.text != "*" && l.weekday.text != "*" {
		fits = day || weekday
	}
	return fits && (l.month.text == "*" || l.month.values[int(shown.Month())]) && l.hour.values[shown.Hour()] && l.minute.values[shown.Minute()]
}

// search is the definition of a calendar, as slow as it is plain: it looks at the
// clock every minute. It gives up at the end.
func (l line) search(after, end time.Time, zone *time.Location) (time.Time, bool) {
	shown := func(at time.Time) time.Time {
		at = at.In(zone)
		return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
	}
	var highest time.Time // the highest time that the clock showed
	for at := after.Add(-3 * time.Hour); !at.After(after); at = at.Add(time.Minute) {
		if now := shown(at); now.After(highest) {
			highest = now
		}
	}
	for at := after.Truncate(time.Minute).Add(time.Minute); at.Before(end); at = at.Add(time.Minute) {
		now := shown(at)
		if len(l.hour.values) == 24 {
			if l.names(now) {
				return at, true
			}
			continue
		}
		for highest.Before(now) { // more than one minute where the clock jumps
			highest = highest.Add(time.Minute)
			if l.names(highest) {
				return at, true
			}
		}
	}
	return time.Time{}, false
}

// Whatever the line, the zone and the last start, the next time is the one that
// a search minute by minute finds: later than the last start, and none between.
func TestNextIsWhatASearchFinds(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 2026))
	nights := []struct{ zone, before string }{
		{"Europe/Berlin", "2026-03-28T23:00:00Z"},
		{"Europe/Berlin", "2026-10-24T22:00:00Z"},
		{"America/New_York", "2026-03-08T05:00:00Z"},
		{"America/New_York", "2026-11-01T04:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-04T13:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-03T13:30:00Z"},
		{"Africa/Cairo", "2026-04-23T20:00:00Z"},
		{"Africa/Cairo", "2026-10-29T19:00:00Z"},
		{"America/Santiago", "2026-09-06T02:00:00Z"},
		{"Asia/Kolkata", "2026-01-01T00:00:00Z"},
	}
	found := 0
	for range 600 {
		night := nights[random.IntN(len(nights))]
		zone := zone(t, night.zone)
		last, err := time.Parse(time.RFC3339, night.before)
		if err != nil {
			t.Fatal(err)
		}
		last = last.Add(time.Duration(random.Int64N(int64(6 * time.Hour))))
		line := anyLine(random)
		trigger, err := schedule.Cron(line.String(), zone)
		if err != nil {
			if strings.Contains(err.Error(), "no month has that day") {
				continue
			}
			t.Fatal(err)
		}
		for range 8 {
			end := last.Add(5 * 24 * time.Hour)
			want, within := line.search(last, end, zone)
			got, ok := trigger.Next(last)
			if !ok || within && !got.Equal(want) || !within && got.Before(end) {
				t.Errorf("%s in %s after %s: due %s (%t), want %s (%t)", line, zone, last.In(zone), got, ok, want.In(zone), within)
				break
			}
			if !got.After(last) {
				t.Errorf("%s in %s: due %s, not after %s", line, zone, got, last.In(zone))
			}
			if !within {
				break
			}
			found++
			last = want
		}
	}
	if found < 2000 {
		t.Errorf("only %d times were found, which proves little", found)
	}
}

// The next time is never further away than the form's period plus the amount by
// which clocks are set.
func TestNextIsWithinThePeriod(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, form := range []struct {
		name   string
		period time.Duration
	}{
		{"daily 02:30", 24 * time.Hour},
		{"daily 00:00", 24 * time.Hour},
		{"sunday 02:00", 7 * 24 * time.Hour},
		{"0 * * * *", time.Hour},
		{"*/15 * * * *", 15 * time.Minute},
		{"0 2,14 * * *", 12 * time.Hour},
	} {
		for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "UTC"} {
			trigger := calendar(t, form.name, zone(t, name))
			for range 200 {
				last := time.Date(2026, 1, 1, 0, 0, 0, random.IntN(1e9), time.UTC).Add(time.Duration(random.Int64N(int64(3 * 365 * 24 * time.Hour))))
				next, ok := trigger.Next(last)
				again, _ := trigger.Next(next)
				if !ok || !next.After(last) || next.Sub(last) > form.period+time.Hour || !again.After(next) || again.Sub(next) > form.period+time.Hour {
					t.Errorf("%s in %s after %s: due %s, then %s", form.name, name, last, next, again)
				}
			}
		}
	}
}
