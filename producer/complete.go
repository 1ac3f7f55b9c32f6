package producer

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

const (
	// completions is how many pages are completed at a time.
	completions = 8
	// lastTry is the number of runs in which Notion must refuse to complete a page before
	// the cursor passes it.
	lastTry = 3
)

// complete prepares a batch's rows for publishing: it removes excluded properties, reads
// what Notion cut, and takes fingerprints. A page that Notion refuses to complete moves
// to the batch's refusals.
func (j *job) complete(ctx context.Context, b *batch) error {
	if err := j.completeDeletions(ctx, b.deletions); err != nil {
		return err
	}
	if err := j.fingerprint(b.rows); err != nil {
		return err
	}
	return j.completeCut(ctx, b)
}

// addNotes adds the state records of a batch's pages that are not published, and moves
// the cursor unless a refused page holds it back. The caller holds the commit lock, so
// that nothing newer is overwritten.
func (j *job) addNotes(ctx context.Context, b *batch) {
	b.notes = slices.Concat(j.markMissing(*b), j.holdEntries(b.held), j.free(b.freed))
	for _, r := range b.refusals {
		b.notes = append(b.notes, j.noteRefusal(ctx, r))
	}
	for _, bad := range b.unreadable {
		if entry, changed := j.stickUnreadable(*b, bad); changed {
			j.task.Shard.Log.WarnContext(ctx, "a page is set aside as stuck", "source", j.task.Name, "stream", j.name, "page", bad.ID, "error", bad.Err)
			b.notes = append(b.notes, entry)
		}
	}
	if b.readToEnd != "" && len(j.refused[b.readToEnd])+len(j.refused[""]) == 0 {
		b.advance = append(b.advance, j.moveCursor(b.readToEnd, b.asOf))
	}
}

// completeDeletions completes deleted pages for their soft records. A property that
// Notion refuses to complete stays as it was shown: a deletion has no second try.
func (j *job) completeDeletions(ctx context.Context, deletions []deletion) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(completions)
	for _, d := range deletions {
		if d.row.page() == nil {
			continue
		}
		j.exclude(d.row)
		if !j.showsDeleted(d.reason) {
			continue
		}
		guarded(group, func() error {
			if err := j.task.Notion.Complete(groupCtx, d.row.page()); err != nil && !pageAlone(err) {
				return fmt.Errorf("completing page %s, which is in the trash: %w", d.row.id(), err)
			}
			return nil
		})
	}
	return group.Wait()
}

// fingerprint takes the fingerprints of rows as they were listed, on every processor.
func (j *job) fingerprint(rows []row) error {
	var group errgroup.Group
	for part := range slices.Chunk(rows, len(rows)/runtime.GOMAXPROCS(0)+1) {
		guarded(&group, func() error {
			for i := range part {
				if part[i].page() != nil {
					j.exclude(part[i])
				}
				part[i].hash = j.task.env.Form.Of(part[i].item)
			}
			return nil
		})
	}
	return group.Wait()
}

