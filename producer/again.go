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
func (st *stream) readsAgain() bool {
	if !st.earlier {
		return false
	}
	st.earlier = false
	if st.wanted.all {
		st.scan, st.begins, st.scanEnded = st.newScan(false), true, false
		for _, id := range st.sources {
			st.planPart(st.scan, id)
		}
		return true
	}
	// The others are read by the incremental job beside this one.
	st.readable = slices.DeleteFunc(slices.Clone(st.sources), func(id string) bool {
		_, scanned := st.scan.Parts[state.PartName(id, false)]
		return !scanned || slices.Contains(st.readable, id)
	})
	st.scan = nil
	return len(st.readable) > 0
}
