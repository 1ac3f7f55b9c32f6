package producer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// A row is one record to be: a page or a database.
type row struct {
	page     *notion.Page
	database *notion.Database

	hash   uint64 // fingerprint of what is to be published
	listed uint64 // of a page that Notion cut: fingerprint of what it showed
	open   bool   // completed while the minute of its last edit was not over
	same   bool   // Notion cut it, and shows the same as when it was completed last
}

func (r row) pageID() state.PageID {
	id, err := state.ParsePageID(r.id())
	if err != nil { // the reader lets no other id pass
		panic(err)
	}
	return id
}

func (r row) id() string {
	if r.page != nil {
		return r.page.ID
	}
	return r.database.ID
}

// A batch is what one transaction is made of: rows, and what is true of the
// stream once they are published. A page that is read again comes in a later
// batch.
type batch struct {
	rows    []row
	partial int           // pages of which Notion shows no more than the id
	asOf    time.Time     // Notion's clock when the reading began
	notes   []state.Entry // of pages that could not be completed
	advance []state.Entry // how far the reading has come
	scanned bool          // the stream's scan is complete with this batch

	// readToEnd is the data source of which everything that was edited is read
	// with this batch; "" where there is more, or in scans.
	readToEnd string
}

// read yields what there is to publish, batch by batch, each after the one
// before was committed. What goes wrong with one data source costs the others
// nothing; its cursor stays where the last commit put it.
func (s *shard) read(ctx context.Context, st *stream) iter.Seq2[batch, error] {
	return func(yield func(batch, error) bool) {
		switch {
		case st.problem != nil:
			yield(batch{}, st.problem)
			return
		case st.name == DatabasesStream:
			yield(st.readDatabases(), nil)
			return
		}
		var failed []error
		reads := []func() (bool, error){func() (bool, error) { return s.readStuck(ctx, st, yield) }}
		for _, id := range st.sources {
			if st.scans(id) {
				reads = append(reads, func() (bool, error) { return st.readScan(ctx, id, yield) })
			} else {
				reads = append(reads, func() (bool, error) { return st.readEdited(ctx, id, yield) })
			}
		}
		for _, read := range reads {
			goOn, err := read()
			if !goOn {
				return
			}
			if err != nil {
				failed = append(failed, err)
			}
			if ctx.Err() != nil || errors.Is(err, notion.ErrUnauthorized) || errors.Is(err, notion.ErrBlocked) {
				break
			}
		}
		if len(failed) == 0 && st.scan != nil && !st.scanEnded && !yield(batch{advance: st.endScan(), scanned: true}, nil) {
			return
		}
		if err := errors.Join(append(failed, st.refused...)...); err != nil {
			yield(batch{}, err)
		}
	}
}

// readStuck reads pages that could not be published by their ids: they may not
// have been edited since. What is gone or moved is left as it is.
func (s *shard) readStuck(ctx context.Context, st *stream, yield func(batch, error) bool) (goOn bool, err error) {
	for _, id := range s.retried(st) {
		page, err := st.src.Notion.Page(ctx, id)
		switch {
		case errors.Is(err, notion.ErrNotFound):
			continue
		case err != nil:
			return true, fmt.Errorf("reading stuck page %s: %w", id, err)
		case page.Partial || page.InTrash || !slices.Contains(st.sources, page.DataSourceID):
			continue
		}
		if !yield(batch{rows: []row{{page: page}}}, nil) {
			return false, nil
		}
	}
	return true, nil
}

// retried are the stuck pages to be read by id: those that Notion may yet
// complete, and all of them when a person asks for a run. A scan comes by them
// anyway.
func (s *shard) retried(st *stream) (ids []string) {
	if st.scan != nil {
		return nil
	}
	s.see(func(m *state.Memory) {
		for id, note := range m.Source(st.src.Name).Stream(st.name).Notes {
			if note.Stuck != "" && (st.retriesStuck() || note.Tries > 0 && note.Tries < lastTry) {
				ids = append(ids, id.String())
			}
		}
	})
	slices.Sort(ids)
	return ids
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

// readEdited reads what was edited since a data source's cursor.
func (st *stream) readEdited(ctx context.Context, id string, yield func(batch, error) bool) (goOn bool, err error) {
	q := notion.Query{DataSourceID: id, EditedOnOrAfter: st.cursors[id].Watermark, Properties: st.asked[id]}
	for portion, err := range st.src.Notion.ReadAll(ctx, q) {
		if err != nil {
			return true, st.while("reading edited rows", id, err)
		}
		b := st.rowsOf(portion)
		if len(portion.Left) == 0 {
			b.readToEnd = id
		}
		if !yield(b, nil) {
			return false, nil
		}
	}
	return true, nil
}

// moveCursor is the cursor after a read whose first request began at asOf:
// that minute, less the overlap in which Notion may still be indexing. It
// never goes back.
func (st *stream) moveCursor(id string, asOf time.Time) state.Entry {
	watermark := asOf.UTC().Truncate(time.Minute).Add(-st.settings.Overlap)
	if before := st.cursors[id].Watermark; watermark.Before(before) {
		watermark = before
	}
	st.cursors[id] = state.Cursor{Watermark: watermark, Asked: st.askedName(id)}
	return state.Entry{Key: state.CursorKey(st.src.Name, st.name, id), Value: st.cursors[id]}
}

// startedEntry notes when this run of the stream began: its trigger counts from
// there, also after a restart.
func (st *stream) startedEntry() state.Entry {
	return state.Entry{Key: state.ScheduleKey(st.src.Name, st.name, "run"), Value: state.Schedule{LastStart: st.started}}
}

func (st *stream) while(doing, dataSource string, err error) error {
	return fmt.Errorf("%s of data source %s: %w", doing, dataSource, err)
}

// rowsOf is what is to be compared of some pages.
func (st *stream) rowsOf(portion *notion.Portion) batch {
	b := batch{asOf: portion.AsOf, rows: make([]row, 0, len(portion.Pages))}
	for i := range portion.Pages {
		page := &portion.Pages[i]
		if page.Partial {
			b.partial++
			continue
		}
		b.rows = append(b.rows, row{page: page})
	}
	return b
}
