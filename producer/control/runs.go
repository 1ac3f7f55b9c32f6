package control

import (
	"cmp"
	"slices"
)

// A found is a run of the histories that passes a filter, before it is decoded.
type found struct {
	at      place
	started int64 // as in [outline]
	number  int
}

// compareFound sorts the newest first. Runs of one source have an order of their own.
func compareFound(a, b found) int {
	if a.at.source == b.at.source {
		return cmp.Compare(b.number, a.number)
	}
	return cmp.Or(cmp.Compare(b.started, a.started), cmp.Compare(a.at.source, b.at.source))
}

// A PackedRun is a run of a history as the memory keeps it. It never changes.
type PackedRun struct{ noted noted }

// Run decodes the run.
func (p PackedRun) Run() Run { return p.noted.entry().Run }

// AllRuns are the runs of all sources that pass a filter, those that started last first.
// They are still packed, because a thousand sources have a hundred each, and a caller may
// decode them when it no longer holds up the memory.
func (m *Memory) AllRuns(filter RunFilter) []PackedRun {
	var newest []found
	for source, of := range m.histories {
		if filter.Source != "" && filter.Source != source {
			continue
		}
		for slot, n := range of {
			if filter.admits(n.outline) {
				newest = withNewest(newest, found{place{source, slot}, n.started, n.N}, filter.Limit)
			}
		}
	}
	runs := make([]PackedRun, len(newest))
	for i, one := range newest {
		runs[i] = PackedRun{m.histories[one.at.source][one.at.slot]}
	}
	return runs
}

func (f RunFilter) admits(o outline) bool {
	return (f.Status == "" || f.Status == o.Run.Status) && (f.Trigger == "" || f.Trigger == o.trigger)
}

// withNewest adds a run to the newest ones, of which it keeps at most limit.
func withNewest(newest []found, one found, limit int) []found {
	if len(newest) >= limit && (limit < 1 || compareFound(one, newest[limit-1]) >= 0) {
		return newest
	}
	at, _ := slices.BinarySearchFunc(newest, one, compareFound)
	if len(newest) == limit {
		newest = newest[:limit-1]
	}
	return slices.Insert(newest, at, one)
}
