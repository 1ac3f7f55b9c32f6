package daemon

import (
	"slices"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// next returns when the source runs next without a person, and the order of that run.
// It returns false where it never does: it is paused, its token is refused, or it has no
// trigger that fires.
func (r *runner) next() (at time.Time, order producer.Order, ok bool) {
	b := r.backoffNow()
	if b.refused != "" || r.task.Paused() {
		return time.Time{}, producer.Order{}, false
	}
	at, order, ok = r.triggered()
	at = b.rest(at)
	if again := b.again; !again.IsZero() && (!ok || again.Before(at) || b.doubted()) {
		return again, b.order, true
	}
	return at, order, ok
}

// nextOf is when a stream is read next without a person, apart from sweeps; zero where it
// never is.
func (r *runner) nextOf(stream string, settings producer.Settings) time.Time {
	b := r.backoffNow()
	if b.refused != "" || r.task.Paused() {
		return time.Time{}
	}
	at, ok := r.due()
	if settings.Trigger != nil {
		at, ok = r.wokenDue(stream, producer.RunJob, settings.Trigger)
	}
	at = b.rest(at)
	taken := len(b.order.Streams) == 0 && settings.Trigger == nil || slices.Contains(b.order.Streams, stream)
	if again := b.again; !again.IsZero() && taken && !b.order.Sweeps && (!ok || again.Before(at) || b.doubted()) {
		return again.UTC()
	}
	if !ok {
		return time.Time{}
	}
	return at.UTC()
}

// pace is the time from began, when a run started, to the next run that the triggers
// want; zero where they want none.
func (r *runner) pace(began time.Time) time.Duration {
	at, _, ok := r.triggered()
	if !ok {
		return 0
	}
	return at.Sub(began)
}

// triggered returns when the triggers of a source next want a run, and its order; false
// where they never do. The source's own trigger is for all streams without one, unknown
// streams among them. Its run also takes every other stream that is due.
func (r *runner) triggered() (at time.Time, order producer.Order, ok bool) {
	at, ok = r.due()
	ownFirst, sweepFirst := time.Time{}, time.Time{}
	own := map[string]time.Time{}
	earlier := func(first *time.Time, due time.Time) {
		if first.IsZero() || due.Before(*first) {
			*first = due
		}
	}
	for name, settings := range r.task.KnownStreams() {
		if due, wanted := r.wokenDue(name, producer.RunJob, settings.Trigger); wanted {
			own[name] = due
			earlier(&ownFirst, due)
		}
		if due, wanted := r.wokenDue(name, producer.SweepJob, settings.Sweep); wanted && r.task.MayBeSwept(name, settings) {
			earlier(&sweepFirst, due)
		}
	}
	order.Trigger = control.BySchedule
	if !ownFirst.IsZero() && (!ok || ownFirst.Before(at)) {
		at, ok = ownFirst, true
		now := producer.Later(time.Now(), at)
		for name, due := range own {
			if !due.After(now) {
				order.Streams = append(order.Streams, name)
			}
		}
		slices.Sort(order.Streams)
	}
	if !sweepFirst.IsZero() && (!ok || sweepFirst.Before(at)) {
		return sweepFirst, producer.Order{Trigger: control.BySchedule, Sweeps: true}, true
	}
	return at, order, ok
}

// wokenDue is when a trigger next wants a job of a stream; false where it never does.
func (r *runner) wokenDue(stream, name string, trigger schedule.Trigger) (time.Time, bool) {
	if trigger == nil {
		return time.Time{}, false
	}
	return schedule.Due(trigger, r.wokenFor(stream, name))
}

// wake notes that an order is carried out, whatever its result: the triggers of the jobs
// that it takes count from now.
func (r *runner) wake(order producer.Order) {
	now := time.Now().UTC()
	all := !order.Sweeps && len(order.Streams) == 0
	var jobs []string
	if all {
		jobs = append(jobs, "")
	}
	for stream, settings := range r.task.KnownStreams() {
		if slices.Contains(order.Streams, stream) || all && r.task.IsDue(stream, producer.RunJob, settings.Trigger) {
			jobs = append(jobs, stream+"/"+producer.RunJob)
		}
		if (all || order.Sweeps || slices.Contains(order.Streams, stream)) && r.task.IsDue(stream, producer.SweepJob, settings.Sweep) {
			jobs = append(jobs, stream+"/"+producer.SweepJob)
		}
	}
	r.mem.mu.Lock()
	defer r.mem.mu.Unlock()
	for _, one := range jobs {
		r.mem.woken[one] = now
	}
	r.mem.backoff.again = time.Time{}
}

// wokenFor is when a job of a stream last began, or was last to begin.
func (r *runner) wokenFor(stream, name string) time.Time {
	last := r.task.LastStarted(stream, name)
	r.mem.mu.Lock()
	defer r.mem.mu.Unlock()
	return producer.Later(last, r.mem.woken[stream+"/"+name])
}

// due is when a source's own trigger next wants a run; false where it never does. It
// counts from the stream that was read longest ago, so that streams that were never read,
// or missed their last run, are read at the start. After that it also counts from the
// last run that the trigger started.
func (r *runner) due() (time.Time, bool) {
	var oldest time.Time
	some := false
	for name, settings := range r.task.KnownStreams() {
		if settings.Trigger != nil {
			continue
		}
		if last := r.task.LastStarted(name, producer.RunJob); !some || last.Before(oldest) {
			oldest, some = last, true
		}
	}
	r.mem.mu.Lock()
	defer r.mem.mu.Unlock()
	return schedule.Due(r.task.Trigger, producer.Later(oldest, r.mem.woken[""]))
}
