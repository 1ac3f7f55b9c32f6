package daemon

import (
	"errors"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// A backoff holds the failures of a source since its shard was claimed.
type backoff struct {
	refused  string    // why Notion refuses the token; "" while Notion accepts it
	token    string    // the mark of the refused token
	failures int       // runs in a row in which every stream failed
	failed   time.Time // when the last of these began
	rare     bool      // the trigger is an hour or more away, so a retry does not wait for it
	retried  bool      // the token was refused and is tried again: no run has shown yet that Notion accepts it

	doubt time.Time // when Notion first refused the token; zero while Notion accepts it
	again time.Time // when order is tried again; zero: it is not, or is being tried
	order producer.Order
}

// doubted says that Notion has refused the token once, which may have been an error of
// Notion's.
func (b backoff) doubted() bool { return !b.doubt.IsZero() }

// learn updates the backoff from the end of a run. pace is the time from the start of
// that run to the next one that the triggers want. A source whose token was refused
// in two runs, a minute apart, makes no more requests until a person starts a run. When
// every stream of a run fails the source waits longer with each such run, or tries
// again between its triggers where these are rare. refused reports that with this run
// the token counts as refused.
func (r *runner) learn(order producer.Order, report producer.Report, pace time.Duration) (refused bool) {
	r.mem.mu.Lock()
	defer r.mem.mu.Unlock()
	before := r.mem.backoff
	r.mem.backoff = before.after(order, report, pace)
	return before.refused == "" && r.mem.backoff.refused != ""
}

// after is the backoff after a run.
func (b backoff) after(order producer.Order, report producer.Report, pace time.Duration) backoff {
	switch {
	case errors.Is(report.Err(), notion.ErrUnauthorized):
		return b.refusedBy(order, report)
	case report.Status == control.Cancelled, errors.Is(report.Err(), producer.ErrUnknownStream):
		return b // such a run says nothing about the source
	case report.Status == control.Failed && !anySucceeded(report):
		b = backoff{failures: b.failures + 1, failed: report.StartedAt, rare: b.rare || pace >= longestRest, retried: b.retried}
		if b.rare && order.Trigger != control.ByHand {
			b.order, b.again = order.Repeated(), report.FinishedAt.Add(b.pause())
		}
		return b
	}
	return backoff{}
}

// afresh is the backoff of a source that a person starts again: nothing holds it back.
func (b backoff) afresh() backoff { return backoff{retried: b.refused != "" || b.retried} }

// doubtFor is how long after the first refusal of a token a second one counts.
const doubtFor = time.Minute

// refusedBy is the backoff after a run whose token Notion refused.
func (b backoff) refusedBy(order producer.Order, report producer.Report) backoff {
	if token, is := errors.AsType[*notion.TokenError](report.Err()); is && token.Final {
		return backoff{refused: report.Error, token: report.TokenMark()}
	}
	if b.doubted() && report.FinishedAt.Sub(b.doubt) >= doubtFor {
		return backoff{refused: report.Error, token: report.TokenMark()}
	}
	if !b.doubted() {
		b.doubt = report.FinishedAt
	}
	b.again, b.order = b.doubt.Add(doubtFor), order.Repeated()
	return b
}

// triesReplaced lets a source whose token was refused try a replaced token without a
// person's run.
func (r *runner) triesReplaced() {
	if b := r.backoffNow(); b.refused != "" && r.task.Token() != b.token {
		r.task.Shard.Log.Info("the token that Notion refused was replaced, will try the new one", "source", r.task.Name)
		r.setBackoff(backoff{again: time.Now(), order: producer.Order{Trigger: control.BySchedule}, retried: true})
	}
}

// pause is the wait before a failed run is tried again between its triggers. It
// doubles with every failure in a row.
func (b backoff) pause() time.Duration {
	pause := time.Minute
	for range b.failures - 1 {
		pause = min(2*pause, longestRest)
	}
	return pause
}

// anySucceeded says whether any stream of a run succeeded. The databases stream counts
// only where it is the only one, because it succeeds even when no page can be read.
func anySucceeded(report producer.Report) bool {
	others := slices.DeleteFunc(slices.Clone(report.Streams), func(one control.StreamRun) bool { return one.Stream == producer.DatabasesStream })
	if len(others) == 0 {
		others = report.Streams
	}
	return slices.ContainsFunc(others, func(one control.StreamRun) bool {
		return one.Status == control.Succeeded || one.Status == control.NeedsAttention
	})
}

// longestRest is the longest wait of a source after failures, unless its trigger is
// rarer.
const longestRest = time.Hour

// rest is when the run that a trigger wants at due may begin. The wait after the last
// failed run doubles with every failure in a row.
func (b backoff) rest(due time.Time) time.Time {
	if b.failures == 0 || b.rare {
		return due
	}
	gap := due.Sub(b.failed)
	if gap <= 0 {
		return due
	}
	longest := max(gap, longestRest)
	for range b.failures - 1 {
		gap = min(2*gap, longest)
	}
	return b.failed.Add(gap)
}

// forgive makes the source's status ignore a refused token that was used before the
// source was started again or changed.
func (r *runner) forgive() {
	if r.d.opts.Control == nil {
		return
	}
	var before control.SourceState
	var last control.Entry
	r.d.opts.Control.View(func(m *control.Memory) {
		before, _ = m.SourceState(r.task.Name)
		last, _ = m.LastRun(r.task.Name)
	})
	if before.Refused != "" || before.Doubted || before.Forgiven != "" && before.Forgiven == last.Run.ID {
		r.mem.mu.Lock()
		defer r.mem.mu.Unlock()
		r.mem.forgiven = last.Run.ID
	}
}

func (r *runner) backoffNow() backoff {
	r.mem.mu.Lock()
	defer r.mem.mu.Unlock()
	return r.mem.backoff
}

func (r *runner) setBackoff(b backoff) {
	r.mem.mu.Lock()
	defer r.mem.mu.Unlock()
	r.mem.backoff = b
}