// completeCut requests what Notion left out of the rows that it cut. It skips a row that
// shows the same as when it was completed last, unless the rest may have changed without
// a new edit time: in scans, and when that completion came within the minute of the last
// edit.
func (j *job) completeCut(ctx context.Context, b *batch) error {
	b.rows = slices.DeleteFunc(b.rows, func(r row) bool { return j.tried[r.id()] })
	refused := make([]error, len(b.rows))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(completions)
	for i := range b.rows {
		r := &b.rows[i]
		page := r.page()
		if page == nil || len(page.Cut) == 0 {
			continue
		}
		r.listed = r.hash
		if r.same = j.completedAlready(r); r.same {
			continue
		}
		r.open = b.asOf.Before(page.LastEditedTime.Add(time.Minute + j.settings.Overlap))
		guarded(group, func() error {
			err := j.completePage(groupCtx, page)
			if err != nil && !pageAlone(err) && !errors.Is(err, errGone) {
				return fmt.Errorf("completing page %s: %w", page.ID, err)
			}
			refused[i], r.hash = err, j.task.env.Form.Of(r.item)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	var whole []row
	for i, r := range b.rows {
		switch {
		case refused[i] == nil:
			whole = append(whole, r)
		case !errors.Is(refused[i], errGone):
			b.refusals = append(b.refusals, refusal{r, refused[i]})
		}
	}
	b.rows = whole
	return nil
}

// A refusal is a page that Notion refused to complete, and why.
type refusal struct {
	row    row
	reason error
}

// errGone reports that a page left its database after it was listed.
var errGone = errors.New("gone since it was listed")

// completePage completes a page. "Not found" does not prove that the page is gone, so
// the page itself is then read. It is gone only when Notion shows it elsewhere or in the
// trash. A page that is listed and not found counts as refused, so a later run tries it
// again.
func (j *job) completePage(ctx context.Context, page *notion.Page) error {
	err := j.task.Notion.Complete(ctx, page)
	if !errors.Is(err, notion.ErrNotFound) {
		return err
	}
	now, looked := j.task.Notion.Page(ctx, page.ID)
	switch {
	case errors.Is(looked, notion.ErrNotFound):
		return fmt.Errorf("its data source lists it, but it is not found: %w", err)
	case looked != nil:
		return looked
	case now.InTrash:
		return errGone
	case now.Partial || j.hasDataSourceOf(now):
		return err
	}
	_, is, looked := j.placeOf(ctx, now)
	switch {
	case looked != nil:
		return looked
	case !is:
		return errGone
	}
	return err
}

// pageAlone reports that an error is about one page, so that the next page may succeed.
func pageAlone(err error) bool {
	for _, kind := range []error{notion.ErrNotFound, notion.ErrForbidden, notion.ErrInvalidRequest, notion.ErrMalformed, notion.ErrIncomplete} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// completedAlready reports that a cut page shows the same as when it was completed, or as
// when it was refused for the last time.
func (j *job) completedAlready(r *row) (same bool) {
	id := r.pageID()
	j.view(func(memory *state.StreamMemory) {
		page, note := memory.Pages[id], memory.Notes[id]
		switch {
		case note.Listed != r.listed || page.Form != j.task.env.Form.Version || int(page.Generation) != j.topic.Generation:
		case note.Stuck != "":
			same = note.Tries >= lastTry && !j.retriesStuck()
		default:
			same = j.scan == nil && !page.Marks.Has(state.Open) && !page.Marks.Has(state.Unpublished)
		}
	})
	return same
}

// noteRefusal is the state record of a page that Notion refused to complete. The topic
// keeps the version that it has.
func (j *job) noteRefusal(ctx context.Context, refused refusal) state.Entry {
	r := refused.row
	j.tried[r.id()] = true
	id, noted := r.pageID(), state.NotedPage{}
	j.view(func(memory *state.StreamMemory) {
		before, known := memory.Pages[id]
		if noted.Page = before; !known {
			noted.Page = j.remembered(r)
			noted.Hash, noted.Marks = 0, noted.Marks|state.Unpublished
		}
		note := memory.Notes[id]
		noted.Tries, noted.Parent = note.Tries+1, note.Parent
		if r.source != "" {
			noted.Source, noted.Parent = j.topic.SourceIndex(r.source), ParentOf(r.page())
		}
	})
	noted.Marks &^= state.Missing | state.Held
	noted.Listed, noted.Stuck = r.listed, refused.reason.Error()
	noted.Marks |= state.Stuck
	if noted.Tries < lastTry {
		j.holdCursor(r.listedIn(), fmt.Errorf("page %s could not be completed, it is tried again in the next run: %w", r.id(), refused.reason))
	} else {
		j.task.Shard.Log.WarnContext(ctx, "a page is set aside as stuck", "source", j.task.Name, "stream", j.name, "page", r.id(), "error", refused.reason)
	}
	return state.Entry{Key: state.PageKey(j.task.Name, j.name, r.id()), Value: noted}
}
