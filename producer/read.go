package producer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// A row is one record to be: a page or a database.
type row struct {
	page     *notion.Page
	database *notion.Database
}

func (r row) id() string {
	if r.page != nil {
		return r.page.ID
	}
	return r.database.ID
}

// A batch is what one transaction is made of: rows in the order they were
// read, and what is true of the stream once they are published.
type batch struct {
	rows    []row
	partial int           // pages of which Notion shows no more than the id
	advance []state.Entry // how far the reading has come
	scanned bool          // the stream's first scan is complete with this batch
}

// read yields what there is to publish, batch by batch, each after the one
// before was committed. An error ends it with the cursor where the last commit
// put it.
func (s *shard) read(ctx context.Context, st *stream) iter.Seq2[batch, error] {
	return func(yield func(batch, error) bool) {
		if st.problem != nil {
			yield(batch{}, st.problem)
			return
		}
		if st.name == DatabasesStream {
			yield(st.readDatabases(), nil)
			return
		}
		if st.scan != nil && !st.readScan(ctx, yield) {
			return
		}
		if st.scan == nil && st.retriesStuck() && !s.readStuck(ctx, st, yield) {
			return
		}
		for _, id := range st.sources {
			if cursor, ok := st.cursors[id]; ok && !st.scans(id) && !st.readEdited(ctx, id, cursor, yield) {
				return
			}
		}
	}
}

// readStuck reads the pages that could not be published by their ids: they may
// not have been edited since. What is gone or moved is left as it is.
func (s *shard) readStuck(ctx context.Context, st *stream, yield func(batch, error) bool) bool {
	var ids []string
	s.see(func(m *state.Memory) {
		for id := range m.Source(st.src.Name).Stream(st.name).Stuck {
			ids = append(ids, id.String())
		}
	})
	slices.Sort(ids)
	for _, id := range ids {
		page, err := st.src.Notion.Page(ctx, id)
		switch {
		case errors.Is(err, notion.ErrNotFound):
			continue
		case err != nil:
			yield(batch{}, fmt.Errorf("reading stuck page %s: %w", id, err))
			return false
		case page.Partial || page.InTrash || !slices.Contains(st.sources, page.DataSourceID):
			continue
		}
		if !yield(batch{rows: []row{{page: page}}}, nil) {
			return false
		}
	}
	return true
}

// readDatabases is the databases stream: what discovery retrieved.
func (st *stream) readDatabases() batch {
	b := batch{advance: st.advance, scanned: true}
	for _, db := range st.databases {
		b.rows = append(b.rows, row{database: db})
	}
	if len(b.advance) > 0 {
		b.advance = append(b.advance, st.startedEntry())
	}
	return b
}

// readScan reads the scan's data sources in ascending created_time, which
// never changes, live rows and archived rows. Every batch moves the part's
// lower bound to the minute of its last row, so that a scan that was killed
// goes on there. It answers false when the reading has to end.
func (st *stream) readScan(ctx context.Context, yield func(batch, error) bool) bool {
	for _, id := range st.sources {
		for _, archived := range []bool{false, true} {
			name := state.PartName(id, archived)
			if part, ok := st.scan.Parts[name]; !ok || part.Done {
				continue
			}
			q := notion.Query{DataSourceID: id, Archived: archived, CreatedOnOrAfter: st.scan.Parts[name].From}
			for list, err := range st.src.Notion.QueryAll(ctx, q) {
				if err != nil {
					yield(batch{}, st.while("reading all rows", id, err))
					return false
				}
				b := rowsOf(list)
				st.moveScan(name, id, list)
				b.advance = []state.Entry{{Key: state.ScanKey(st.src.Name, st.name), Value: st.scanCopy()}}
				if !yield(b, nil) {
					return false
				}
			}
		}
	}
	return yield(st.endScan(), nil)
}

func (st *stream) moveScan(name, dataSource string, list *notion.PageList) {
	part := st.scan.Parts[name]
	if n := len(list.Pages); n > 0 && !list.Pages[n-1].CreatedTime.IsZero() {
		part.From = list.Pages[n-1].CreatedTime.Truncate(time.Minute)
	}
	part.Done = !list.HasMore
	st.scan.Parts[name] = part
	if _, begun := st.scan.AsOf[dataSource]; !begun {
		st.scan.AsOf[dataSource] = list.AsOf
	}
}

func (st *stream) scanCopy() state.Scan {
	scan := *st.scan
	scan.Parts, scan.AsOf = maps.Clone(scan.Parts), maps.Clone(scan.AsOf)
	return scan
}

// endScan is the batch that says that a scan is complete: cursors begin where
// the scan's first request was, because rows edited since may have been read
// before their edit.
func (st *stream) endScan() batch {
	b := batch{scanned: true, advance: []state.Entry{{Key: state.ScanKey(st.src.Name, st.name)}, st.startedEntry()}}
	for id, asOf := range st.scan.AsOf {
		b.advance = append(b.advance, st.moveCursor(id, asOf))
	}
	return b
}

// readEdited reads what was edited since a data source's cursor. It asks in
// ascending created_time, so that edits made meanwhile only add rows behind.
func (st *stream) readEdited(ctx context.Context, id string, cursor state.Cursor, yield func(batch, error) bool) bool {
	var asOf time.Time
	q := notion.Query{DataSourceID: id, EditedOnOrAfter: cursor.Watermark}
	for list, err := range st.src.Notion.QueryAll(ctx, q) {
		if err != nil {
			yield(batch{}, st.while("reading edited rows", id, err))
			return false
		}
		if asOf.IsZero() {
			asOf = list.AsOf
		}
		b := rowsOf(list)
		if !list.HasMore {
			b.advance = []state.Entry{st.moveCursor(id, asOf), st.startedEntry()}
		}
		if !yield(b, nil) {
			return false
		}
	}
	return true
}

// moveCursor is the cursor after a read whose first request began at asOf:
// that minute, less the overlap in which Notion may still be indexing. It
// never goes back.
func (st *stream) moveCursor(id string, asOf time.Time) state.Entry {
	watermark := asOf.UTC().Truncate(time.Minute).Add(-st.settings.Overlap)
	if before := st.cursors[id].Watermark; watermark.Before(before) {
		watermark = before
	}
	st.cursors[id] = state.Cursor{Watermark: watermark}
	return state.Entry{Key: state.CursorKey(st.src.Name, st.name, id), Value: st.cursors[id]}
}

// startedEntry notes when this run of the stream began: its trigger counts from
// there, also after a restart.
func (st *stream) startedEntry() state.Entry {
	return state.Entry{Key: state.ScheduleKey(st.src.Name, st.name, "run"), Value: state.Schedule{LastStart: st.started}}
}

func (st *stream) scans(dataSource string) bool {
	if st.scan == nil {
		return false
	}
	_, ok := st.scan.Parts[state.PartName(dataSource, false)]
	return ok
}

func (st *stream) while(doing, dataSource string, err error) error {
	return fmt.Errorf("%s of data source %s: %w", doing, dataSource, err)
}

func rowsOf(list *notion.PageList) batch {
	var b batch
	for i := range list.Pages {
		if list.Pages[i].Partial {
			b.partial++
			continue
		}
		b.rows = append(b.rows, row{page: &list.Pages[i]})
	}
	return b
}
