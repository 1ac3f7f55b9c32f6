package daemon

import (
	"fmt"
	"slices"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// ofFailed replaces an order for what failed by one for the streams by name. Where no
// stream failed alone, such as when the databases could not be listed, it is an order for
// all streams.
func (r *runner) ofFailed(order producer.Order) (producer.Order, error) {
	if !r.isCaughtUp() {
		return order, &control.Error{Kind: control.Unavailable, Message: "the owner of source " + r.task.Name + " has not read yet what failed before it was the owner: try again in a moment"}
	}
	streams, all := r.failedStreams()
	if len(streams) == 0 && !all {
		return order, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("no stream of source %s failed when it was last read: there is nothing to run again", r.task.Name)}
	}
	order.Failed = false
	if !all {
		order.Streams = streams
	}
	return order, nil
}

// failedStreams are the selected streams whose last read failed or found what a person has
// to mend. Deletes that are held back are for a person's answer, not for another run. all
// says that the last run failed before it read a stream.
func (r *runner) failedStreams() (streams []string, all bool) {
	var runs []control.Entry
	r.d.opts.Control.View(func(m *control.Memory) { runs = m.Runs(r.task.Name) })
	last := slices.IndexFunc(runs, func(entry control.Entry) bool {
		return entry.Run.Status != control.Queued && entry.Run.Status != control.Cancelled
	})
	if last >= 0 && failedAsAWhole(runs[last].Run) {
		return nil, true
	}
	readIn := map[string]string{} // by stream: the last run that read it
	for _, entry := range runs {
		for _, one := range entry.Run.Streams {
			if one.Status == control.Cancelled {
				continue // the read before it counts
			}
			if readIn[one.Stream] == "" {
				readIn[one.Stream] = entry.Run.ID
			}
			if readIn[one.Stream] == entry.Run.ID && hasFailed(one) && r.mayRun(one.Stream) {
				streams = append(streams, one.Stream) // twice if its poll and its sweep failed
			}
		}
	}
	slices.SortFunc(streams, producer.DatabasesFirst)
	return slices.Compact(streams), false
}

// failedAsAWhole reports whether a run failed for a reason that is no stream's own.
func failedAsAWhole(run control.Run) bool {
	return run.Status == control.Failed && run.Error != "" && !slices.ContainsFunc(run.Streams, hasFailed)
}

// hasFailed reports whether a read has to be made again.
func hasFailed(read control.StreamRun) bool {
	onlyHeld := read.Held > 0 && read.Stuck == 0 && read.Partial == 0
	return read.Status == control.Failed || read.Status == control.NeedsAttention && !onlyHeld
}

// mayRun reports whether a stream is selected, and its database is not in the trash. A
// database that cannot be reached may be by now.
func (r *runner) mayRun(stream string) bool {
	var known state.Database
	id := producer.DatabaseOf(stream)
	r.task.Shard.View(func(m *state.Memory) { known = m.Source(r.task.Name).Databases[id] })
	if stream == producer.DatabasesStream {
		id = ""
	}
	_, selected := r.task.Select(stream, id, known.Title)
	return selected && !known.InTrash
}
