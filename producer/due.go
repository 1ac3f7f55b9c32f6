package producer

import (
	"time"

	"notion-kafka/producer/schedule"
	"notion-kafka/producer/state"
)

// next says what a source's triggers want done next, and when; false where they
// never want anything. The source's own trigger is for all streams that have
// none, and for those that nobody knows yet. What is due together is one order.
func (s *shard) next(src *Source) (at time.Time, order Order, ok bool) {
	order.Trigger = "schedule"
	at, ok = s.due(src)
	sooner := func(trigger schedule.Trigger, stream, name string) bool {
		due, wanted := after(trigger, s.wokenFor(src, stream, name))
		if !wanted || ok && !due.Before(at) {
			return false
		}
		at, ok = due, true
		return true
	}
	for name, settings := range s.knownStreams(src) {
		if settings.Trigger != nil && sooner(settings.Trigger, name, runJob) {
			order = Order{Trigger: "schedule", Streams: []string{name}}
		}
		if settings.Sweep != nil && s.mayBeSwept(src, name, settings) && sooner(settings.Sweep, name, sweepJob) {
			order = Order{Trigger: "schedule", Sweeps: true}
		}
	}
	return at, order, ok
}

// wake notes that an order is carried out, whatever comes of it: its triggers
// count from now on.
func (s *shard) wake(src *Source, order Order) {
	now := time.Now().UTC()
	var jobs []string
	for _, stream := range order.Streams {
		jobs = append(jobs, src.Name+"/"+stream+"/"+runJob)
	}
	if order.Sweeps {
		for stream, settings := range s.knownStreams(src) {
			if s.isDue(src, stream, sweepJob, settings.Sweep) {
				jobs = append(jobs, src.Name+"/"+stream+"/"+sweepJob)
			}
		}
	} else if len(order.Streams) == 0 {
		jobs = append(jobs, src.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range jobs {
		s.woken[one] = now
	}
}

// wokenFor is when a job of a stream began, or was to begin, last.
func (s *shard) wokenFor(src *Source, stream, name string) time.Time {
	last := s.lastStarted(src, stream, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	return later(last, s.woken[src.Name+"/"+stream+"/"+name])
}

// due is when a source's trigger wants its next run; false where it never does
// by itself. A source that never ran is due now.
func (s *shard) due(src *Source) (time.Time, bool) {
	known := s.knownStreams(src)
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.woken[src.Name]
	memory := s.memory.Source(src.Name)
	for _, name := range memory.Streams() {
		if settings, selected := known[name]; selected && settings.Trigger != nil {
			continue
		}
		last = later(last, memory.Stream(name).Schedule[runJob].LastStart)
	}
	return after(src.Trigger, last)
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

// lastStarted is when a job of a stream began last, as far as is known.
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
