package producer

import (
	"context"
	"encoding/hex"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// planReads decides how the pages of a database are read, in up to two jobs. An
// unfinished scan goes on. A data source that was never read to its end is scanned; all
// of them are if the order wants a scan or a sweep is due. The others are polled: read
// from their cursors.
func (j job) planReads(db state.Database, schemas map[string]notion.DataSource) (jobs []*job) {
	j.properties, j.tried, j.schemas = map[string][]string{}, map[string]bool{}, schemas
	j.republish = j.order.Republish || j.settings.PublishAll && j.settings.FullTable
	for _, ds := range db.DataSources {
		j.sources = append(j.sources, ds.ID)
		if schema, known := schemas[ds.ID]; known {
			j.properties[ds.ID] = schema.PropertyIDs(j.settings.Exclude, j.topic.Excluded.IDs(ds.ID)...)
		}
	}
	var scan *state.Scan
	j.view(func(memory *state.StreamMemory) {
		if now := memory.Topic; now != nil {
			j.topic = *now // of the same moment as the scan, which may have ended since the topics were pinned
		}
		if memory.Scan != nil && j.topic.ID != "" && (memory.Scan.Republish || !j.order.Republish) {
			scan = j.resumed(*memory.Scan)
		}
		for id, cursor := range memory.Cursors {
			listed := slices.Contains(j.sources, id) // otherwise it is in the trash, and may come back
			if listed && (j.topic.Scanned || partsDone(scan, id)) && !j.selectionChanged(id, cursor) {
				j.readable = append(j.readable, id)
			}
		}
	})
	if j.demand.look {
		scan = &state.Scan{Run: j.runID, Looking: true}
	} else {
		scan = j.planScan(scan)
	}
	if scan != nil {
		one := j
		one.scan, one.kind = scan, control.FullScan
		if scan.Sweep {
			one.kind = control.Sweep
		}
		jobs = append(jobs, &one)
	}
	polled := len(j.readable) > 0 || len(j.sources) == 0 && j.topic.Scanned // without data sources a poll still reports what is held
	if polled && j.demand.poll {
		one := j
		one.kind, one.earlier = control.Incremental, false
		one.tried = map[string]bool{}
		jobs = append(jobs, &one)
	}
	return jobs
}

// planScan is what there is to scan: the rest of the scan under way, and the data sources
// that have to be scanned in addition; nil if there is nothing to scan.
func (j *job) planScan(scan *state.Scan) *state.Scan {
	all := j.demand.all
	j.earlier = scan != nil
	if all && j.topic.Scanned && scan != nil {
		j.republish = j.republish || scan.Republish // it was requested, and is not finished
		scan, j.earlier = nil, false                // what an earlier run read may have changed since
	}
	if scan == nil {
		scan = j.newScan(j.demand.sweep)
		j.begins = true
		all = all || j.demand.sweep
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

// newScan is a scan by this run, without parts yet.
func (j *job) newScan(sweep bool) *state.Scan {
	return &state.Scan{
		Run: j.runID, Republish: j.republish, Sweep: sweep, Bot: j.task.presentBot(),
		Parts: map[string]state.ScanPart{}, AsOf: map[string]time.Time{}, Selection: map[string]string{},
	}
}

// planPart makes a scan read a data source from its beginning.
func (j *job) planPart(scan *state.Scan, dataSource string) {
	scan.Parts[state.PartName(dataSource, false)] = state.ScanPart{}
	scan.Parts[state.PartName(dataSource, true)] = state.ScanPart{}
	delete(scan.AsOf, dataSource)
	scan.Selection[dataSource] = j.selection(dataSource)
}

// resumed is an unfinished scan to go on with. It drops data sources that are gone, and
// begins again with those whose selection of properties changed.
func (j *job) resumed(scan state.Scan) *state.Scan {
	scan.Parts, scan.AsOf, scan.Selection = cloned(scan.Parts), cloned(scan.AsOf), cloned(scan.Selection)
	maps.DeleteFunc(scan.Parts, func(part string, _ state.ScanPart) bool {
		return !slices.ContainsFunc(j.sources, func(id string) bool {
			return part == state.PartName(id, false) || part == state.PartName(id, true)
		})
	})
	for id := range j.properties {
		if before, planned := scan.Selection[id]; planned && before != j.selection(id) {
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

// partsDone reports whether a scan has read the live and the archived rows of a data
// source.
func partsDone(scan *state.Scan, id string) bool {
	return scan != nil && scan.Parts[state.PartName(id, false)].Done && scan.Parts[state.PartName(id, true)].Done
}

// selectionChanged reports whether the data source was read with other properties than
// it would be now, because the configuration or Notion changed. The data source has to be
// scanned then: a row that was read without a property may not have been edited since.
func (j *job) selectionChanged(id string, cursor state.Cursor) bool {
	_, known := j.properties[id]
	return known && cursor.Selection != j.selection(id)
}

// selection is a hash of the properties that are read of a data source, and of
// exclude_properties; "" if none is excluded.
func (j *job) selection(id string) string {
	if len(j.settings.Exclude) == 0 {
		return ""
	}
	h := fnv.New64a()
	for _, names := range [][]string{j.settings.Exclude, {""}, j.properties[id]} {
		for _, name := range names {
			h.Write([]byte(name + "\x00"))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// scansAllSources reports whether the scan reads every data source of the stream, so that a page
// that it does not find is missing.
func (j *job) scansAllSources() bool {
	return !slices.ContainsFunc(j.sources, func(id string) bool {
		_, planned := j.scan.Parts[state.PartName(id, false)]
		return !planned
	})
}

// readScan reads what remains of a data source in a scan: its live rows and its archived
// rows. Every batch says what remains after it, so a scan that was killed goes on there.
// goOn is false if the caller stopped the reading.
func (j *job) readScan(ctx context.Context, id string, yield func(batch, error) bool) (goOn bool, err error) {
	for _, archived := range []bool{false, true} {
		name := state.PartName(id, archived)
		if j.scan.Parts[name].Done {
			continue
		}
		var remaining []notion.Window
		for _, w := range j.scan.Parts[name].Remaining {
			remaining = append(remaining, notion.Window(w))
		}
		expected := j.expectedIn(id, archived)
		q := notion.Query{DataSourceID: id, Archived: archived, Properties: j.properties[id], UniqueID: j.uniqueID(id)}
		for portion, err := range j.task.Notion.ReadAll(ctx, q, remaining...) {
			if err != nil {
				return true, j.while("reading all rows", id, err)
			}
			j.moveScan(name, id, portion)
			b := j.rowsOf(portion, id)
			j.setAsideUnreadable(&b, portion, id, archived)
			if err := j.lookAtUnknown(ctx, id, &b); err != nil {
				return true, j.while("reading all rows", id, err)
			}
			b.missing = append(expected.missingIn(portion), b.strays...)
			b.advance = j.scanEntries(id, len(b.missing) > 0)
			b.scanned = j.scanEnded
			b.accepts = j.scanEnded && !j.scan.Looking && j.acceptsBot()
			if !yield(b, nil) {
				return false, nil
			}
		}
	}
	return true, nil
}

// uniqueID is the id of a data source's unique_id property, as far as this run knows it.
func (j *job) uniqueID(dataSource string) string {
	schema := j.schemas[dataSource]
	return schema.UniqueID()
}

func (j *job) moveScan(part, dataSource string, portion *notion.Chunk) {
	if _, begun := j.scan.AsOf[dataSource]; !begun {
		j.scan.AsOf[dataSource] = portion.AsOf
	}
	var remaining []state.Window
	for _, w := range portion.Left {
		remaining = append(remaining, state.Window(w))
	}
	j.scan.Parts[part] = state.ScanPart{Remaining: remaining, Done: len(remaining) == 0}
}

// scanEntries are the records to write after a step of the scan. A data source that is
// read to its end gets a cursor at the time of its first request, because rows edited
// since may have been read before their edit. When all data sources are read, the missing
// pages are looked at, and then the scan is over.
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
	scan.Parts, scan.AsOf, scan.Selection = maps.Clone(scan.Parts), maps.Clone(scan.AsOf), maps.Clone(scan.Selection)
	return state.Entry{Key: state.ScanKey(j.task.Name, j.name), Value: scan}
}

// endScan ends the scan, and returns the record that forgets it.
func (j *job) endScan() []state.Entry {
	j.scanEnded, j.scan.Looking = true, false
	return []state.Entry{{Key: state.ScanKey(j.task.Name, j.name)}}
}
