package producer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// A row is a page or database on its way to becoming a record.
type row struct {
	item item

	source string // of a page: id of the data source that lists it; "" if that was not looked up
	hash   uint64 // fingerprint of what would be published
	listed uint64 // of a page that Notion cut: fingerprint of what Notion showed
	open   bool   // completed before the minute of its last edit was over
	same   bool   // Notion cut it, and shows the same as when it was completed last
}

func (r row) id() string { return r.item.ItemID() }

func (r row) pageID() state.PageID {
	id, err := state.ParsePageID(r.id())
	if err != nil { // the reader rejects every other id
		panic(err)
	}
	return id
}

// view calls look with the stream's memory, which nothing changes meanwhile.
func (j *job) view(look func(*state.StreamMemory)) {
	j.task.Shard.View(func(m *state.Memory) { look(m.Source(j.task.Name).Stream(j.name)) })
}

// A batch is the content of one transaction: rows, and what is true of the stream once
// they are published. No page is in a batch twice: what is read of it again goes into a
// later batch.
type batch struct {
	rows       []row
	deletions  []deletion
	sightings  []string       // ids of pages that exist, but are neither published nor deleted
	partial    []string       // those of the sightings of which Notion shows only the id
	strays     []state.PageID // pages listed where they may not belong: in the trash, or in another data source
	foreign    []state.PageID // the strays that Notion does not show in the trash
	asOf       time.Time      // Notion's clock when the reading began
	sent       time.Time      // our clock before the request was sent
	missing    []state.PageID // pages that a scan did not find
	held       []state.PageID // pages that wait for a person to decide
	refusals   []refusal      // pages that Notion refused to complete
	unreadable []unreadable   // rows that cannot be read
	freed      []state.PageID // pages that were stuck and are no longer listed
	notes      []state.Entry  // what to remember of all these
	advance    []state.Entry  // how far the reading is
	scanned    bool           // with this batch the stream is read to its end
	accepts    bool           // from now on the present connection's deletes are as good as those of the one before; see otherbot.go

	// readToEnd is the data source that this batch completes: all its edited rows are
	// read. "" if there are more, and in scans.
	readToEnd string
}

// read yields what there is to publish in batches, each after the one before was
// committed. If one data source fails, the others are read all the same, and its cursor
// stays where the last commit put it.
func (j *job) read(ctx context.Context) iter.Seq2[batch, error] {
	return func(yield func(batch, error) bool) {
		goOn, failed := j.readAll(ctx, yield)
		if goOn && len(failed) == 0 && j.prepareSecondRead() {
			goOn, failed = j.readAll(ctx, yield)
		}
		if !goOn {
			return
		}
		if err := errors.Join(slices.Concat(failed, j.allRefused(), j.unread)...); err != nil {
			yield(batch{}, err)
		}
	}
}

