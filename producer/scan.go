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
func (j job) planReads(db state.Database, schemas map[string]notion.DataSource) (jobs []*job) {
	j.asked, j.tried = map[string][]string{}, map[string]bool{}
	j.republish = j.order.Republish || j.settings.PublishAll && j.settings.FullTable
	for _, ds := range db.DataSources {
		j.sources = append(j.sources, ds.ID)
		if schema, known := schemas[ds.ID]; known {
			j.asked[ds.ID] = schema.PropertyIDs(j.settings.Exclude, j.topic.Excluded.IDs(ds.ID)...)
		}
	}
	var scan *state.Scan
	j.view(func(memory *state.StreamMemory) {
		if memory.Scan != nil && j.topic.ID != "" && (memory.Scan.Republish || !j.order.Republish) {
			scan = j.resumed(*memory.Scan)
		}
		for id, cursor := range memory.Cursors {
			listed := slices.Contains(j.sources, id) // else it is in the trash, and may come back
			if listed && (j.topic.Scanned || partsDone(scan, id)) && !j.asksDifferently(id, cursor) {
				j.readable = append(j.readable, id)
			}
		}
	})
	if j.wanted.look {
		scan = &state.Scan{Run: j.runID, Looking: true}
	} else {
		scan = j.planScan(scan)
	}
	if scan != nil {
		one := j
		one.scan, one.kind = scan, FullScan
		if scan.Sweep {
			one.kind = Sweep
		}
		jobs = append(jobs, &one)
	}
	polled := len(j.readable) > 0 || len(j.sources) == 0 && j.topic.Scanned // else nothing would tell what is held of it
	if polled && j.wanted.poll {
		one := j
		one.kind, one.earlier = Incremental, false
		one.tried = map[string]bool{}
		jobs = append(jobs, &one)
	}
	return jobs
}

// planScan is what there is to scan: what a scan under way has left, and what
// has to be scanned besides; nil where nothing is.
func (j *job) planScan(scan *state.Scan) *state.Scan {
	all := j.wanted.all
	j.earlier = scan != nil
	if all && j.topic.Scanned && scan != nil {
		j.republish = j.republish || scan.Republish // it was asked for, and came to no end
		scan, j.earlier = nil, false                // what an earlier run has read of it is not what is there now
	}
	if scan == nil {
		scan = j.newScan(j.wanted.sweep)
		j.begins = true
		all = all || j.wanted.sweep
	}
	for _, id := range j.sources {
		if _, planned := scan.Parts[state.PartName(id, false)]; !planned && (all || !slices.Contains(j.readable, id)) && !scan.Looking {
			j.planPart(scan, id)
		}
	}
	if j.begins && !all && len(scan.Parts) == 0 && j.topic.Scanned {
		return nil
	}
	return scan
}

// newScan is a scan of this run, of nothing yet.
func (j *job) newScan(sweep bool) *state.Scan {
	return &state.Scan{
		Run: j.runID, Republish: j.republish, Sweep: sweep,
		Parts: map[string]state.ScanPart{}, AsOf: map[string]time.Time{}, Asked: map[string]string{},
	}
}

// planPart has a scan read a data source from its beginning.
func (j *job) planPart(scan *state.Scan, dataSource string) {
	scan.Parts[state.PartName(dataSource, false)] = state.ScanPart{}
	scan.Parts[state.PartName(dataSource, true)] = state.ScanPart{}
	delete(scan.AsOf, dataSource)
	scan.Asked[dataSource] = j.askedName(dataSource)
}

