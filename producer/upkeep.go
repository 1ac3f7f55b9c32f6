package producer

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// upkeep is how a source has fared since the shard was claimed.
type upkeep struct {
	refused  string    // why Notion refuses its token; "" while it does not
	token    string    // the mark of the token that it refuses
	failures int       // runs in a row of which nothing succeeded
	failed   time.Time // when the last of these began
	rare     bool      // what failed is wanted so seldom that it does not wait for its trigger

	doubt time.Time // when Notion refused the token for the first time; zero while it takes it
	again time.Time // when order is tried again; zero: not, or somebody is at it
	order Order
}

// doubted says that Notion refused the token once, and may not mean it.
func (u upkeep) doubted() bool { return !u.doubt.IsZero() }

// judge learns from how a run ended, and how long its triggers would have it wait
// for the next one. A source whose token is refused, twice and a minute apart, does
// not ask again until a person says so; one of which nothing succeeds waits longer
// and longer, or is tried again between its triggers where these are rare.
func (t *Task) judge(order Order, r Report, pace time.Duration) {
	t.shard.mu.Lock()
	defer t.shard.mu.Unlock()
	t.shard.upkeeps[t.Name] = t.shard.upkeeps[t.Name].after(order, r, pace)
}

// after is how a source stands after a run.
func (u upkeep) after(order Order, r Report, pace time.Duration) upkeep {
	switch {
	case errors.Is(r.err, notion.ErrUnauthorized):
		return u.refusedBy(order, r)
	case r.Status == Cancelled, errors.Is(r.err, ErrUnknownStream):
		return u // which says nothing of the source
	case r.Status == Failed && !anySucceeded(r):
		u = upkeep{failures: u.failures + 1, failed: r.StartedAt, rare: u.rare || pace >= longestRest}
		if u.rare && order.Trigger != control.ByHand {
			u.order, u.again = order.repeated(), r.FinishedAt.Add(u.pause())
		}
		return u
	}
	return upkeep{}
}

// doubtFor is how long after a first refusal of a token the second one counts.
const doubtFor = time.Minute

// refusedBy is how a source stands after a run whose token Notion refused.
func (u upkeep) refusedBy(order Order, r Report) upkeep {
	if u.doubted() && r.FinishedAt.Sub(u.doubt) >= doubtFor {
		return upkeep{refused: r.Error, token: r.token}
	}
	if !u.doubted() {
		u.doubt = r.FinishedAt
	}
	u.again, u.order = u.doubt.Add(doubtFor), order.repeated()
	return u
}

// triesReplaced has a source whose token was refused try the one that took its
// place: nobody has to say so.
func (t *Task) triesReplaced() {
	if u := t.upkeepOf(); u.refused != "" && t.token() != u.token {
		t.shard.log.Info("the token that Notion refused was replaced, will try the new one", "source", t.Name)
		t.keepUp(upkeep{again: time.Now(), order: Order{Trigger: control.BySchedule}})
	}
}

// pause is how long a run waits that is tried again although no trigger wants it
// yet: twice as long with every failure in a row.
func (u upkeep) pause() time.Duration {
	pause := time.Minute
	for range u.failures - 1 {
		pause = min(2*pause, longestRest)
	}
	return pause
}

// anySucceeded says that something came of a run. The list of databases counts
// only where there is nothing else: it is there whatever becomes of their pages.
func anySucceeded(r Report) bool {
	others := slices.DeleteFunc(slices.Clone(r.Streams), func(one StreamReport) bool { return one.Stream == DatabasesStream })
	if len(others) == 0 {
		others = r.Streams
	}
	return slices.ContainsFunc(others, func(one StreamReport) bool { return one.Status == Succeeded || one.Status == NeedsAttention })
}

// longestRest is how long a source waits at most after failures, unless its
// trigger is rarer than that.
const longestRest = time.Hour

// rest is how long after a failed run the next one waits, which its trigger
// wants at a time: twice as long with every failure in a row.
func (u upkeep) rest(due time.Time) time.Time {
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
func (t *Task) forgive() {
	if t.shard.daemon.opts.Board == nil {
		return
	}
	var before control.Standing
	var last control.Entry
	t.shard.daemon.opts.Board.See(func(m *control.Memory) {
		before, _ = m.Standing(t.Name)
		last, _ = m.LastRun(t.Name)
	})
	if before.Refused != "" || before.Doubted || before.Forgiven != "" && before.Forgiven == last.Run.ID {
		t.shard.see(func(*state.Memory) { t.shard.forgiven[t.Name] = last.Run.ID })
	}
}

func (t *Task) upkeepOf() upkeep {
	t.shard.mu.Lock()
	defer t.shard.mu.Unlock()
	return t.shard.upkeeps[t.Name]
}

func (t *Task) keepUp(u upkeep) {
	t.shard.mu.Lock()
	defer t.shard.mu.Unlock()
	t.shard.upkeeps[t.Name] = u
}

// pinnedTo is what the source was pinned to at its first use, and whether it is
// paused.
func (s *shard) pinnedTo(source string) (pinned state.Source) {
	s.see(func(m *state.Memory) {
		if known := m.Source(source).Source; known != nil {
			pinned = *known
		}
	})
	return pinned
}

// paused says whether a person paused the source.
func (t *Task) paused() bool { return t.shard.pinnedTo(t.Name).Paused }

// workspace is the name of the source's workspace, or its id where it has none;
// "" before its first run.
func (t *Task) workspace() string {
	pinned := t.shard.pinnedTo(t.Name)
	return cmp.Or(pinned.WorkspaceName, pinned.Workspace)
}