// readAll reads all parts of a job once. goOn is false if the caller stopped the reading;
// otherwise failed is what went wrong.
func (j *job) readAll(ctx context.Context, yield func(batch, error) bool) (goOn bool, failed []error) {
	for _, read := range kindOf(j.name).reads(ctx, j, yield) {
		goOn, err := read()
		if !goOn {
			return false, nil
		}
		if err == nil {
			err = context.Cause(ctx) // the rest cannot be read
		}
		if err != nil {
			failed = append(failed, err)
		}
		if ctx.Err() != nil || errors.Is(err, notion.ErrUnauthorized) || errors.Is(err, notion.ErrBlocked) {
			break
		}
	}
	if j.scan != nil && len(failed) == 0 && (j.scan.Looking || !j.scanEnded) {
		goOn, err := j.readMissing(ctx, yield)
		if !goOn {
			return false, nil
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	return true, failed
}

// readEdited reads what was edited since a data source's cursor.
func (j *job) readEdited(ctx context.Context, id string, yield func(batch, error) bool) (goOn bool, err error) {
	q := notion.Query{DataSourceID: id, EditedOnOrAfter: j.watermark(id), Properties: j.properties[id], UniqueID: j.uniqueID(id)}
	for portion, err := range j.task.Notion.ReadAll(ctx, q) {
		if err != nil {
			return true, j.while("reading edited rows", id, err)
		}
		b := j.rowsOf(portion, id)
		j.setAsideUnreadable(&b, portion, id, false)
		if err := j.lookAtStrays(ctx, id, &b); err != nil {
			return true, j.while("reading edited rows", id, err)
		}
		if len(portion.Left) == 0 {
			b.readToEnd = id
		}
		if !yield(b, nil) {
			return false, nil
		}
	}
	return true, nil
}

func (j *job) watermark(id string) (at time.Time) {
	j.view(func(memory *state.StreamMemory) { at = memory.Cursors[id].Watermark })
	return at
}

// moveCursor is the record of the cursor after a read whose first request began at
// asOf. The cursor moves to that minute, less the overlap in which Notion may still be
// indexing. It never moves back.
func (j *job) moveCursor(id string, asOf time.Time) state.Entry {
	watermark := asOf.UTC().Truncate(time.Minute).Add(-j.settings.Overlap)
	if before := j.watermark(id); watermark.Before(before) {
		watermark = before
	}
	return state.Entry{Key: state.CursorKey(j.task.Name, j.name, id), Value: state.Cursor{Watermark: watermark, Selection: j.selectionOf(id)}}
}

// selectionOf is the selection that a data source is read with. If this run does not
// know its schema, the selection is the one of the cursor.
func (j *job) selectionOf(id string) (selection string) {
	if _, known := j.properties[id]; known {
		return j.selection(id)
	}
	j.view(func(memory *state.StreamMemory) {
		cursor, read := memory.Cursors[id]
		if selection = cursor.Selection; !read {
			selection = j.selection(id)
		}
	})
	return selection
}

// startedAs are the names under which a job counts for the stream's triggers: a scan of
// all data sources does what a sweep does, and every job except a sweep is a run.
func (j *job) startedAs() []string {
	switch {
	case j.problem != nil: // nothing will be scanned
	case j.kind == control.Sweep:
		return []string{SweepJob}
	case j.kind == control.FullScan && (j.scan == nil || j.scansAllSources()):
		return []string{RunJob, SweepJob}
	}
	return []string{RunJob}
}

// rememberStart remembers when this job of the stream began, now that it has succeeded:
// its triggers count from there, also after a restart. A job that failed is not
// remembered, so the next owner starts it at once.
func (j *job) rememberStart(ctx context.Context) error {
	if j.order.Confirm {
		return nil // the job only looked at held pages, and read nothing new
	}
	var entries []state.Entry
	for _, name := range j.startedAs() {
		entries = append(entries, state.Entry{Key: state.ScheduleKey(j.task.Name, j.name, name), Value: state.Schedule{LastStart: j.started}})
	}
	return j.task.Shard.Postpone(ctx, j.task.Name, entries...)
}

// The names of jobs in the state topic.
const (
	RunJob   = "run"
	SweepJob = "sweep"
)

func (j *job) while(doing, dataSource string, err error) error {
	return fmt.Errorf("%s of data source %s: %w", doing, dataSource, err)
}

// rowsOf sorts the pages that a data source lists into a batch: rows to compare, strays
// and sightings.
func (j *job) rowsOf(portion *notion.Chunk, dataSource string) batch {
	b := batch{asOf: portion.AsOf, sent: portion.Sent, rows: make([]row, 0, len(portion.Pages))}
	for i := range portion.Pages {
		page := &portion.Pages[i]
		if page.Partial {
			b.partial = append(b.partial, page.ID)
			b.sightings = append(b.sightings, page.ID)
			continue
		}
		switch one := (row{item: pageItem{page}, source: dataSource}); {
		case page.InTrash:
			b.strays = append(b.strays, one.pageID())
		case page.DataSourceID != "" && !j.hasDataSourceOf(page):
			b.strays, b.foreign = append(b.strays, one.pageID()), append(b.foreign, one.pageID())
		default:
			b.rows = append(b.rows, one)
		}
	}
	return b
}
