package producer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// The values of the notion-kafka.reason header.
const (
	ReasonTrashed = "trashed" // Notion shows it in the trash
	ReasonMoved   = "moved"   // Notion shows it elsewhere
	ReasonGone    = "gone"    // Notion shows it no more, and everything around it
)

// A deletion is a page or database that is where it was no longer.
type deletion struct {
	row    row // as Notion still shows it; of one that is gone only the id
	reason string
}

const (
	// lookedAtOnce is how many missing pages are looked at for one commit.
	lookedAtOnce = 100
	// fewMissing is how many missing pages are never too many.
	fewMissing = 20
)

// readMissing is the end of a scan. Absence is not deletion: every missing page
// is looked at, and what became of it is published. Where too many are missing
// they are held until a person says that they are gone; so are the pages of a
// data source that its database no longer lists, unless they moved with it.
func (j *job) readMissing(ctx context.Context, yield func(batch, error) bool) (goOn bool, err error) {
	hold, look := j.judge(j.absent())
	if len(hold) > 0 && !yield(batch{held: hold}, nil) {
		return false, nil
	}
	for ids := range slices.Chunk(look, lookedAtOnce) {
		b, err := j.look(ctx, ids)
		if err != nil {
			return true, err
		}
		if !yield(b, nil) {
			return false, nil
		}
	}
	if j.order.Confirm {
		return true, nil // a scan that is under way is not over with it
	}
	return yield(batch{advance: j.endScan(), scanned: true}, nil), nil
}

// judge says which pages are to be held, and which to be looked at. Those of data
// sources that are not listed are looked at once: what was held then waits.
func (j *job) judge(a absent) (hold, look []state.PageID) {
	if j.order.Confirm {
		return nil, slices.Concat(a.held, a.leftHeld) // the rest is for the scan that noticed it
	}
	tooMany := func(n int) bool { return n > fewMissing && float64(n) > j.settings.MaxDeleteRatio*float64(a.known) }
	n := len(a.missing) + len(a.held)
	switch {
	case tooMany(n):
		return slices.Concat(a.missing, a.left), nil
	case tooMany(n + len(a.left) + len(a.leftHeld)):
		return a.left, slices.Concat(a.missing, a.held)
	}
	return nil, slices.Concat(a.missing, a.held, a.left)
}

// hold is the records that hold pages until a person decides.
func (j *job) hold(ids []state.PageID) (entries []state.Entry) {
	j.view(func(memory *state.StreamMemory) {
		for _, id := range ids {
			page, known := memory.Pages[id]
			if !known || page.Marks.Has(state.Held) {
				continue
			}
			page.Marks = page.Marks&^state.Missing | state.Held
			entries = append(entries, j.pageEntry(id, state.NotedPage{Page: page, PageNote: memory.Notes[id]}))
		}
	})
	return entries
}

// look asks Notion for pages by id. One that is in its place is read as any
// other row. That one is not found counts only while its data source can be
// read: else it is access that was lost.
func (j *job) look(ctx context.Context, ids []state.PageID) (batch, error) {
	b := batch{sent: time.Now()}
	answers, err := j.readByID(ctx, "looking at page", texts(ids))
	if err != nil {
		return b, err
	}
	left := j.leftAmong(ids)
	lost := map[string]bool{} // data sources of pages that are not found
	for i, answer := range answers {
		switch {
		case answer.err != nil && !answer.notFound(): // it stays missing, and the others do not wait for it
			j.unread = append(j.unread, answer.err)
			continue
		case left[ids[i]]:
			if err := j.addDelisted(ctx, &b, ids[i], answer.page); err != nil {
				return b, err
			}
			continue
		case answer.page != nil:
			if err := j.add(ctx, &b, answer.page); err != nil {
				return b, err
			}
			continue
		}
		for _, id := range j.mayBeIn(ids[i]) {
			lost[id] = lost[id] || !j.order.Confirm || slices.Contains(j.sources, id)
		}
		b.deletions = append(b.deletions, deletion{pageRow(&notion.Page{ID: ids[i].String()}), ReasonGone})
	}
	for id, asked := range lost {
		if !asked {
			continue
		}
		if _, err := j.task.Notion.Query(ctx, notion.Query{DataSourceID: id, PageSize: 1}); err != nil {
			return b, fmt.Errorf("pages of data source %s are not found, and nor can it be read, so that nothing is deleted: %w", id, err)
		}
	}
	return b, nil
}

// lookAtStrays asks Notion for the strays among rows that were edited. Where one is
// not found, or very many are deletions, the next scan decides.
func (j *job) lookAtStrays(ctx context.Context, dataSource string, b *batch) error {
	answers, err := j.readByID(ctx, "looking at page", texts(b.strays))
	if err != nil {
		return err
	}
	var looked batch
	for _, answer := range answers {
		switch {
		case answer.err != nil && !answer.notFound():
			j.refuses(dataSource, answer.err)
		case answer.page != nil:
			if err := j.add(ctx, &looked, answer.page); err != nil {
				return err
			}
		}
	}
	b.rows = append(b.rows, looked.rows...)
	b.sightings, b.partial = append(b.sightings, looked.sightings...), append(b.partial, looked.partial...)
	if len(looked.deletions) <= fewMissing {
		b.deletions = append(b.deletions, looked.deletions...)
	}
	return nil
}

// lookAtNewcomers asks Notion for the pages that a scan lists, that say they are in
// another data source, and that are not known. Of the known ones the end of the
// scan finds out.
func (j *job) lookAtNewcomers(ctx context.Context, dataSource string, b *batch) error {
	strays := b.strays
	b.strays = nil
	j.view(func(memory *state.StreamMemory) {
		for _, id := range b.foreign {
			if _, known := memory.Pages[id]; !known {
				b.strays = append(b.strays, id)
			}
		}
	})
	err := j.lookAtStrays(ctx, dataSource, b)
	b.strays = strays
	return err
}

// texts are the ids of pages as Notion writes them.
func texts(ids []state.PageID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}
