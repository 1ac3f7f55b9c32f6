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
func (s *shard) next(src *Source) (at time.Time, order Order, ok bool) {
	u := s.upkeepOf(src)
	if u.refused != "" || s.paused(src) {
		return time.Time{}, Order{}, false
	}
	at, order, ok = s.triggered(src)
	at = u.rest(at)
	if again := u.again; !again.IsZero() && (!ok || again.Before(at) || u.doubted()) {
		return again, u.order, true
	}
	return at, order, ok
}

// nextOf is when a stream is to be read next by itself, sweeps aside; zero where it
// never is.
func (s *shard) nextOf(src *Source, stream string, settings Settings) time.Time {
	u := s.upkeepOf(src)
	if u.refused != "" || s.paused(src) {
		return time.Time{}
	}
	at, ok := s.due(src)
	if settings.Trigger != nil {
		at, ok = s.wokenDue(src, stream, runJob, settings.Trigger)
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
func (s *shard) pace(src *Source, began time.Time) time.Duration {
	at, _, ok := s.triggered(src)
	if !ok {
		return 0
	}
	return at.Sub(began)
}

// triggered says when a source's triggers want something done, and what is to be
// done then; false where they never want anything. The source's own trigger is for
// all streams that have none, and for those that nobody knows yet; its run takes
// what else is due.
func (s *shard) triggered(src *Source) (at time.Time, order Order, ok bool) {
	at, ok = s.due(src)
	ownFirst, sweepFirst := time.Time{}, time.Time{}
	own := map[string]time.Time{}
	earlier := func(first *time.Time, due time.Time) {
		if first.IsZero() || due.Before(*first) {
			*first = due
		}
	}
	for name, settings := range s.knownStreams(src) {
		if due, wanted := s.wokenDue(src, name, runJob, settings.Trigger); wanted {
			own[name] = due
			earlier(&ownFirst, due)
		}
		if due, wanted := s.wokenDue(src, name, sweepJob, settings.Sweep); wanted && s.mayBeSwept(src, name, settings) {
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
func (s *shard) wokenDue(src *Source, stream, name string, trigger schedule.Trigger) (time.Time, bool) {
	if trigger == nil {
		return time.Time{}, false
	}
	return after(trigger, s.wokenFor(src, stream, name))
}

// wake notes that an order is carried out, whatever comes of it: the triggers of
// what it takes count from now on.
func (s *shard) wake(src *Source, order Order) {
	now := time.Now().UTC()
	all := !order.Sweeps && len(order.Streams) == 0
	var jobs []string
	if all {
		jobs = append(jobs, src.Name)
	}
	for stream, settings := range s.knownStreams(src) {
		if slices.Contains(order.Streams, stream) || all && s.isDue(src, stream, runJob, settings.Trigger) {
			jobs = append(jobs, src.Name+"/"+stream+"/"+runJob)
		}
		if (all || order.Sweeps || slices.Contains(order.Streams, stream)) && s.isDue(src, stream, sweepJob, settings.Sweep) {
			jobs = append(jobs, src.Name+"/"+stream+"/"+sweepJob)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range jobs {
		s.woken[one] = now
	}
	u := s.upkeeps[src.Name]
	u.again = time.Time{}
	s.upkeeps[src.Name] = u
}

// wokenFor is when a job of a stream began, or was to begin, last.
func (s *shard) wokenFor(src *Source, stream, name string) time.Time {
	last := s.lastStarted(src, stream, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	return later(last, s.woken[src.Name+"/"+stream+"/"+name])
}

// due is when a source's trigger wants its next run; false where it never does
// by itself. It counts from the stream that was read longest ago: what was never
// read, or not when it was last to be, is made up for at the start; after that
// what its trigger began last counts too.
func (s *shard) due(src *Source) (time.Time, bool) {
	var oldest time.Time
	some := false
	for name, settings := range s.knownStreams(src) {
		if settings.Trigger != nil {
			continue
		}
		if last := s.lastStarted(src, name, runJob); !some || last.Before(oldest) {
			oldest, some = last, true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return after(src.Trigger, later(oldest, s.woken[src.Name]))
}

// isDue says whether a trigger wants a job of a stream now.
func (s *shard) isDue(src *Source, stream, name string, trigger schedule.Trigger) bool {
	if trigger == nil {
		return false
	}
	due, ok := after(trigger, s.lastStarted(src, stream, name))
	return ok && !due.After(time.Now())
}

// mayBeSwept says that a stream is read incrementally and was read whole before.
func (s *shard) mayBeSwept(src *Source, stream string, settings Settings) (swept bool) {
	s.see(func(m *state.Memory) {
		topic := m.Source(src.Name).Stream(stream).Topic
		swept = stream != DatabasesStream && !settings.FullTable && topic != nil && topic.Scanned
	})
	return swept
}

// isNew says that nothing is known of what a source offers.
func (s *shard) isNew(src *Source) (fresh bool) {
	s.see(func(m *state.Memory) { fresh = len(m.Source(src.Name).Databases) == 0 })
	return fresh
}

// knownStreams are the selected streams that are remembered and whose database
// is there.
func (s *shard) knownStreams(src *Source) map[string]Settings {
	titles := map[string]string{}
	s.see(func(m *state.Memory) {
		memory := m.Source(src.Name)
		for id, db := range memory.Databases {
			if memory.Stream(DatabaseStream(id)).Topic != nil && !db.InTrash && db.NotFound.IsZero() {
				titles[id] = db.Title
			}
		}
	})
	known := map[string]Settings{}
	for id, title := range titles {
		if settings, selected := src.Select(DatabaseStream(id), id, title); selected {
			known[DatabaseStream(id)] = settings
		}
	}
	if settings, selected := src.Select(DatabasesStream, "", ""); selected {
		known[DatabasesStream] = settings
	}
	return known
}

// lastStarted is when a job of a stream began last: one that came to something,
// or that was attempted since the claim.
func (s *shard) lastStarted(src *Source, stream, name string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return later(s.memory.Source(src.Name).Stream(stream).Schedule[name].LastStart, s.started[src.Name+"/"+stream+"/"+name])
}

// starts notes that a job of a stream began, before it has anything to commit.
func (s *shard) starts(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range st.startedAs() {
		s.started[st.src.Name+"/"+st.name+"/"+name] = st.started
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
