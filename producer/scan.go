package producer

import (
	"context"
	"encoding/hex"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// planReads decides how the pages of a database are read, in up to two jobs. A
// scan that was not finished goes on; a data source that was never read to its
// end, or all of them where a scan is asked for or a sweep is due, are scanned;
// from the others is read what was edited since their cursor.
func (st stream) planReads(db state.Database, schemas map[string]notion.DataSource) (jobs []*stream) {
	st.asked, st.tried = map[string][]string{}, map[string]bool{}
	st.republish = st.order.Republish || st.settings.PublishAll && st.settings.FullTable
	for _, ds := range db.DataSources {
		st.sources = append(st.sources, ds.ID)
		if schema, known := schemas[ds.ID]; known {
			st.asked[ds.ID] = schema.PropertyIDs(st.settings.Exclude, st.topic.Excluded.IDs(ds.ID)...)
		}
	}
	var scan *state.Scan
	st.task.Shard.View(func(m *state.Memory) {
		memory := m.Source(st.task.Name).Stream(st.name)
		if memory.Scan != nil && st.topic.ID != "" && (memory.Scan.Republish || !st.order.Republish) {
			scan = st.resumed(*memory.Scan)
		}
		for id, cursor := range memory.Cursors {
			listed := slices.Contains(st.sources, id) // else it is in the trash, and may come back
			if listed && (st.topic.Scanned || partsDone(scan, id)) && !st.asksDifferently(id, cursor) {
				st.readable = append(st.readable, id)
			}
		}
	})
	if st.wanted.look {
		scan = &state.Scan{Run: st.runID, Looking: true}
	} else {
		scan = st.planScan(scan)
	}
	if scan != nil {
		one := st
		one.scan, one.kind = scan, FullScan
		if scan.Sweep {
			one.kind = Sweep
		}
		jobs = append(jobs, &one)
	}
	polled := len(st.readable) > 0 || len(st.sources) == 0 && st.topic.Scanned // else nothing would tell what is held of it
	if polled && st.wanted.poll {
		one := st
		one.kind, one.earlier = Incremental, false
		one.tried = map[string]bool{}
		jobs = append(jobs, &one)
	}
	return jobs
}

// planScan is what there is to scan: what a scan under way has left, and what
// has to be scanned besides; nil where nothing is.
func (st *stream) planScan(scan *state.Scan) *state.Scan {
	all := st.wanted.all
	st.earlier = scan != nil
	if all && st.topic.Scanned && scan != nil {
		st.republish = st.republish || scan.Republish // it was asked for, and came to no end
		scan, st.earlier = nil, false                 // what an earlier run has read of it is not what is there now
	}
	if scan == nil {
		scan = st.newScan(st.wanted.sweep)
		st.begins = true
		all = all || st.wanted.sweep
	}
	for _, id := range st.sources {
		if _, planned := scan.Parts[state.PartName(id, false)]; !planned && (all || !slices.Contains(st.readable, id)) && !scan.Looking {
			st.planPart(scan, id)
		}
	}
	if st.begins && !all && len(scan.Parts) == 0 && st.topic.Scanned {
		return nil
	}
	return scan
}

// newScan is a scan of this run, of nothing yet.
func (st *stream) newScan(sweep bool) *state.Scan {
	return &state.Scan{
		Run: st.runID, Republish: st.republish, Sweep: sweep,
		Parts: map[string]state.ScanPart{}, AsOf: map[string]time.Time{}, Asked: map[string]string{},
	}
}

// planPart has a scan read a data source from its beginning.
func (st *stream) planPart(scan *state.Scan, dataSource string) {
	scan.Parts[state.PartName(dataSource, false)] = state.ScanPart{}
	scan.Parts[state.PartName(dataSource, true)] = state.ScanPart{}
	delete(scan.AsOf, dataSource)
	scan.Asked[dataSource] = st.askedName(dataSource)
}

// resumed is a scan that goes on, without the data sources that are gone, and
// from the beginning with those of which other properties are to be read now.
func (st *stream) resumed(scan state.Scan) *state.Scan {
	scan.Parts, scan.AsOf, scan.Asked = cloned(scan.Parts), cloned(scan.AsOf), cloned(scan.Asked)
	maps.DeleteFunc(scan.Parts, func(part string, _ state.ScanPart) bool {
		return !slices.ContainsFunc(st.sources, func(id string) bool {
			return part == state.PartName(id, false) || part == state.PartName(id, true)
		})
	})
	for id := range st.asked {
		if asked, planned := scan.Asked[id]; planned && asked != st.askedName(id) {
			delete(scan.Parts, state.PartName(id, false))
			delete(scan.Parts, state.PartName(id, true))
		}
	}
	return &scan
}

func cloned[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return maps.Clone(m)
}

// partsDone says that a scan has read the live and the archived rows of a data
// source.
func partsDone(scan *state.Scan, id string) bool {
	return scan != nil && scan.Parts[state.PartName(id, false)].Done && scan.Parts[state.PartName(id, true)].Done
}

// asksDifferently says that the data source was read with other properties than
// would be asked for now: they have come or gone, in the configuration or in
// Notion. A row that was read without one need not have been edited since.
func (st *stream) asksDifferently(id string, cursor state.Cursor) bool {
	_, known := st.asked[id]
	return known && cursor.Asked != st.askedName(id)
}

// askedName is a short name of the properties that are read of a data source;
// "" where none is excluded.
func (st *stream) askedName(id string) string {
	if len(st.settings.Exclude) == 0 {
		return ""
	}
	h := fnv.New64a()
	for _, names := range [][]string{st.settings.Exclude, {""}, st.asked[id]} {
		for _, name := range names {
			h.Write([]byte(name + "\x00"))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// whole says that a scan comes by every page of the stream, so that one that it
// does not see is missing.
func (st *stream) whole() bool {
	return !slices.ContainsFunc(st.sources, func(id string) bool {
		_, planned := st.scan.Parts[state.PartName(id, false)]
		return !planned
	})
}

// readScan reads what a scan has left of a data source: the live rows and the
// archived ones. Every batch says what remains after it, so that a scan that
// was killed goes on there. It answers false when the reading has to end.
func (st *stream) readScan(ctx context.Context, id string, yield func(batch, error) bool) (goOn bool, err error) {
	for _, archived := range []bool{false, true} {
		name := state.PartName(id, archived)
		if st.scan.Parts[name].Done {
			continue
		}
		var left []notion.Window
		for _, w := range st.scan.Parts[name].Left {
			left = append(left, notion.Window(w))
		}
		expected := st.census(id, archived)
		q := notion.Query{DataSourceID: id, Archived: archived, Properties: st.asked[id]}
		for portion, err := range st.task.Notion.ReadAll(ctx, q, left...) {
			if err != nil {
				return true, st.while("reading all rows", id, err)
			}
			st.moveScan(name, id, portion)
			b := st.rowsOf(portion, id)
			st.setAsideUnreadable(&b, portion, id, archived)
			if err := st.lookAtNewcomers(ctx, id, &b); err != nil {
				return true, st.while("reading all rows", id, err)
			}
			b.missing = append(expected.without(portion), b.strays...)
			b.advance = st.scanEntries(id, len(b.missing) > 0)
			b.scanned = st.scanEnded
			if !yield(b, nil) {
				return false, nil
			}
		}
	}
	return true, nil
}

func (st *stream) moveScan(part, dataSource string, portion *notion.Portion) {
	if _, begun := st.scan.AsOf[dataSource]; !begun {
		st.scan.AsOf[dataSource] = portion.AsOf
	}
	var left []state.Window
	for _, w := range portion.Left {
		left = append(left, state.Window(w))
	}
	st.scan.Parts[part] = state.ScanPart{Left: left, Done: len(left) == 0}
}

// scanEntries are what is to be remembered after a step of the scan. A data
// source that is read to its end gets a cursor that begins where its first
// request was, because rows edited since may have been read before their edit.
// When all are, what is missing is looked at, and the scan is over.
func (st *stream) scanEntries(id string, missing bool) []state.Entry {
	var entries []state.Entry
	if partsDone(st.scan, id) {
		entries = append(entries, st.moveCursor(id, st.scan.AsOf[id]))
	}
	for _, part := range st.scan.Parts {
		if !part.Done {
			return append(entries, st.scanEntry())
		}
	}
	st.scanEnded, st.scan.Looking = true, true
	if missing || st.anythingMissing() {
		return append(entries, st.scanEntry())
	}
	return append(entries, st.endScan()...)
}

func (st *stream) scanEntry() state.Entry {
	scan := *st.scan
	scan.Parts, scan.AsOf, scan.Asked = maps.Clone(scan.Parts), maps.Clone(scan.AsOf), maps.Clone(scan.Asked)
	return state.Entry{Key: state.ScanKey(st.task.Name, st.name), Value: scan}
}

// endScan says that there is nothing left to do for the scan.
func (st *stream) endScan() []state.Entry {
	st.scanEnded, st.scan.Looking = true, false
	return []state.Entry{{Key: state.ScanKey(st.task.Name, st.name)}}
}
