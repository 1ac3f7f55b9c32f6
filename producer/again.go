package producer

import (
	"slices"

	"notion-kafka/producer/state"
)

// prepareSecondRead prepares a second read when the scan that just ended was begun
// by an earlier run. Pages which that run had read may have changed before this run
// began, and the topic does not have those changes yet. An order to scan everything
// therefore gets a scan of its own; any other order reads what was edited since the
// data sources' new cursors. It returns false when there is nothing more to read.
func (j *job) prepareSecondRead() bool {
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
	// The poll beside this job reads the others.
	j.readable = slices.DeleteFunc(slices.Clone(j.sources), func(id string) bool {
		_, scanned := j.scan.Parts[state.PartName(id, false)]
		return !scanned || slices.Contains(j.readable, id)
	})
	j.scan = nil
	return len(j.readable) > 0
}
