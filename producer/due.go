package producer

import (
	"slices"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
	"notion-kafka/producer/state"
)

// next says when a source is to run next by itself, and what is to be done then;
// false where it never is: it is paused, its token is refused, or its triggers
// want nothing.
func (t *Task) next() (at time.Time, order Order, ok bool) {
	u := t.upkeepOf()
	if u.refused != "" || t.paused() {
		return time.Time{}, Order{}, false
	}
	at, order, ok = t.triggered()
	at = u.rest(at)
	if again := u.again; !again.IsZero() && (!ok || again.Before(at) || u.doubted()) {
		return again, u.order, true
	}
	return at, order, ok
}

// nextOf is when a stream is to be read next by itself, sweeps aside; zero where it
// never is.
func (t *Task) nextOf(stream string, settings Settings) time.Time {
	u := t.upkeepOf()
	if u.refused != "" || t.paused() {
		return time.Time{}
	}
	at, ok := t.due()
	if settings.Trigger != nil {
		at, ok = t.wokenDue(stream, runJob, settings.Trigger)
	}
	at = u.rest(at)
	taken := len(u.order.Streams) == 0 && settings.Trigger == nil || slices.Contains(u.order.Streams, stream)
	if again := u.again; !again.IsZero() && taken && !u.order.Sweeps && (!ok || again.Before(at) || u.doubted()) {
		return again.UTC()
	}
	if !ok {
		return time.Time{}
	}
	return at.UTC()
}

// pace is how long after a run that began at a time the source's triggers want the
// next one; zero where they never do.
func (t *Task) pace(began time.Time) time.Duration {
	at, _, ok := t.triggered()
	if !ok {
		return 0
	}
	return at.Sub(began)
}

// triggered says when a source's triggers want something done, and what is to be
// done then; false where they never want anything. The source's own trigger is for
// all streams that have none, and for those that nobody knows yet; its run takes
// what else is due.
func (t *Task) triggered() (at time.Time, order Order, ok bool) {
	at, ok = t.due()
	ownFirst, sweepFirst := time.Time{}, time.Time{}
	own := map[string]time.Time{}
	earlier := func(first *time.Time, due time.Time) {
		if first.IsZero() || due.Before(*first) {
			*first = due
		}
	}
	for name, settings := range t.knownStreams() {
		if due, wanted := t.wokenDue(name, runJob, settings.Trigger); wanted {
			own[name] = due
			earlier(&ownFirst, due)
		}
		if due, wanted := t.wokenDue(name, sweepJob, settings.Sweep); wanted && t.mayBeSwept(name, settings) {
			earlier(&sweepFirst, due)
		}
	}
	order.Trigger = control.BySchedule
	if !ownFirst.IsZero() && (!ok || ownFirst.Before(at)) {
		at, ok = ownFirst, true
		now := later(time.Now(), at)
		for name, due := range own {
			if !due.After(now) {
				order.Streams = append(order.Streams, name)
			}
		}
		slices.Sort(order.Streams)
	}
	if !sweepFirst.IsZero() && (!ok || sweepFirst.Before(at)) {
		return sweepFirst, Order{Trigger: control.BySchedule, Sweeps: true}, true
	}
	return at, order, ok
}

// wokenDue is when a trigger wants a job of a stream; false where it never does.
func (t *Task) wokenDue(stream, name string, trigger schedule.Trigger) (time.Time, bool) {
	if trigger == nil {
		return time.Time{}, false
	}
	return after(trigger, t.wokenFor(stream, name))
}

// wake notes that an order is carried out, whatever comes of it: the triggers of
// what it takes count from now on.
func (t *Task) wake(order Order) {
	now := time.Now().UTC()
	all := !order.Sweeps && len(order.Streams) == 0
	var jobs []string
	if all {
		jobs = append(jobs, t.Name)
	}
	for stream, settings := range t.knownStreams() {
		if slices.Contains(order.Streams, stream) || all && t.isDue(stream, runJob, settings.Trigger) {
			jobs = append(jobs, t.Name+"/"+stream+"/"+runJob)
		}
		if (all || order.Sweeps || slices.Contains(order.Streams, stream)) && t.isDue(stream, sweepJob, settings.Sweep) {
			jobs = append(jobs, t.Name+"/"+stream+"/"+sweepJob)
		}
	}
	t.shard.mu.Lock()
	defer t.shard.mu.Unlock()
	for _, one := range jobs {
		t.shard.woken[one] = now
	}
	u := t.shard.upkeeps[t.Name]
	u.again = time.Time{}
	t.shard.upkeeps[t.Name] = u
}

