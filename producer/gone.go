package producer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// The values of the notion-kafka.reason header.
const (
	reasonTrashed = "trashed" // Notion shows it in the trash
	reasonMoved   = "moved"   // Notion shows it elsewhere
	reasonGone    = "gone"    // Notion shows it no more, and everything around it
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
func (s *shard) readMissing(ctx context.Context, st *stream, yield func(batch, error) bool) (goOn bool, err error) {
	hold, look := st.judge(s.absent(st))
	if len(hold) > 0 && !yield(batch{held: hold}, nil) {
		return false, nil
	}
	for ids := range slices.Chunk(look, lookedAtOnce) {
		b, err := s.look(ctx, st, ids)
		if err != nil {
			return true, err
		}
		if !yield(b, nil) {
			return false, nil
		}
	}
	if st.order.Confirm {
		return true, nil // a scan that is under way is not over with it
	}
	return yield(batch{advance: st.endScan(), scanned: true}, nil), nil
}

// judge says which pages are to be held, and which to be looked at. Those of data
// sources that are not listed are looked at once: what was held then waits.
func (st *stream) judge(a absent) (hold, look []state.PageID) {
	if st.order.Confirm {
		return nil, slices.Concat(a.held, a.leftHeld) // the rest is for the scan that noticed it
	}
	tooMany := func(n int) bool { return n > fewMissing && float64(n) > st.settings.MaxDeleteRatio*float64(a.known) }
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
func (s *shard) hold(st *stream, ids []state.PageID) (entries []state.Entry) {
	s.see(func(m *state.Memory) {
		memory := m.Source(st.src.Name).Stream(st.name)
		for _, id := range ids {
			page, known := memory.Pages[id]
			if !known || page.Marks.Has(state.Held) {
				continue
			}
			page.Marks = page.Marks&^state.Missing | state.Held
			entries = append(entries, st.pageEntry(id, state.NotedPage{Page: page, PageNote: memory.Notes[id]}))
		}
	})
	return entries
}

// look asks Notion for pages by id. One that is in its place is read as any
// other row. That one is not found counts only while its data source can be
// read: else it is access that was lost.
func (s *shard) look(ctx context.Context, st *stream, ids []state.PageID) (batch, error) {
	b := batch{sent: time.Now()}
	found, unread, err := s.ask(ctx, st, ids)
	if err != nil {
		return b, err
	}
	left := s.leftAmong(st, ids)
	lost := map[string]bool{} // data sources of pages that are not found
	for i, page := range found {
		switch {
		case unread[i] != nil:
			st.unread = append(st.unread, unread[i])
			continue
		case left[ids[i]]:
			b.addLeft(st, ids[i], page)
			continue
		case page != nil:
			b.add(st, page)
			continue
		}
		if id := s.dataSourceOf(st, ids[i]); id != "" && !st.order.Confirm || slices.Contains(st.sources, id) {
			lost[id] = true
		}
		b.deletions = append(b.deletions, deletion{row{page: &notion.Page{ID: ids[i].String()}}, reasonGone})
	}
	for id := range lost {
		if _, err := st.src.Notion.Query(ctx, notion.Query{DataSourceID: id, PageSize: 1}); err != nil {
			return b, fmt.Errorf("pages of data source %s are not found, and nor can it be read, so that nothing is deleted: %w", id, err)
		}
	}
	return b, nil
}

// lookAtStrays asks Notion for the strays among rows that were edited. Where one is
// not found, or very many are deletions, the next scan decides.
func (s *shard) lookAtStrays(ctx context.Context, st *stream, b *batch) error {
	found, unread, err := s.ask(ctx, st, b.strays)
	if err != nil {
		return err
	}
	var looked batch
	for i, page := range found {
		switch {
		case unread[i] != nil:
			st.refused = append(st.refused, unread[i])
		case page != nil:
			looked.add(st, page)
		}
	}
	b.rows = append(b.rows, looked.rows...)
	b.sightings, b.partial = append(b.sightings, looked.sightings...), b.partial+looked.partial
	if len(looked.deletions) <= fewMissing {
		b.deletions = append(b.deletions, looked.deletions...)
	}
	return nil
}

// ask retrieves pages by id: nil for one that is not found, or that could not be
// read for a reason of its own.
func (s *shard) ask(ctx context.Context, st *stream, ids []state.PageID) (found []*notion.Page, unread []error, err error) {
	found, unread = make([]*notion.Page, len(ids)), make([]error, len(ids))
	group, asking := errgroup.WithContext(ctx)
	group.SetLimit(completions)
	for i, id := range ids {
		group.Go(func() error {
			page, err := st.src.Notion.Page(asking, id.String())
			switch {
			case err == nil:
				found[i] = page
			case errors.Is(err, notion.ErrNotFound):
			case pageAlone(err): // it stays missing, and the others do not wait for it
				unread[i] = fmt.Errorf("looking at page %s: %w", id, err)
			default:
				return fmt.Errorf("looking at page %s: %w", id, err)
			}
			return nil
		})
	}
	return found, unread, group.Wait()
}

// add sorts a page that was read by id: it is in its place, or it is a deletion.
func (b *batch) add(st *stream, page *notion.Page) {
	switch {
	case page.Partial:
		b.partial++
		b.sightings = append(b.sightings, page.ID)
	case page.InTrash:
		b.deletions = append(b.deletions, deletion{row{page: page}, reasonTrashed})
	case st.holds(page):
		b.rows = append(b.rows, row{page: page})
	case page.DatabaseID == databaseOf(st.name): // in a data source that is new: who knows that will read it
		b.sightings = append(b.sightings, page.ID)
	default:
		b.deletions = append(b.deletions, deletion{row{page: page}, reasonMoved})
	}
}

// addLeft sorts a page that was in a data source which its database no longer
// lists. One that is still there, or that Notion does not show, is for a person to
// decide; a nil page was not found.
func (b *batch) addLeft(st *stream, id state.PageID, page *notion.Page) {
	shown := page != nil && !page.Partial
	stays := shown && st.among(page) && slices.Contains(st.topic.Sources, page.DataSourceID) && !st.holds(page)
	switch {
	case (stays || !shown) && !st.order.Confirm:
		b.held = append(b.held, id)
	case stays && !page.InTrash:
		b.deletions = append(b.deletions, deletion{row{page: page}, reasonMoved})
	case page == nil:
		b.deletions = append(b.deletions, deletion{row{page: &notion.Page{ID: id.String()}}, reasonGone})
	default:
		b.add(st, page)
	}
}

// holds says whether a page belongs to the stream's database, as far as its data
// sources are known.
func (st *stream) holds(page *notion.Page) bool {
	return slices.Contains(st.sources, page.DataSourceID) && st.among(page)
}

// strays says that a page does not belong where it was listed: Notion shows it in
// the trash, or elsewhere. A page under another one may be listed by a wiki.
func (st *stream) strays(page *notion.Page) bool {
	return page.InTrash || !st.among(page) || page.DataSourceID != "" && !st.holds(page)
}

// among says that Notion shows a page under no other database than the stream's.
func (st *stream) among(page *notion.Page) bool {
	return page.DatabaseID == "" || page.DatabaseID == databaseOf(st.name)
}

// dataSourceOf is the data source that a page was in; "" where that is not known.
func (s *shard) dataSourceOf(st *stream, id state.PageID) (dataSource string) {
	s.see(func(m *state.Memory) {
		at := int(m.Source(st.src.Name).Stream(st.name).Pages[id].Source)
		if at < len(st.topic.Sources) {
			dataSource = st.topic.Sources[at]
		}
	})
	return dataSource
}
