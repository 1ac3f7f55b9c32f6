package draft

import (
	"strconv"
	"strings"
	"unicode"
)

// A TriggerForm is what the page of the schedule has for a trigger. Only the fields of its
// kind count.
type TriggerForm struct {
	Kind     string // every, daily, weekly, cron, manual, off or default
	Number   string // of every
	Unit     string // of every: s, m, h or d
	DailyAt  string
	WeeklyOn string
	WeeklyAt string
	Cron     string
	Zone     string
}

// utc is the zone of a trigger that gives none.
const utc = "UTC"

// Trigger returns the trigger that a form describes. Its texts are as they were typed, and
// may be wrong. It is nil where the trigger is what the configuration says for all sources.
func (f TriggerForm) Trigger() *Trigger {
	t := &Trigger{}
	if f.Zone != utc {
		t.Timezone = f.Zone
	}
	switch f.Kind {
	case "default":
		return nil
	case "off":
		return &Trigger{Off: true}
	case "manual":
		return &Trigger{Manual: true}
	case "daily":
		t.DailyAt = f.DailyAt
	case "weekly":
		t.WeeklyOn, t.At = f.WeeklyOn, f.WeeklyAt
	case "cron":
		t.Cron = f.Cron
	default:
		return &Trigger{Every: every(f.Number, f.Unit)}
	}
	return t
}

// every returns an interval as the configuration takes it, which knows no days. A number
// that has units of its own, such as 1h30m, is an interval already.
func every(number, unit string) string {
	number = strings.TrimSpace(number)
	n, err := strconv.Atoi(number)
	switch {
	case strings.ContainsFunc(number, unicode.IsLetter):
		return number
	case err != nil || unit != "d":
		return number + unit
	}
	return strconv.Itoa(24*n) + "h"
}
