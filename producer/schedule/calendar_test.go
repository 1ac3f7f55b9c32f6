package schedule_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same zones wherever the tests run

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/schedule"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// calendar is "daily 02:30", "sunday 02:30" or a cron line.
func calendar(t *testing.T, form string, zone *time.Location) schedule.Trigger {
	t.Helper()
	made, err := schedule.Cron(form, zone)
	if day, clock, ok := strings.Cut(form, " "); ok && (day == "daily" || day == "sunday") {
		at, wrong := time.Parse("15:04", clock)
		if wrong != nil {
			t.Fatal(wrong)
		}
		if day == "daily" {
			made, err = schedule.Daily(at.Hour(), at.Minute(), zone)
		} else {
			made, err = schedule.Weekly(time.Sunday, at.Hour(), at.Minute(), zone)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// due lists the first n times after a time, each counted from the one before.
func due(t *testing.T, trigger schedule.Trigger, after time.Time, n int) []time.Time {
	t.Helper()
	var times []time.Time
	for range n {
		at, ok := trigger.Next(after)
		if !ok {
			t.Fatalf("never due after %s", after)
		}
		times, after = append(times, at), at
	}
	return times
}

// Clocks are set in the night to Sunday. The times that are due then are written
// here by hand, from the zones' rules. With -v the test prints the whole table.
func TestNightsWhenClocksAreSet(t *testing.T) {
	type trigger struct{ form, due string }
	for _, night := range []struct {
		what, zone, from string
		due              []trigger
	}{
		{
			"+1 h at 02:00 CET", "Europe/Berlin", "2026-03-29 00:50",
			[]trigger{
				{"daily 02:30", "29 03:00+02, 30 02:30+02, 31 02:30+02"},
				{"sunday 02:30", "29 03:00+02, 05 02:30+02, 12 02:30+02"},
				{"30 2 * * *", "29 03:00+02, 30 02:30+02"},
				{"0 2,3 * * *", "29 03:00+02, 30 02:00+02"},
				{"0 3 * * *", "29 03:00+02, 30 03:00+02"},
				{"0 * * * *", "29 01:00+01, 29 03:00+02, 29 04:00+02"},
				{"30 * * * *", "29 01:30+01, 29 03:30+02, 29 04:30+02"},
				{"*/15 * * * *", "29 01:00+01, 29 01:15+01, 29 01:30+01, 29 01:45+01, 29 03:00+02, 29 03:15+02"},
				{"*/15 2 * * *", "29 03:00+02, 30 02:00+02, 30 02:15+02"},
				{"30 */2 * * *", "29 03:00+02, 29 04:30+02, 29 06:30+02"},
				{"15 1-3 * * SUN", "29 01:15+01, 29 03:00+02, 29 03:15+02, 05 01:15+02"},
			},
		},
		{
			"-1 h at 03:00 CEST", "Europe/Berlin", "2026-10-25 00:50",
			[]trigger{
				{"daily 02:30", "25 02:30+02, 26 02:30+01, 27 02:30+01"},
				{"sunday 02:30", "25 02:30+02, 01 02:30+01, 08 02:30+01"},
				{"30 2 * * *", "25 02:30+02, 26 02:30+01"},
				{"0 2,3 * * *", "25 02:00+02, 25 03:00+01, 26 02:00+01"},
				{"0 3 * * *", "25 03:00+01, 26 03:00+01"},
				{"0 * * * *", "25 01:00+02, 25 02:00+02, 25 02:00+01, 25 03:00+01"},
				{"30 * * * *", "25 01:30+02, 25 02:30+02, 25 02:30+01, 25 03:30+01"},
				{"*/15 * * * *", "25 01:00+02, 25 01:15+02, 25 01:30+02, 25 01:45+02, 25 02:00+02, 25 02:15+02, 25 02:30+02, 25 02:45+02, 25 02:00+01, 25 02:15+01, 25 02:30+01, 25 02:45+01, 25 03:00+01"},
				{"*/15 2 * * *", "25 02:00+02, 25 02:15+02, 25 02:30+02, 25 02:45+02, 26 02:00+01"},
				{"30 */2 * * *", "25 02:30+02, 25 04:30+01, 25 06:30+01"},
				{"0 0-22 * * *", "25 01:00+02, 25 02:00+02, 25 03:00+01"},
				{"0 0-23 * * *", "25 01:00+02, 25 02:00+02, 25 02:00+01, 25 03:00+01"},
				{"15 1-3 * * SUN", "25 01:15+02, 25 02:15+02, 25 03:15+01, 01 01:15+01"},
			},
		},
		{
			"+1 h at 02:00 EST", "America/New_York", "2026-03-08 00:50",
			[]trigger{
				{"daily 02:30", "08 03:00-04, 09 02:30-04, 10 02:30-04"},
				{"sunday 02:30", "08 03:00-04, 15 02:30-04, 22 02:30-04"},
				{"0 * * * *", "08 01:00-05, 08 03:00-04, 08 04:00-04"},
				{"*/15 * * * *", "08 01:00-05, 08 01:15-05, 08 01:30-05, 08 01:45-05, 08 03:00-04, 08 03:15-04"},
				{"*/15 2 * * *", "08 03:00-04, 09 02:00-04, 09 02:15-04"},
			},
		},
		{
			"-1 h at 02:00 EDT", "America/New_York", "2026-11-01 00:50",
			[]trigger{
				{"daily 01:30", "01 01:30-04, 02 01:30-05, 03 01:30-05"},
				{"daily 02:30", "01 02:30-05, 02 02:30-05, 03 02:30-05"},
				{"sunday 01:30", "01 01:30-04, 08 01:30-05, 15 01:30-05"},
				{"0 * * * *", "01 01:00-04, 01 01:00-05, 01 02:00-05, 01 03:00-05"},
				{"*/15 * * * *", "01 01:00-04, 01 01:15-04, 01 01:30-04, 01 01:45-04, 01 01:00-05, 01 01:15-05, 01 01:30-05, 01 01:45-05, 01 02:00-05"},
				{"*/15 1 * * *", "01 01:00-04, 01 01:15-04, 01 01:30-04, 01 01:45-04, 02 01:00-05"},
			},
		},
		{
			"-30 min at 02:00 LHDT", "Australia/Lord_Howe", "2026-04-05 00:50",
			[]trigger{
				{"daily 01:45", "05 01:45+11, 06 01:45+1030, 07 01:45+1030"},
				{"daily 02:00", "05 02:00+1030, 06 02:00+1030"},
				{"0 * * * *", "05 01:00+11, 05 02:00+1030, 05 03:00+1030"},
				{"30 * * * *", "05 01:30+11, 05 01:30+1030, 05 02:30+1030"},
				{"*/15 * * * *", "05 01:00+11, 05 01:15+11, 05 01:30+11, 05 01:45+11, 05 01:30+1030, 05 01:45+1030, 05 02:00+1030"},
			},
		},
		{
			"+30 min at 02:00 LHST", "Australia/Lord_Howe", "2026-10-04 00:50",
			[]trigger{
				{"daily 02:15", "04 02:30+11, 05 02:15+11, 06 02:15+11"},
				{"daily 02:30", "04 02:30+11, 05 02:30+11"},
				{"0 * * * *", "04 01:00+1030, 04 03:00+11, 04 04:00+11"},
				{"30 * * * *", "04 01:30+1030, 04 02:30+11, 04 03:30+11"},
				{"*/15 * * * *", "04 01:00+1030, 04 01:15+1030, 04 01:30+1030, 04 01:45+1030, 04 02:30+11, 04 02:45+11, 04 03:00+11"},
			},
		},
		{
			"+1 h at midnight", "Africa/Cairo", "2026-04-23 23:50",
			[]trigger{
				{"daily 00:00", "24 01:00+03, 25 00:00+03"},
				{"0 0 * * FRI", "24 01:00+03, 01 00:00+03"},
				{"0 * * * *", "24 01:00+03, 24 02:00+03"},
			},
		},
		{
			"Friday the 30th is left out", "Pacific/Apia", "2011-12-29 12:00",
			[]trigger{
				{"daily 06:00", "31 00:00+14, 31 06:00+14, 01 06:00+14"},
				{"0 6 30 * *", "31 00:00+14, 30 06:00+14"},
				{"0 6 * * FRI", "31 00:00+14, 06 06:00+14"},
				{"0 */6 * * *", "29 18:00-10, 31 00:00+14, 31 06:00+14"},
				{"0 * * * *", "29 13:00-10, 29 14:00-10"},
			},
		},
	} {
		zone := zone(t, night.zone)
		from, err := time.ParseInLocation("2006-01-02 15:04", night.from, zone)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s, %s, after %s", night.zone, night.what, night.from)
		for _, trigger := range night.due {
			var got []string
			for _, at := range due(t, calendar(t, trigger.form, zone), from, strings.Count(trigger.due, ",")+1) {
				got = append(got, strings.TrimSuffix(at.Format("02 15:04-0700"), "00"))
			}
			t.Logf("    %-15s %s", trigger.form, strings.Join(got, ", "))
			if diff := cmp.Diff(strings.Split(trigger.due, ", "), got); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", night.zone, trigger.form, diff)
			}
		}
	}
}

// A trigger that missed many times in a week is due once.
func TestWhatWasMissedIsDueOnce(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	last := time.Date(2026, 10, 19, 6, 0, 0, 0, berlin)
	now := time.Date(2026, 10, 26, 14, 10, 0, 0, berlin)
	for form, want := range map[string]time.Time{
		"daily 06:00":  time.Date(2026, 10, 27, 6, 0, 0, 0, berlin),
		"sunday 06:00": time.Date(2026, 11, 1, 6, 0, 0, 0, berlin),
		"*/15 * * * *": time.Date(2026, 10, 26, 14, 15, 0, 0, berlin),
	} {
		trigger := calendar(t, form, berlin)
		if missed, ok := trigger.Next(last); !ok || !missed.Before(now) {
			t.Errorf("%s: after %s it is due %s, want it to have passed", form, last, missed)
		}
		if next, ok := trigger.Next(now); !ok || !next.Equal(want) {
			t.Errorf("%s: started at %s it is due %s, want %s", form, now, next, want)
		}
	}
}

// A start may be some seconds late, or a moment early. Neither counts as the next
// time.
func TestSecondsDoNotCount(t *testing.T) {
	trigger := calendar(t, "daily 06:00", time.UTC)
	at := time.Date(2026, 5, 4, 6, 0, 0, 0, time.UTC)
	for _, c := range []struct{ last, want time.Time }{
		{at.Add(-1), at},
		{at, at.AddDate(0, 0, 1)},
		{at.Add(1), at.AddDate(0, 0, 1)},
		{at.Add(59 * time.Second), at.AddDate(0, 0, 1)},
		{time.Time{}, time.Date(1, 1, 1, 6, 0, 0, 0, time.UTC)},
	} {
		if next, ok := trigger.Next(c.last); !ok || !next.Equal(c.want) {
			t.Errorf("after %s due %s (%t), want %s", c.last, next, ok, c.want)
		}
	}
}

func TestRareDays(t *testing.T) {
	for _, c := range []struct{ line, after, want string }{
		{"0 6 29 2 *", "2026-01-01", "2028-02-29"},
		{"0 6 29 2 *", "2096-02-29", "2104-02-29"},
		{"0 6 31 * *", "2026-01-31", "2026-03-31"},
		{"0 6 13 * THU", "2026-08-14", "2026-08-20"}, // either of the days
		{"0 6 * JAN mon-FRI", "2026-12-01", "2027-01-01"},
		{"0 6 1 1 7", "2026-01-01", "2026-01-04"},
	} {
		after, err := time.Parse(time.DateOnly, c.after)
		if err != nil {
			t.Fatal(err)
		}
		got := due(t, calendar(t, c.line, time.UTC), after.Add(12*time.Hour), 1)[0]
		if want := c.want + " 06:00"; got.Format("2006-01-02 15:04") != want {
			t.Errorf("%s after %s: due %s, want %s", c.line, c.after, got, want)
		}
	}
}

func TestLinesThatMeanNothing(t *testing.T) {
	for line, says := range map[string]string{
		"":                         "empty",
		"0 6 * *":                  "5 fields",
		"0 0 6 * * *":              "5 fields",
		"@daily":                   "@daily",
		"TZ=UTC 0 6 * * *":         "5 fields",
		"60 * * * *":               "60",
		"0 24 * * *":               "24",
		"0 0 0 * *":                "0",
		"0 0 * 13 *":               "13",
		"0 0 * * 8":                "8",
		"*/0 * * * *":              "step",
		"0 0 * * someday":          "someday",
		"0 0 L * *":                "l",
		"0 0 30 2 *":               "no month has that day",
		"0 0 31 feb,apr *":         "no month has that day",
		"0 6 * * MON#1":            "#",
		"H 6 * * *":                "h",
		strings.Repeat("1", 99999): "long",
	} {
		_, err := schedule.Cron(line, time.UTC)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), `cron line "`) {
			t.Errorf("%.40q: %.200v, want an error that says %q", line, err, says)
		}
	}
	for _, clock := range [][2]int{{24, 0}, {-1, 0}, {0, 60}, {0, -1}} {
		if _, err := schedule.Daily(clock[0], clock[1], time.UTC); err == nil {
			t.Errorf("daily at %d:%d is a time", clock[0], clock[1])
		}
		if _, err := schedule.Weekly(time.Monday, clock[0], clock[1], time.UTC); err == nil {
			t.Errorf("monday at %d:%d is a time", clock[0], clock[1])
		}
	}
}
