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
func (u backoff) doubted() bool { return !u.doubt.IsZero() }

// judge learns from how a run ended, and how long its triggers would have it wait
// for the next one. A source whose token is refused, twice and a minute apart, does
// not ask again until a person says so; one of which nothing succeeds waits longer
// and longer, or is tried again between its triggers where these are rare.
func (k *runner) judge(order producer.Order, r producer.Report, pace time.Duration) {
	k.mem.mu.Lock()
	defer k.mem.mu.Unlock()
	k.mem.backoff = k.mem.backoff.after(order, r, pace)
}

// after is how a source stands after a run.
func (u backoff) after(order producer.Order, r producer.Report, pace time.Duration) backoff {
	switch {
	case errors.Is(r.Err(), notion.ErrUnauthorized):
		return u.refusedBy(order, r)
	case r.Status == producer.Cancelled, errors.Is(r.Err(), producer.ErrUnknownStream):
		return u // which says nothing of the source
	case r.Status == producer.Failed && !anySucceeded(r):
		u = backoff{failures: u.failures + 1, failed: r.StartedAt, rare: u.rare || pace >= longestRest}
		if u.rare && order.Trigger != control.ByHand {
			u.order, u.again = order.Repeated(), r.FinishedAt.Add(u.pause())
		}
		return u
	}
	return backoff{}
}

// doubtFor is how long after a first refusal of a token the second one counts.
const doubtFor = time.Minute

// refusedBy is how a source stands after a run whose token Notion refused.
func (u backoff) refusedBy(order producer.Order, r producer.Report) backoff {
	if u.doubted() && r.FinishedAt.Sub(u.doubt) >= doubtFor {
		return backoff{refused: r.Error, token: r.TokenMark()}
	}
	if !u.doubted() {
		u.doubt = r.FinishedAt
	}
	u.again, u.order = u.doubt.Add(doubtFor), order.Repeated()
	return u
}

// triesReplaced has a source whose token was refused try the one that took its
// place: nobody has to say so.
func (k *runner) triesReplaced() {
	if u := k.backoffNow(); u.refused != "" && k.task.Token() != u.token {
		k.task.Shard.Log.Info("the token that Notion refused was replaced, will try the new one", "source", k.task.Name)
		k.setBackoff(backoff{again: time.Now(), order: producer.Order{Trigger: control.BySchedule}})
	}
}

// pause is how long a run waits that is tried again although no trigger wants it
// yet: twice as long with every failure in a row.
func (u backoff) pause() time.Duration {
	pause := time.Minute
	for range u.failures - 1 {
		pause = min(2*pause, longestRest)
	}
	return pause
}

// anySucceeded says that something came of a run. The list of databases counts
// only where there is nothing else: it is there whatever becomes of their pages.
func anySucceeded(r producer.Report) bool {
	others := slices.DeleteFunc(slices.Clone(r.Streams), func(one producer.StreamReport) bool { return one.Stream == producer.DatabasesStream })
	if len(others) == 0 {
		others = r.Streams
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
func (u backoff) rest(due time.Time) time.Time {
	if u.failures == 0 || u.rare {
		return due
	}
	gap := due.Sub(u.failed)
	if gap <= 0 {
		return due
	}
	longest := max(gap, longestRest)
	for range u.failures - 1 {
		gap = min(2*gap, longest)
	}
	return u.failed.Add(gap)
}

// forgive has a source not be judged by a token that was refused before it was
// started again, or changed.
func (k *runner) forgive() {
	if k.d.opts.Board == nil {
		return
	}
	var before control.Standing
	var last control.Entry
	k.d.opts.Board.See(func(m *control.Memory) {
		before, _ = m.Standing(k.task.Name)
		last, _ = m.LastRun(k.task.Name)
	})
	if before.Refused != "" || before.Doubted || before.Forgiven != "" && before.Forgiven == last.Run.ID {
		k.mem.mu.Lock()
		defer k.mem.mu.Unlock()
		k.mem.forgiven = last.Run.ID
	}
}

func (k *runner) backoffNow() backoff {
	k.mem.mu.Lock()
	defer k.mem.mu.Unlock()
	return k.mem.backoff
}

func (k *runner) setBackoff(u backoff) {
	k.mem.mu.Lock()
	defer k.mem.mu.Unlock()
	k.mem.backoff = u
}
