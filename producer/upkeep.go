package producer

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// upkeep is how a source has fared since the shard was claimed.
type upkeep struct {
	refused  string    // why Notion refuses its token; "" while it does not
	failures int       // runs in a row of which nothing succeeded
	failed   time.Time // when the last of these began
}

// judge learns from how a run ended. A source whose token is refused does not
// ask again until a person says so; one of which nothing succeeds waits longer
// and longer.
func (s *shard) judge(src *Source, r Report) {
	u := s.upkeepOf(src)
	switch {
	case errors.Is(r.err, notion.ErrUnauthorized):
		u = upkeep{refused: r.Error}
	case r.Status == Cancelled:
		return
	case r.Status == Failed && !anySucceeded(r):
		u.failures++
		u.failed = r.StartedAt
	default:
		u = upkeep{}
	}
	s.keepUp(src, u)
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
	if u.failures == 0 {
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

func (s *shard) upkeepOf(src *Source) upkeep {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.upkeeps[src.Name]
}

func (s *shard) keepUp(src *Source, u upkeep) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upkeeps[src.Name] = u
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
func (s *shard) paused(src *Source) bool { return s.pinnedTo(src.Name).Paused }

// workspace is the name of the source's workspace, or its id where it has none;
// "" before its first run.
func (s *shard) workspace(src *Source) string {
	pinned := s.pinnedTo(src.Name)
	return cmp.Or(pinned.WorkspaceName, pinned.Workspace)
}
