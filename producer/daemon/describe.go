package daemon

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// streams are the streams of a source as its owner knows them, including those of
// databases that it does not select.
func (r *runner) streams() []control.Stream {
	var names []string
	r.task.Shard.View(func(m *state.Memory) {
		memory := m.Source(r.task.Name)
		names = append(memory.Streams(), producer.DatabasesStream)
		for id := range memory.Databases {
			names = append(names, producer.DatabaseStream(id))
		}
	})
	slices.SortFunc(names, producer.DatabasesFirst)
	return r.described(slices.Compact(names))
}

// described are streams as the owner knows them, in the order of names.
func (r *runner) described(names []string) []control.Stream {
	last, changed := r.lastReads()
	var out []control.Stream
	trashed := map[string]bool{}
	r.task.Shard.View(func(m *state.Memory) {
		memory := m.Source(r.task.Name)
		for _, name := range names {
			database := memory.Databases[producer.DatabaseOf(name)]
			settings, enabled := r.task.Select(name, producer.DatabaseOf(name), database.Title)
			one := describe(name, memory.Stream(name))
			one.Title, one.Icon, one.URL = database.Title, database.Icon, urlOf(name)
			one.Enabled, one.Sync, trashed[name] = enabled, settings.Sync(name), database.InTrash
			one.Status, one.Error, one.LastChange = last[name].Status, last[name].Error, changed[name]
			out = append(out, one)
		}
	})
	known, now := r.succeeded(), time.Now()
	for i, one := range out {
		if !one.Enabled {
			continue
		}
		settings, _ := r.task.Select(one.Stream, producer.DatabaseOf(one.Stream), one.Title)
		out[i].NextRun = r.nextOf(one.Stream, settings)
		if !trashed[one.Stream] { // else no run reads it
			succeeded := known.at(one.Stream, r.task.LastGoodStart(one.Stream))
			out[i].Overdue = r.overdue(settings, succeeded)
			out[i].Health = r.health(out[i], succeeded, now)
		}
	}
	return out
}

// health is how a selected stream is, in the words for sources: the first that applies.
func (r *runner) health(one control.Stream, succeeded, now time.Time) control.SourceStatus {
	switch {
	case r.task.Paused():
		return control.SourcePaused
	case r.task.Jobs.IsRead(one.Stream):
		return control.SourceRunning
	case cmp.Or(r.backoffNow().refused, r.notConnected()) != "":
		return control.SourceNeedsReconnect
	case one.Status == control.Failed:
		return control.SourceFailing
	case one.Status == control.NeedsAttention || one.Held > 0 || one.Stuck > 0:
		return control.SourceNeedsAttention
	case control.IsLate(one.Overdue, now):
		return control.SourceLate
	case succeeded.IsZero():
		return control.SourceWaiting
	}
	return control.SourceReady
}

// urlOf is the address of a stream's database at Notion; "" for the stream of databases.
func urlOf(stream string) string {
	if stream == producer.DatabasesStream {
		return ""
	}
	return "https://www.notion.so/" + strings.ReplaceAll(producer.DatabaseOf(stream), "-", "")
}

// describe is a stream as the state topic describes it.
func describe(name string, memory *state.StreamMemory) control.Stream {
	is := producer.Describe(memory)
	if name == producer.DatabasesStream {
		is.Name, is.Form = "", "" // it has no other
	}
	return control.Stream{
		Stream: name, Topic: is.Topic, Name: is.Name, Form: is.Form, Left: is.Former, Cursor: is.Oldest, Scanned: is.Scanned, Scanning: is.Scan.Remaining(),
		Rows: is.Counts.Published, Held: is.Counts.Held, Stuck: is.Counts.Stuck, LastRun: is.LastRun, LastScan: is.LastScan,
	}
}

// lastReads returns, by stream, the report of the last run that read it, and when a run
// last published something of it, as far back as the history goes.
func (r *runner) lastReads() (last map[string]control.StreamRun, changed map[string]time.Time) {
	last, changed = map[string]control.StreamRun{}, map[string]time.Time{}
	if r.d.opts.Control == nil {
		return last, changed
	}
	var runs []control.Entry
	r.d.opts.Control.View(func(m *control.Memory) { runs = m.Runs(r.task.Name) })
	for _, entry := range runs {
		for _, one := range entry.Run.Streams {
			if _, known := last[one.Stream]; !known {
				last[one.Stream] = one
			}
			if _, known := changed[one.Stream]; !known && one.Published+one.Deleted > 0 {
				at := entry.Run.FinishedAt
				if at.IsZero() {
					at = entry.Run.StartedAt
				}
				changed[one.Stream] = at
			}
		}
	}
	return last, changed
}

// position is how far a stream has been read and written.
func (r *runner) position(stream string) (at control.Position, err error) {
	r.task.Shard.View(func(m *state.Memory) {
		if err = knownStream(m, r.task.Name, stream); err != nil {
			return
		}
		is := producer.Describe(m.Source(r.task.Name).Stream(stream))
		at = control.Position{
			Source: r.task.Name, Stream: stream, Topic: is.Topic, Scanned: is.Scanned, Scan: is.Scan.Remaining(),
			Cursors: is.Cursors, Offsets: maps.Clone(is.Offsets),
		}
	})
	return at, err
}
