package producer

import (
	"slices"

	"notion-kafka/producer/state"
)

// readsAgain prepares the second reading of a job whose scan was begun by an
// earlier run, after that scan has come to its end. What happened between that
// scan's beginning and this run's to pages that it had read by then is not in the
// topic yet. A run that is to scan everything therefore makes a scan of its own;
// another one reads what was edited since the data sources' new cursors. It
// answers false where there is nothing more to read.
func (j *job) readsAgain() bool {
	if !j.earlier {
		return false
	}
	j.earlier = false
	if j.demand.all {
		j.scan, j.begins, j.scanEnded = j.newScan(false), true, false
		for _, id := range j.sources {
			j.planPart(j.scan, id)
		}
		return true
	}
	// The others are read by the incremental job beside this one.
	j.readable = slices.DeleteFunc(slices.Clone(j.sources), func(id string) bool {
		_, scanned := j.scan.Parts[state.PartName(id, false)]
		return !scanned || slices.Contains(j.readable, id)
	})
	j.scan = nil
	return len(j.readable) > 0
}
