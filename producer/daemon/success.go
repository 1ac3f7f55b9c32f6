package daemon

import (
	"sync"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/schedule"
)

// successes know when the streams of a source last succeeded: from the runs of this
// process, and of those before it from the history in the control topic. The zero value
// is ready.
//
// The history has no room for every stream of a large source: it leaves out those that
// succeeded. The state topic has the last start of each job that ended well, so a start
// behind all runs that name the stream is a success.
type successes struct {
	before sync.Once // takes in the history

	mu    sync.Mutex         // guards streams
	known map[string]outcome // by stream
}

// An outcome is what the known runs say of a stream. Zero times: nothing.
type outcome struct {
	succeeded time.Time // the end of the last run that succeeded for it
	newest    time.Time // the start of the newest run that read it
	oldest    time.Time // the start of the oldest run that read it
}

// note takes in a run, in any order.
func (s *successes) note(run control.Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]outcome{}
	}
	for _, one := range run.Streams {
		if !one.Status.Ended() || one.Status == control.Cancelled {
			continue
		}
		o := s.known[one.Stream]
		o.newest = producer.Later(o.newest, run.StartedAt)
		if o.oldest.IsZero() || run.StartedAt.Before(o.oldest) {
			o.oldest = run.StartedAt
		}
		if one.Status == control.Succeeded {
			o.succeeded = producer.Later(o.succeeded, run.FinishedAt)
		}
		s.known[one.Stream] = o
	}
}

// at is when a stream last succeeded, as far as is known; zero where it never did.
// started is the last start of a job of it that ended well.
func (s *successes) at(stream string, started time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.known[stream]
	switch {
	case started.After(o.newest):
		return producer.Later(o.succeeded, started)
	case o.succeeded.IsZero() && !started.IsZero():
		return o.oldest // it was before the runs that are known
	}
	return o.succeeded
}

// succeeded are the successes of the source's streams, with the history if that has been
// read.
func (r *runner) succeeded() *successes {
	s := &r.mem.successes
	if client := r.d.opts.Control; client != nil && r.isCaughtUp() {
		s.before.Do(func() {
			var runs []control.Entry
			client.View(func(m *control.Memory) { runs = m.Runs(r.task.Name) })
			for _, entry := range runs {
				s.note(entry.Run)
			}
		})
	}
	return s
}

// successes are the last successes of the source's streams, of those that ever succeeded.
func (r *runner) successes() (all []control.Success) {
	known := r.succeeded()
	for stream, settings := range r.task.ReportedStreams() {
		at := known.at(stream, r.task.LastGoodStart(stream))
		if at.IsZero() {
			continue
		}
		all = append(all, control.Success{Stream: stream, At: at, Overdue: r.overdue(settings, at)})
	}
	return all
}

// overdue is when a stream with these settings is overdue that last succeeded at a time;
// zero while the source is paused, and where the stream never is.
func (r *runner) overdue(settings producer.Settings, succeeded time.Time) time.Time {
	at, ok := schedule.Overdue(r.task.TriggerOf(settings), succeeded)
	if !ok || r.task.Paused() {
		return time.Time{}
	}
	return at.UTC()
}