// wokenFor is when a job of a stream began, or was to begin, last.
func (t *Task) wokenFor(stream, name string) time.Time {
	last := t.lastStarted(stream, name)
	t.shard.mu.Lock()
	defer t.shard.mu.Unlock()
	return later(last, t.shard.woken[t.Name+"/"+stream+"/"+name])
}

// due is when a source's trigger wants its next run; false where it never does
// by itself. It counts from the stream that was read longest ago: what was never
// read, or not when it was last to be, is made up for at the start; after that
// what its trigger began last counts too.
func (t *Task) due() (time.Time, bool) {
	var oldest time.Time
	some := false
	for name, settings := range t.knownStreams() {
		if settings.Trigger != nil {
			continue
		}
		if last := t.lastStarted(name, runJob); !some || last.Before(oldest) {
			oldest, some = last, true
		}
	}
	t.shard.mu.Lock()
	defer t.shard.mu.Unlock()
	return after(t.Trigger, later(oldest, t.shard.woken[t.Name]))
}

// isDue says whether a trigger wants a job of a stream now.
func (t *Task) isDue(stream, name string, trigger schedule.Trigger) bool {
	if trigger == nil {
		return false
	}
	due, ok := after(trigger, t.lastStarted(stream, name))
	return ok && !due.After(time.Now())
}

// mayBeSwept says that a stream is read incrementally and was read whole before.
func (t *Task) mayBeSwept(stream string, settings Settings) (swept bool) {
	t.shard.see(func(m *state.Memory) {
		topic := m.Source(t.Name).Stream(stream).Topic
		swept = stream != DatabasesStream && !settings.FullTable && topic != nil && topic.Scanned
	})
	return swept
}

// dueOf says which triggers of a stream are due.
func (t *Task) dueOf(stream string, settings Settings) due {
	return due{
		run:   t.isDue(stream, runJob, settings.Trigger),
		sweep: t.mayBeSwept(stream, settings) && t.isDue(stream, sweepJob, settings.Sweep),
	}
}

// isNew says that nothing is known of what a source offers.
func (t *Task) isNew() (fresh bool) {
	t.shard.see(func(m *state.Memory) { fresh = len(m.Source(t.Name).Databases) == 0 })
	return fresh
}

// knownStreams are the selected streams that are remembered and whose database
// is there.
func (t *Task) knownStreams() map[string]Settings {
	titles := map[string]string{}
	t.shard.see(func(m *state.Memory) {
		memory := m.Source(t.Name)
		for id, db := range memory.Databases {
			if memory.Stream(DatabaseStream(id)).Topic != nil && !db.InTrash && db.NotFound.IsZero() {
				titles[id] = db.Title
			}
		}
	})
	known := map[string]Settings{}
	for id, title := range titles {
		if settings, selected := t.Select(DatabaseStream(id), id, title); selected {
			known[DatabaseStream(id)] = settings
		}
	}
	if settings, selected := t.Select(DatabasesStream, "", ""); selected {
		known[DatabasesStream] = settings
	}
	return known
}

// lastStarted is when a job of a stream began last: one that came to something,
// or that was attempted since the claim.
func (t *Task) lastStarted(stream, name string) time.Time {
	t.shard.mu.Lock()
	defer t.shard.mu.Unlock()
	return later(t.shard.memory.Source(t.Name).Stream(stream).Schedule[name].LastStart, t.shard.started[t.Name+"/"+stream+"/"+name])
}

// starts notes that a job of a stream began, before it has anything to commit.
func (st *stream) starts() {
	st.task.shard.mu.Lock()
	defer st.task.shard.mu.Unlock()
	for _, name := range st.startedAs() {
		st.task.shard.started[st.task.Name+"/"+st.name+"/"+name] = st.started
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// after is when a job that was last started then is due; one that never was is
// due now.
func after(trigger schedule.Trigger, last time.Time) (due time.Time, ok bool) {
	due, ok = trigger.Next(last)
	if ok && last.IsZero() {
		due = time.Now()
	}
	return due, ok
}