// resumed is a scan that goes on, without the data sources that are gone, and
// from the beginning with those of which other properties are to be read now.
func (j *job) resumed(scan state.Scan) *state.Scan {
	scan.Parts, scan.AsOf, scan.Asked = cloned(scan.Parts), cloned(scan.AsOf), cloned(scan.Asked)
	maps.DeleteFunc(scan.Parts, func(part string, _ state.ScanPart) bool {
		return !slices.ContainsFunc(j.sources, func(id string) bool {
			return part == state.PartName(id, false) || part == state.PartName(id, true)
		})
	})
	for id := range j.asked {
		if asked, planned := scan.Asked[id]; planned && asked != j.askedName(id) {
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
func (j *job) asksDifferently(id string, cursor state.Cursor) bool {
	_, known := j.asked[id]
	return known && cursor.Asked != j.askedName(id)
}

// askedName is a short name of the properties that are read of a data source;
// "" where none is excluded.
func (j *job) askedName(id string) string {
	if len(j.settings.Exclude) == 0 {
		return ""
	}
	h := fnv.New64a()
	for _, names := range [][]string{j.settings.Exclude, {""}, j.asked[id]} {
		for _, name := range names {
			h.Write([]byte(name + "\x00"))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// whole says that a scan comes by every page of the stream, so that one that it
// does not see is missing.
func (j *job) whole() bool {
	return !slices.ContainsFunc(j.sources, func(id string) bool {
		_, planned := j.scan.Parts[state.PartName(id, false)]
		return !planned
	})
}

// readScan reads what a scan has left of a data source: the live rows and the
// archived ones. Every batch says what remains after it, so that a scan that
// was killed goes on there. It answers false when the reading has to end.
func (j *job) readScan(ctx context.Context, id string, yield func(batch, error) bool) (goOn bool, err error) {
	for _, archived := range []bool{false, true} {
		name := state.PartName(id, archived)
		if j.scan.Parts[name].Done {
			continue
		}
		var left []notion.Window
		for _, w := range j.scan.Parts[name].Left {
			left = append(left, notion.Window(w))
		}
		expected := j.census(id, archived)
		q := notion.Query{DataSourceID: id, Archived: archived, Properties: j.asked[id]}
		for portion, err := range j.task.Notion.ReadAll(ctx, q, left...) {
			if err != nil {
				return true, j.while("reading all rows", id, err)
			}
			j.moveScan(name, id, portion)
			b := j.rowsOf(portion, id)
			j.setAsideUnreadable(&b, portion, id, archived)
			if err := j.lookAtNewcomers(ctx, id, &b); err != nil {
				return true, j.while("reading all rows", id, err)
			}
			b.missing = append(expected.without(portion), b.strays...)
			b.advance = j.scanEntries(id, len(b.missing) > 0)
			b.scanned = j.scanEnded
			if !yield(b, nil) {
				return false, nil
			}
		}
	}
	return true, nil
}

func (j *job) moveScan(part, dataSource string, portion *notion.Portion) {
	if _, begun := j.scan.AsOf[dataSource]; !begun {
		j.scan.AsOf[dataSource] = portion.AsOf
	}
	var left []state.Window
	for _, w := range portion.Left {
		left = append(left, state.Window(w))
	}
	j.scan.Parts[part] = state.ScanPart{Left: left, Done: len(left) == 0}
}

// scanEntries are what is to be remembered after a step of the scan. A data
// source that is read to its end gets a cursor that begins where its first
// request was, because rows edited since may have been read before their edit.
// When all are, what is missing is looked at, and the scan is over.
func (j *job) scanEntries(id string, missing bool) []state.Entry {
	var entries []state.Entry
	if partsDone(j.scan, id) {
		entries = append(entries, j.moveCursor(id, j.scan.AsOf[id]))
	}
	for _, part := range j.scan.Parts {
		if !part.Done {
			return append(entries, j.scanEntry())
		}
	}
	j.scanEnded, j.scan.Looking = true, true
	if missing || j.anythingMissing() {
		return append(entries, j.scanEntry())
	}
	return append(entries, j.endScan()...)
}

func (j *job) scanEntry() state.Entry {
	scan := *j.scan
	scan.Parts, scan.AsOf, scan.Asked = maps.Clone(scan.Parts), maps.Clone(scan.AsOf), maps.Clone(scan.Asked)
	return state.Entry{Key: state.ScanKey(j.task.Name, j.name), Value: scan}
}

// endScan says that there is nothing left to do for the scan.
func (j *job) endScan() []state.Entry {
	j.scanEnded, j.scan.Looking = true, false
	return []state.Entry{{Key: state.ScanKey(j.task.Name, j.name)}}
}
