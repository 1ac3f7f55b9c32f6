package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"notion-kafka/config"
	"notion-kafka/producer/schedule"
)

// loadTrigger reads a source with triggers for runs and sweeps, as written in a file.
func loadTrigger(t *testing.T, trigger, sweep string) config.Source {
	t.Helper()
	cfg, err := config.Load(config.Options{Environ: []string{"NOTION_TOKEN=t"}, Set: []string{"defaults.trigger=" + trigger, "defaults.sweep=" + sweep}})
	if err != nil {
		t.Fatal(err)
	}
	return cfg.ResolvedSources()[0]
}

// Every form of a trigger in the configuration becomes the same schedule, in its time
// zone, for runs and for sweeps.
func TestEveryFormOfTrigger(t *testing.T) {
	last := time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC) // a Saturday; clocks change in the night
	for _, test := range []struct{ form, due string }{
		{"{daily_at: 06:30, timezone: Europe/Berlin}", "2026-10-25T05:30:00Z"},
		{"{daily_at: 06:30}", "2026-10-25T06:30:00Z"},
		{"{weekly_on: monday, at: 06:30, timezone: Europe/Berlin}", "2026-10-26T05:30:00Z"},
		{"{weekly_on: Sunday, at: 02:30, timezone: Europe/Berlin}", "2026-10-25T00:30:00Z"},
		{`{cron: "*/5 6-8 * * MON-FRI", timezone: America/New_York}`, "2026-10-26T10:00:00Z"},
		{`{cron: "0 6 29 2 *"}`, "2028-02-29T06:00:00Z"},
		{`{cron: "0 6 * * fri-SUN"}`, "2026-10-25T06:00:00Z"},
		{`{cron: "5/10 22-2 * * 0,7"}`, "2026-10-25T00:05:00Z"},
		{`{cron: "0 6 * * THU"}`, "2026-10-29T06:00:00Z"},
		{"{manual: true}", ""},
	} {
		src := loadTrigger(t, test.form, test.form)
		made, err := triggers(src)
		if err != nil {
			t.Errorf("%s: %v", test.form, err)
			continue
		}
		settings, _ := selection(src, made)("database_x", "x", "")
		for what, trigger := range map[string]schedule.Trigger{"run": made[src.Settings.Trigger], "sweep": settings.Sweep} {
			due, ok := trigger.Next(last)
			if got := due.UTC().Format(time.RFC3339); ok != (test.due != "") || ok && got != test.due {
				t.Errorf("%s: a %s is due %s (%t), want %q", test.form, what, got, ok, test.due)
			}
		}
	}
}

// Sources that started in the same second are not due in the same second.
func TestEverySourceHasAJitterOfItsOwn(t *testing.T) {
	src := loadTrigger(t, "{every: 5m}", "off")
	last := time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC)
	dues := map[time.Time]bool{}
	for _, name := range []string{"a", "b", "c"} {
		src.Name = name
		made, err := triggers(src)
		if err != nil {
			t.Fatal(err)
		}
		due, _ := made[src.Settings.Trigger].Next(last)
		if late := due.Sub(last) - 5*time.Minute; late <= 0 || late >= 30*time.Second {
			t.Errorf("source %s is late by %s", name, late)
		}
		dues[due] = true
		if settings, _ := selection(src, made)("database_x", "x", ""); settings.Sweep != nil {
			t.Errorf("a sweep that is off has the trigger %v", settings.Sweep)
		}
	}
	if len(dues) != 3 {
		t.Errorf("three sources are due at %v", dues)
	}
}

// A stream is due by its own trigger, else by its source's; it has none if it is not
// selected.
func TestScheduleOfASourceIsThatOfItsStreams(t *testing.T) {
	src, err := config.ParseSource([]byte(`{"name": "acme", "token": "t", "trigger": {"every": "1h"}, "streams": [
		{"match": "databases", "trigger": {"daily_at": "02:30"}},
		{"match": "database_248104cd477e80fdb757e945d38000bd", "trigger": {"weekly_on": "monday", "at": "06:00"}},
		{"match": "title:Private*", "enabled": false},
		{"match": "title:Slow*", "trigger": {"manual": true}},
		{"match": "database_*"}
	]}`), &config.Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := newConnector(&config.Config{}, slog.New(slog.DiscardHandler), nil).open(src)
	if err != nil {
		t.Fatal(err)
	}
	last := time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC) // a Saturday
	for _, test := range []struct{ stream, title, due string }{
		{"databases", "", "2026-10-25T02:30"},
		{"database_248104cd-477e-80fd-b757-e945d38000bd", "Tasks", "2026-10-26T06:00"},
		{"database_1a8104cd-477e-80fd-b757-e945d38000bd", "Private notes", ""},
		{"database_1a8104cd-477e-80fd-b757-e945d38000bd", "Slow going", ""},
		{"database_1a8104cd-477e-80fd-b757-e945d38000bd", "Tasks", "2026-10-24T13:00"}, // with less than a minute of jitter
	} {
		settings, ok := opened.Select(test.stream, strings.TrimPrefix(test.stream, "database_"), test.title)
		var due time.Time
		if ok {
			due, ok = opened.TriggerOf(settings).Next(last)
		}
		if got := due.Format("2006-01-02T15:04"); ok != (test.due != "") || ok && got != test.due {
			t.Errorf("%s %q is due %s (%t), want %q", test.stream, test.title, got, ok, test.due)
		}
	}
}
