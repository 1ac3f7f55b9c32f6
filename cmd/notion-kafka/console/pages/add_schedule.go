package pages

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"notion-kafka/cmd/notion-kafka/console/draft"
	"notion-kafka/producer/control"
)

// AddSchedule is the fourth step: what the source is for, and when it is read.
type AddSchedule struct {
	addStep
	Trigger, Sweep triggerForm
	Zones          []string // that the fields suggest
}

// A triggerForm is a trigger as the fields of a form have it.
type triggerForm struct {
	Page      addStep
	Before    string // what the names of its fields begin with
	Kind      string
	Kinds     []triggerKind
	EveryN    string
	EveryUnit string // s, m, h or d
	DailyAt   string
	WeeklyOn  string
	WeeklyAt  string
	Cron      string
	Zone      string
	When      whenDue
}

// A triggerKind is a way to say when.
type triggerKind struct{ Value, Label string }

// A whenDue is when something is due, in words and as the next times.
type whenDue struct {
	ID, Sentence, Zone string
	Next               []nextTime
}

// A nextTime is a time, and how it is written in the zone of its trigger.
type nextTime struct {
	At   time.Time
	Text string
}

func (AddSchedule) template() string { return "add_schedule" }

// NewAddSchedule makes the page.
func NewAddSchedule(shell Shell, d control.Draft, spec draft.Spec, review control.Review) *AddSchedule {
	page := &AddSchedule{addStep: stepOf(shell, d, spec, review, StepSchedule), Zones: zones()}
	page.Trigger = formOf(page.addStep, "", spec.Trigger, "5m")
	page.Trigger.Kinds = []triggerKind{usual(spec.Trigger, review.Trigger), {"every", "Every few minutes, hours or days"}, {"daily", "Every day"}, {"weekly", "Every week"}, {"cron", "By a line of cron"}, {"manual", "Only when a person starts it"}}
	page.Trigger.When = whenOf("when", review.Trigger)
	page.Sweep = formOf(page.addStep, "sweep_", spec.Sweep, "24h")
	page.Sweep.Kinds = []triggerKind{usual(spec.Sweep, review.Sweep), {"every", "Every few minutes, hours or days"}, {"daily", "Every day"}, {"weekly", "Every week"}, {"cron", "By a line of cron"}, {"off", "Never: deleted pages are not found"}}
	page.Sweep.When = whenOf("sweep-when", review.Sweep)
	return page
}

// usual is the trigger that a source has which says nothing of it: what the configuration
// says for all sources. Its words are known while the source has it.
func usual(given *draft.Trigger, review control.TriggerReview) triggerKind {
	label := "As usual here"
	if given == nil && review.Sentence != "" {
		label += ": " + plain(review.Sentence)
	}
	return triggerKind{"default", label}
}

// formOf fills in the fields of a trigger. Those of the forms that it does not have get
// what is chosen most.
func formOf(page addStep, before string, t *draft.Trigger, every string) triggerForm {
	kind := "default"
	if t == nil {
		t = &draft.Trigger{}
	} else {
		kind = t.Kind()
	}
	form := triggerForm{
		Page: page, Before: before, Kind: kind, DailyAt: cmp.Or(t.DailyAt, "06:00"), WeeklyOn: cmp.Or(t.WeeklyOn, "monday"),
		WeeklyAt: cmp.Or(t.At, "06:00"), Cron: t.Cron, Zone: cmp.Or(t.Timezone, "UTC"),
	}
	if form.Kind != "every" {
		form.EveryN, form.EveryUnit = splitEvery(every)
		return form
	}
	form.EveryN, form.EveryUnit = splitEvery(t.Every)
	return form
}

// splitEvery divides a duration into a number and its unit: s, m, h or d. One that cannot
// be read stays as it is, for the person to correct.
func splitEvery(text string) (n, unit string) {
	every, err := time.ParseDuration(text)
	if err != nil || every <= 0 {
		n = strings.TrimRight(text, "smhd")
		return n, cmp.Or(text[len(n):], "m")
	}
	for _, u := range []struct {
		name string
		size time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if every%u.size == 0 {
			return strconv.Itoa(int(every / u.size)), u.name
		}
	}
	return text, "s"
}

// whenOf tells when something is due.
func whenOf(id string, review control.TriggerReview) whenDue {
	when := whenDue{ID: id, Sentence: review.Sentence, Zone: review.Zone}
	zone, err := time.LoadLocation(review.Zone)
	if err != nil {
		zone = time.UTC
	}
	for _, at := range review.Next {
		when.Next = append(when.Next, nextTime{at, at.In(zone).Format("Mon 2 Jan 2006, 15:04")})
	}
	return when
}

// Field is the name and the id of a field of the trigger.
func (f triggerForm) Field(name string) string { return f.Before + name }

// Weekdays are the days of a week, as a definition has them.
func (triggerForm) Weekdays() []string {
	return []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
}

// zones are names of time zones that people live in; any other may be typed.
func zones() []string {
	return []string{
		"UTC", "Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "America/Bogota", "America/Chicago", "America/Denver",
		"America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Sao_Paulo", "America/Toronto", "Asia/Bangkok", "Asia/Dubai",
		"Asia/Hong_Kong", "Asia/Jakarta", "Asia/Jerusalem", "Asia/Kolkata", "Asia/Manila", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo",
		"Australia/Melbourne", "Australia/Sydney", "Europe/Amsterdam", "Europe/Athens", "Europe/Berlin", "Europe/Dublin", "Europe/Helsinki",
		"Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Paris", "Europe/Prague", "Europe/Rome",
		"Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw", "Europe/Zurich", "Pacific/Auckland",
	}
}
