package producer

import (
	"time"

	"notion-kafka/producer/schedule"
	"notion-kafka/producer/state"
)

// IsDue reports whether a job of a stream is due by a trigger.
func (t *Task) IsDue(stream, name string, trigger schedule.Trigger) bool {
	if trigger == nil {
		return false
	}
	due, ok := schedule.Due(trigger, t.LastStarted(stream, name))
	return ok && !due.After(time.Now())
}

// MayBeSwept reports whether a stream is read incrementally and was read whole before.
func (t *Task) MayBeSwept(stream string, settings Settings) (swept bool) {
	t.Shard.View(func(m *state.Memory) {
		topic := m.Source(t.Name).Stream(stream).Topic
		swept = !kindOf(stream).whole() && !settings.FullTable && topic != nil && topic.Scanned
	})
	return swept
}

// dueOf reports which triggers of a stream are due.
func (t *Task) dueOf(stream string, settings Settings) due {
	return due{
		run:   t.IsDue(stream, RunJob, settings.Trigger),
		sweep: t.MayBeSwept(stream, settings) && t.IsDue(stream, SweepJob, settings.Sweep),
	}
}

// IsNew reports that no database of the source is known yet.
func (t *Task) IsNew() (fresh bool) {
	t.Shard.View(func(m *state.Memory) { fresh = len(m.Source(t.Name).Databases) == 0 })
	return fresh
}

// KnownStreams are the selected streams in the state whose database is neither in the
// trash nor not found, and the databases stream if it is selected.
func (t *Task) KnownStreams() map[string]Settings {
	return t.streamsOf(func(db state.Database) bool { return !db.InTrash && db.NotFound.IsZero() })
}

// ReportedStreams are the streams that a run of all streams reports on: those of
// [Task.KnownStreams], and those whose database is not found, which fail.
func (t *Task) ReportedStreams() map[string]Settings {
	return t.streamsOf(func(db state.Database) bool { return !db.InTrash })
}

// streamsOf are the selected streams in the state whose database passes a test, and the
// databases stream if it is selected.
func (t *Task) streamsOf(that func(state.Database) bool) map[string]Settings {
	titles := map[string]string{}
	t.Shard.View(func(m *state.Memory) {
		memory := m.Source(t.Name)
		for id, db := range memory.Databases {
			if that(db) && memory.Stream(DatabaseStream(id)).Topic != nil {
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

// LastStarted is when a job of a stream began last. A job that did not end well counts
// only if it began since the claim.
func (t *Task) LastStarted(stream, name string) (last time.Time) {
	t.Shard.View(func(m *state.Memory) { last = m.Source(t.Name).Stream(stream).Schedule[name].LastStart })
	t.mu.Lock()
	defer t.mu.Unlock()
	return Later(last, t.started[stream+"/"+name])
}

// LastGoodStart is when the last job of a stream began that ended well, even if a person has
// to decide something; zero where none did.
func (t *Task) LastGoodStart(stream string) (last time.Time) {
	t.Shard.View(func(m *state.Memory) {
		for _, one := range m.Source(t.Name).Stream(stream).Schedule {
			last = Later(last, one.LastStart)
		}
	})
	return last
}

// noteStart notes that a job began, before it has anything to commit.
func (j *job) noteStart() {
	if j.order.Confirm {
		return // it only looks at held pages
	}
	t := j.task
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range j.startedAs() {
		t.started[j.name+"/"+name] = j.started
	}
}

// Later is the later of two times.
func Later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
