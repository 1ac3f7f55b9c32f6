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
	ReasonGone    = "gone"    // Notion does not find it, and shows everything around it
)

// A deletion is a page or database that is no longer where it was.
type deletion struct {
	row    row // as Notion still shows it; only the id when it is gone
	reason string
}

const (
	// lookedAtOnce is the number of missing pages that are read again for one commit.
	lookedAtOnce = 100
	// fewMissing is a number of missing pages that is never too many.
	fewMissing = 20
)

// readMissing is the end of a scan. Absence is not deletion: every missing page is read by
// its id, and the result is published. When too many are missing, they are held until a
// person confirms that they are gone. Pages of a delisted data source, one that its
// database no longer lists, are held as well unless they moved with it.
func (j *job) readMissing(ctx context.Context, yield func(batch, error) bool) (goOn bool, err error) {
	hold, look := j.holdOrLook(j.absent())
	if len(hold) > 0 && !yield(batch{held: hold}, nil) {
		return false, nil
	}
	for ids := range slices.Chunk(look, lookedAtOnce) {
		b, err := j.lookAtMissing(ctx, ids)
		if err != nil {
			return true, err
		}
		if !yield(b, nil) {
			return false, nil
		}
	}
	if j.order.Confirm {
		return yield(batch{accepts: len(j.unread) == 0}, nil), nil // this does not end a scan that is under way
	}
	return yield(batch{advance: j.endScan(), scanned: true, accepts: j.acceptsBot()}, nil), nil
}

// holdOrLook decides which absent pages to hold and which to look at. Pages of delisted
// data sources are looked at once: those that are then held wait for a person.
func (j *job) holdOrLook(a absent) (hold, look []state.PageID) {
	if j.order.Confirm {
		return nil, slices.Concat(a.held, a.delistedHeld) // the other pages are for the scan that missed them
	}
	tooMany := func(n int) bool { return n > fewMissing && float64(n) > j.settings.MaxDeleteRatio*float64(a.known) }
	n := len(a.missing) + len(a.held)
	switch {
	case tooMany(n):
		return slices.Concat(a.missing, a.delisted), nil
	case tooMany(n + len(a.delisted) + len(a.delistedHeld)):
		return a.delisted, slices.Concat(a.missing, a.held)
	}
	return nil, slices.Concat(a.missing, a.held, a.delisted)
}

// holdEntries returns the state records that hold pages until a person decides.
func (j *job) holdEntries(ids []state.PageID) (entries []state.Entry) {
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

// lookAtMissing reads pages by their ids, and judges the answers.
func (j *job) lookAtMissing(ctx context.Context, ids []state.PageID) (batch, error) {
	sent := time.Now()
	answers, err := j.readByID(ctx, "looking at page", texts(ids))
	if err != nil {
		return batch{sent: sent}, err
	}
	b, err := j.judge(ctx, ids, answers)
	b.sent = sent
	return b, err
}

// judge decides about missing pages from Notion's answers for their ids. A page that is in
// its place becomes a row. A page that is not found is deleted only while its data source
// can be read: otherwise the connection lost access. It is held where another connection
// reads the stream now than before, which may see less. With an error no page of the batch
// counts as gone, and some pages may be missing in it.
func (j *job) judge(ctx context.Context, ids []state.PageID, answers []answer) (b batch, err error) {
	delisted := j.delistedAmong(ids)
	verify := map[string]bool{} // data sources of pages that are not found: whether they have to be readable
	for i, answer := range answers {
		switch {
		case answer.err != nil && !answer.notFound(): // the page stays missing, and the others go on
			j.unread = append(j.unread, answer.err)
			continue
		case delisted[ids[i]]:
			if err := j.addDelisted(ctx, &b, ids[i], answer.page); err != nil {
				return b, err
			}
			continue
		case answer.page != nil:
			if err := j.sortByPlace(ctx, &b, answer.page); err != nil {
				return b, err
			}
			continue
		}
		if j.hasOtherBot() && !j.order.Confirm {
			b.held = append(b.held, ids[i])
			continue
		}
		for _, id := range j.mayBeIn(ids[i]) {
			verify[id] = verify[id] || !j.order.Confirm || slices.Contains(j.sources, id)
		}
		b.deletions = append(b.deletions, deletion{pageRow(&notion.Page{ID: ids[i].String()}), ReasonGone})
	}
	for id, needed := range verify {
		if !needed {
			continue
		}
		if _, err := j.task.Notion.Query(ctx, notion.Query{DataSourceID: id, PageSize: 1}); err != nil {
			return b, fmt.Errorf("reading data source %s, some of whose pages are not found, so nothing is deleted: %w", id, err)
		}
	}
	return b, nil
}

// lookAtStrays reads the batch's strays by their ids. The next scan decides about those
// that are not found, and about deletions when there are very many.
func (j *job) lookAtStrays(ctx context.Context, dataSource string, b *batch) error {
	answers, err := j.readByID(ctx, "looking at page", texts(b.strays))
	if err != nil {
		return err
	}
	var looked batch
	for _, answer := range answers {
		switch {
		case answer.err != nil && !answer.notFound():
			j.holdCursor(dataSource, answer.err)
		case answer.page != nil:
			if err := j.sortByPlace(ctx, &looked, answer.page); err != nil {
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

// lookAtUnknown reads by id the listed pages whose parent is another data source, if the
// state does not know them. Known ones are looked at when the scan ends.
func (j *job) lookAtUnknown(ctx context.Context, dataSource string, b *batch) error {
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

// texts are page ids as Notion writes them.
func texts(ids []state.PageID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}
