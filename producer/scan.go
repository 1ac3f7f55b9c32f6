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

// planReads decides how the pages of a database are read: an unfinished scan
// goes on; a data source that was never read to its end, or all of them where
// a scan is asked for, are scanned; the others are read from their cursor.
func (s *shard) planReads(st *stream, db state.Database, schemas map[string]notion.DataSource) {
	st.cursors, st.asked, st.tried = map[string]state.Cursor{}, map[string][]string{}, map[string]bool{}
	for _, ds := range db.DataSources {
		st.sources = append(st.sources, ds.ID)
		if schema, known := schemas[ds.ID]; known {
			st.asked[ds.ID] = schema.PropertyIDs(st.settings.Exclude)
		}
	}
	all := st.order.Full || st.settings.FullTable
	s.see(func(m *state.Memory) {
		memory := m.Source(st.src.Name).Stream(st.name)
		if memory.Scan != nil && st.topic.ID != "" && (memory.Scan.Republish || !st.order.Republish) {
			st.scan, all = resumed(*memory.Scan, st.sources), false
		}
		for id, cursor := range memory.Cursors {
			if st.topic.Scanned || st.scan != nil && partsDone(st.scan, id) {
				st.cursors[id] = cursor
			}
		}
	})
	scan := st.scan
	if scan == nil {
		scan = &state.Scan{Run: st.runID, Republish: st.order.Republish, Parts: map[string]state.ScanPart{}, AsOf: map[string]time.Time{}}
	}
	for _, id := range st.sources {
		_, planned := scan.Parts[state.PartName(id, false)]
		cursor, read := st.cursors[id]
		if !planned && (!read || all || st.asksDifferently(id, cursor)) {
			scan.Parts[state.PartName(id, false)] = state.ScanPart{}
			scan.Parts[state.PartName(id, true)] = state.ScanPart{}
			delete(scan.AsOf, id)
		}
	}
	if len(scan.Parts) > 0 || !st.topic.Scanned {
		st.scan = scan
	}
}

// resumed is a scan that goes on, without the data sources that are gone.
func resumed(scan state.Scan, sources []string) *state.Scan {
	scan.Parts, scan.AsOf = maps.Clone(scan.Parts), maps.Clone(scan.AsOf)
	maps.DeleteFunc(scan.Parts, func(part string, _ state.ScanPart) bool {
		return !slices.ContainsFunc(sources, func(id string) bool {
			return part == state.PartName(id, false) || part == state.PartName(id, true)
		})
	})
	if scan.AsOf == nil {
		scan.AsOf = map[string]time.Time{}
	}
	return &scan
}

// partsDone says that a scan has read the live and the archived rows of a data
// source.
func partsDone(scan *state.Scan, id string) bool {
	return scan.Parts[state.PartName(id, false)].Done && scan.Parts[state.PartName(id, true)].Done
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

// scans says whether a data source has something to scan.
func (st *stream) scans(id string) bool {
	if st.scan == nil {
		return false
	}
	_, planned := st.scan.Parts[state.PartName(id, false)]
	return planned && !partsDone(st.scan, id)
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
		q := notion.Query{DataSourceID: id, Archived: archived, Properties: st.asked[id]}
		for portion, err := range st.src.Notion.ReadAll(ctx, q, left...) {
			if err != nil {
				return true, st.while("reading all rows", id, err)
			}
			b := st.rowsOf(portion)
			st.moveScan(name, id, portion)
			b.advance = st.scanEntries(id)
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
// With the last one the scan is over.
func (st *stream) scanEntries(id string) []state.Entry {
	var entries []state.Entry
	if partsDone(st.scan, id) {
		entries = append(entries, st.moveCursor(id, st.scan.AsOf[id]))
	}
	for _, part := range st.scan.Parts {
		if !part.Done {
			scan := *st.scan
			scan.Parts, scan.AsOf = maps.Clone(scan.Parts), maps.Clone(scan.AsOf)
			return append(entries, state.Entry{Key: state.ScanKey(st.src.Name, st.name), Value: scan})
		}
	}
	return append(entries, st.endScan()...)
}

// endScan says that everything there was to scan has been read.
func (st *stream) endScan() []state.Entry {
	st.scanEnded = true
	return []state.Entry{{Key: state.ScanKey(st.src.Name, st.name)}, st.startedEntry()}
}
