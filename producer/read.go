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

// A row is one record to be.
type row struct {
	item item

	source string // of a page: id of the data source that lists it; "" where nobody asked
	hash   uint64 // fingerprint of what is to be published
	listed uint64 // of a page that Notion cut: fingerprint of what it showed
	open   bool   // completed while the minute of its last edit was not over
	same   bool   // Notion cut it, and shows the same as when it was completed last
}

func (r row) id() string { return r.item.ItemID() }

func (r row) pageID() state.PageID {
	id, err := state.ParsePageID(r.id())
	if err != nil { // the reader lets no other id pass
		panic(err)
	}
	return id
}

// view lets look at the memory of the stream while nothing changes it.
func (j *job) view(look func(*state.StreamMemory)) {
	j.task.Shard.View(func(m *state.Memory) { look(m.Source(j.task.Name).Stream(j.name)) })
}

// A batch is what one transaction is made of: rows, and what is true of the
// stream once they are published. A page that is read again comes in a later
// batch.
type batch struct {
	rows       []row
	deletions  []deletion
	sightings  []string       // ids of pages that are there, but of which Notion shows no more
	partial    []string       // those of them that it shows as their ids alone
	strays     []state.PageID // of pages that were listed where they may be no longer
	foreign    []state.PageID // those of them that Notion does not show in the trash
	asOf       time.Time      // Notion's clock when the reading began
	sent       time.Time      // our clock, before Notion was asked for it
	missing    []state.PageID // that a scan did not come by
	held       []state.PageID // that are to wait for a person
	refusals   []refusal      // pages that Notion refused to complete
	unreadable []unreadable   // rows that cannot be read
	freed      []state.PageID // that were stuck, and are there no more
	notes      []state.Entry  // what is to be remembered of all these
	advance    []state.Entry  // how far the reading has come
	scanned    bool           // the stream was read to its end with this batch

	// readToEnd is the data source of which everything that was edited is read
	// with this batch; "" where there is more, or in scans.
	readToEnd string
}

// read yields what there is to publish, batch by batch, each after the one
// before was committed. What goes wrong with one data source costs the others
// nothing; its cursor stays where the last commit put it.
func (j *job) read(ctx context.Context) iter.Seq2[batch, error] {
	return func(yield func(batch, error) bool) {
		goOn, failed := j.readAll(ctx, yield)
		if goOn && len(failed) == 0 && j.readsAgain() {
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

// readAll reads all parts of a job once. It answers false when the reading has to
// end, and else with what went wrong.
func (j *job) readAll(ctx context.Context, yield func(batch, error) bool) (goOn bool, failed []error) {
	for _, read := range j.reads(ctx, yield) {
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

// reads are the parts of a job, each to be tried whatever becomes of the others.
func (j *job) reads(ctx context.Context, yield func(batch, error) bool) []func() (goOn bool, err error) {
	if j.problem != nil {
		return []func() (bool, error){func() (bool, error) { return true, j.problem }}
	}
	return kindOf(j.name).reads(ctx, j, yield)
}

// readEdited reads what was edited since a data source's cursor.
func (j *job) readEdited(ctx context.Context, id string, yield func(batch, error) bool) (goOn bool, err error) {
	q := notion.Query{DataSourceID: id, EditedOnOrAfter: j.watermark(id), Properties: j.asked[id]}
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

// moveCursor is the cursor after a read whose first request began at asOf:
// that minute, less the overlap in which Notion may still be indexing. It
// never goes back.
func (j *job) moveCursor(id string, asOf time.Time) state.Entry {
	watermark := asOf.UTC().Truncate(time.Minute).Add(-j.settings.Overlap)
	if before := j.watermark(id); watermark.Before(before) {
		watermark = before
	}
	return state.Entry{Key: state.CursorKey(j.task.Name, j.name, id), Value: state.Cursor{Watermark: watermark, Asked: j.askedOf(id)}}
}

// askedOf is which properties of a data source are read. Where its schema is not
// known in this run, they are what they were.
func (j *job) askedOf(id string) (asked string) {
	if _, known := j.asked[id]; known {
		return j.askedName(id)
	}
	j.view(func(memory *state.StreamMemory) {
		cursor, read := memory.Cursors[id]
		if asked = cursor.Asked; !read {
			asked = j.askedName(id)
		}
	})
	return asked
}

// startedAs is what a job of the stream is for its triggers: every scan does what
// a sweep does, and but for sweeps every job is a run.
func (j *job) startedAs() []string {
	switch {
	case j.problem != nil: // nothing will be scanned
	case j.kind == Sweep:
		return []string{SweepJob}
	case j.kind == FullScan:
		return []string{RunJob, SweepJob}
	}
	return []string{RunJob}
}

// cameToSomething notes when this job of the stream began, now that it has ended
// well: its triggers count from there, also after a restart. What was only attempted
// is made up for by the next owner at once.
func (j *job) cameToSomething(ctx context.Context) error {
	if j.order.Confirm {
		return nil // it has looked at what was held, and read nothing
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

// rowsOf is what is to be compared of some pages that a data source lists.
func (j *job) rowsOf(portion *notion.Portion, dataSource string) batch {
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
		case page.DataSourceID != "" && !j.holds(page):
			b.strays, b.foreign = append(b.strays, one.pageID()), append(b.foreign, one.pageID())
		default:
			b.rows = append(b.rows, one)
		}
	}
	return b
}
