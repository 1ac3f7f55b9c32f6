package daemon

import (
	"cmp"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// state is the state of the source between its runs, for the control topic.
func (r *runner) state() control.SourceState {
	now := control.SourceState{Owner: r.d.opts.Instance, Workspace: r.task.Workspace(), Paused: r.task.Paused()}
	if at, order, ok := r.next(); ok {
		now.NextRun, now.NextSweeps = at.UTC().Truncate(time.Second), order.Sweeps
	}
	b := r.backoffNow()
	now.Refused, now.Doubted = cmp.Or(b.refused, r.notConnected()), b.doubted()
	r.standing(&now)
	r.mem.mu.Lock()
	defer r.mem.mu.Unlock()
	now.Forgiven = r.mem.forgiven
	return now
}

// notConnected is why a person has to connect the source; "" where nobody has to, or while
// the control topic was not read to its end.
func (r *runner) notConnected() string {
	if r.task.NotConnected == nil || !r.isCaughtUp() {
		return ""
	}
	return r.task.NotConnected()
}

// stateRecord is the record of the source's state, which the observer hears of too.
func (r *runner) stateRecord() control.Record {
	now := r.state()
	needs := now.Refused != "" || r.backoffNow().retried
	r.d.opts.Observer.NeedsReconnect(r.task.Name, needs && !now.Paused)
	return control.Record{Key: control.SourceStateKey(r.task.Name), Value: now}
}

// standing adds to a state what it says of the streams together: their totals, their last
// success, and which is overdue first. Of the streams that the source's own trigger runs,
// that is the one that succeeded longest ago.
func (r *runner) standing(now *control.SourceState) {
	streams := r.task.ReportedStreams()
	now.Totals = r.totals(streams)
	known := r.succeeded()
	var first, oldest control.Success
	for stream, settings := range streams {
		last := control.Success{Stream: stream, At: known.at(stream, r.task.LastGoodStart(stream))}
		switch now.Succeeded = producer.Later(now.Succeeded, last.At); {
		case last.At.IsZero():
		case settings.Trigger != nil:
			last.Overdue = r.overdue(settings, last.At)
			first = earlierOverdue(first, last)
		case oldest.At.IsZero() || last.At.Before(oldest.At):
			oldest = last
		}
	}
	oldest.Overdue = r.overdue(producer.Settings{}, oldest.At)
	if first = earlierOverdue(first, oldest); first.Overdue.IsZero() {
		return
	}
	now.Overdue, now.OverdueSince = first.Overdue.Truncate(time.Second), first.At.UTC().Truncate(time.Second)
	r.task.Shard.View(func(m *state.Memory) {
		title := m.Source(r.task.Name).Databases[producer.DatabaseOf(first.Stream)].Title
		now.OverdueStream = control.Shortened(producer.TitledStream(first.Stream, title), longestName)
	})
}

// longestName is how many characters of a stream's name and title a state has room for.
const longestName = 200

// earlierOverdue is the one of two streams that is overdue first; one that never is comes
// last.
func earlierOverdue(a, b control.Success) control.Success {
	if a.Overdue.IsZero() || !b.Overdue.IsZero() && b.Overdue.Before(a.Overdue) {
		return b
	}
	return a
}

// totals counts what streams have. The counts of each are kept, so no page is looked at.
func (r *runner) totals(streams map[string]producer.Settings) control.Totals {
	totals := control.Totals{Streams: len(streams)}
	r.task.Shard.View(func(m *state.Memory) {
		memory := m.Source(r.task.Name)
		for stream := range streams {
			counts := memory.Stream(stream).Counts
			totals.Rows, totals.Held, totals.Stuck = totals.Rows+counts.Published, totals.Held+counts.Held, totals.Stuck+counts.Stuck
		}
	})
	return totals
}
