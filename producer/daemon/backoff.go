package daemon

import (
	"errors"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// A backoff is how a source has fared since the shard was claimed.
type backoff struct {
	refused  string    // why Notion refuses its token; "" while it does not
	token    string    // the mark of the token that it refuses
	failures int       // runs in a row of which nothing succeeded
	failed   time.Time // when the last of these began
	rare     bool      // what failed is wanted so seldom that it does not wait for its trigger

	doubt time.Time // when Notion refused the token for the first time; zero while it takes it
	again time.Time // when order is tried again; zero: not, or somebody is at it
	order producer.Order
}

// doubted says that Notion refused the token once, and may not mean it.
func (b backoff) doubted() bool { return !b.doubt.IsZero() }

// judge learns from how a run ended, and how long its triggers would have it wait
// for the next one. A source whose token is refused, twice and a minute apart, does
// not ask again until a person says so; one of which nothing succeeds waits longer
// and longer, or is tried again between its triggers where these are rare.
func (r *runner) judge(order producer.Order, report producer.Report, pace time.Duration) {
	r.mem.mu.Lock()
	defer r.mem.mu.Unlock()
	r.mem.backoff = r.mem.backoff.after(order, report, pace)
}

// after is how a source stands after a run.
func (b backoff) after(order producer.Order, report producer.Report, pace time.Duration) backoff {
	switch {
	case errors.Is(report.Err(), notion.ErrUnauthorized):
		return b.refusedBy(order, report)
	case report.Status == producer.Cancelled, errors.Is(report.Err(), producer.ErrUnknownStream):
		return b // which says nothing of the source
	case report.Status == producer.Failed && !anySucceeded(report):
		b = backoff{failures: b.failures + 1, failed: report.StartedAt, rare: b.rare || pace >= longestRest}
		if b.rare && order.Trigger != control.ByHand {
			b.order, b.again = order.Repeated(), report.FinishedAt.Add(b.pause())
		}
		return b
	}
	return backoff{}
}

// doubtFor is how long after a first refusal of a token the second one counts.
const doubtFor = time.Minute

// refusedBy is how a source stands after a run whose token Notion refused.
func (b backoff) refusedBy(order producer.Order, report producer.Report) backoff {
	if b.doubted() && report.FinishedAt.Sub(b.doubt) >= doubtFor {
		return backoff{refused: report.Error, token: report.TokenMark()}
	}
	if !b.doubted() {
		b.doubt = report.FinishedAt
	}
	b.again, b.order = b.doubt.Add(doubtFor), order.Repeated()
	return b
}

// triesReplaced has a source whose token was refused try the one that took its
// place: nobody has to say so.
func (r *runner) triesReplaced() {
	if b := r.backoffNow(); b.refused != "" && r.task.Token() != b.token {
		r.task.Shard.Log.Info("the token that Notion refused was replaced, will try the new one", "source", r.task.Name)
		r.setBackoff(backoff{again: time.Now(), order: producer.Order{Trigger: control.BySchedule}})
	}
}

// pause is how long a run waits that is tried again although no trigger wants it
// yet: twice as long with every failure in a row.
func (b backoff) pause() time.Duration {
	pause := time.Minute
	for range b.failures - 1 {
		pause = min(2*pause, longestRest)
	}
	return pause
}

// anySucceeded says that something came of a run. The list of databases counts
// only where there is nothing else: it is there whatever becomes of their pages.
func anySucceeded(report producer.Report) bool {
	others := slices.DeleteFunc(slices.Clone(report.Streams), func(one producer.StreamReport) bool { return one.Stream == producer.DatabasesStream })
	if len(others) == 0 {
		others = report.Streams
	}
	return slices.ContainsFunc(others, func(one producer.StreamReport) bool {
		return one.Status == producer.Succeeded || one.Status == producer.NeedsAttention
	})
}

// longestRest is how long a source waits at most after failures, unless its
// trigger is rarer than that.
const longestRest = time.Hour

// rest is how long after a failed run the next one waits, which its trigger
// wants at a time: twice as long with every failure in a row.
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

// forgive has a source not be judged by a token that was refused before it was
// started again, or changed.
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
