package producer

import (
	"testing"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// An order wants of a stream what its flags, the stream's settings and what is due say.
func TestWhatAnOrderWants(t *testing.T) {
	own := Settings{Trigger: schedule.Every{Interval: time.Hour}}
	fullTable := Settings{FullTable: true}
	scheduled, byHand := Order{Trigger: control.BySchedule}, Order{Trigger: control.ByHand}
	with := func(o Order, change func(*Order)) Order { change(&o); return o }
	full := with(byHand, func(o *Order) { o.Full = true })
	sweeps := with(scheduled, func(o *Order) { o.Sweeps = true })
	confirm := with(byHand, func(o *Order) { o.Confirm = true })
	named := with(scheduled, func(o *Order) { o.Streams = []string{"tasks"} })
	poll, all, sweep := demand{taken: true, poll: true}, demand{taken: true, all: true}, demand{taken: true, poll: true, sweep: true}
	for name, one := range map[string]struct {
		order    Order
		stream   string
		settings Settings
		due      due
		want     demand
	}{
		"a poll":                         {scheduled, "tasks", Settings{}, due{}, poll},
		"a poll when a sweep is due":     {scheduled, "tasks", Settings{}, due{sweep: true}, sweep},
		"by hand":                        {byHand, "tasks", Settings{}, due{}, poll},
		"a full run":                     {full, "tasks", Settings{}, due{}, all},
		"a full run when a sweep is due": {full, "tasks", Settings{}, due{sweep: true}, all},
		"full_table":                     {scheduled, "tasks", fullTable, due{}, all},
		"sweeps, none due":               {sweeps, "tasks", Settings{}, due{}, demand{taken: true}},
		"sweeps, one due":                {sweeps, "tasks", Settings{}, due{sweep: true}, demand{taken: true, sweep: true}},
		"sweeps of full_table":           {sweeps, "tasks", fullTable, due{sweep: true}, demand{taken: true}},
		"sweeps of a stream with its own trigger": {sweeps, "tasks", own, due{sweep: true}, demand{taken: true, sweep: true}},
		"confirmed deletes":                       {confirm, "tasks", Settings{}, due{}, demand{taken: true, look: true}},
		"confirmed deletes of full_table":         {confirm, "tasks", fullTable, due{}, demand{taken: true, look: true}},
		"its own trigger, not due":                {scheduled, "tasks", own, due{}, demand{}},
		"its own trigger, due":                    {scheduled, "tasks", own, due{run: true}, poll},
		"its own trigger, by hand":                {byHand, "tasks", own, due{}, poll},
		"its own trigger, named":                  {named, "tasks", own, due{}, poll},
		"another stream is named":                 {named, "ideas", Settings{}, due{sweep: true}, demand{}},
		"databases":                               {scheduled, DatabasesStream, Settings{}, due{}, poll},
		"databases, full":                         {full, DatabasesStream, Settings{}, due{}, poll},
		"databases, sweeps":                       {sweeps, DatabasesStream, Settings{}, due{sweep: true}, demand{}},
		"databases, confirmed deletes":            {confirm, DatabasesStream, Settings{}, due{}, demand{}},
		"databases, their own trigger, not due":   {scheduled, DatabasesStream, own, due{}, demand{}},
	} {
		if got := one.order.wants(one.stream, one.settings, one.due); got != one.want {
			t.Errorf("%s: %+v, want %+v", name, got, one.want)
		}
	}
}
