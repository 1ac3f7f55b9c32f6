package main

import (
	"testing"
	"time"

	"notion-kafka/config"
)

func TestAScheduleInWords(t *testing.T) {
	for _, test := range []struct {
		trigger config.Trigger
		words   string
	}{
		{config.Trigger{Every: time.Minute}, "every minute"},
		{config.Trigger{Every: 5 * time.Minute}, "every 5 minutes"},
		{config.Trigger{Every: 90 * time.Minute}, "every 90 minutes"},
		{config.Trigger{Every: 48 * time.Hour}, "every 2 days"},
		{config.Trigger{Every: 1500 * time.Millisecond}, "every 1.5s"},
		{config.Trigger{Manual: true}, "by hand only"},
		{config.Trigger{DailyAt: "06:00", Timezone: "Europe/Berlin"}, "daily at 06:00 Europe/Berlin"},
		{config.Trigger{WeeklyOn: "monday", At: "06:00"}, "every Monday at 06:00 UTC"},
		{config.Trigger{Cron: "0 6 * * *"}, `cron "0 6 * * *" UTC`},
	} {
		if got := scheduleWords(test.trigger); got != test.words {
			t.Errorf("%v: %q, want %q", test.trigger, got, test.words)
		}
	}
}
