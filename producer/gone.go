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
// data source that its database no longer lists.
func (s *shard) readMissing(ctx context.Context, st *stream, yield func(batch, error) bool) (goOn bool, err error) {
	a := s.absent(st)
	hold, look := st.judge(a)
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

// judge says which pages are to be held, and which to be looked at.
func (st *stream) judge(a absent) (hold, look []state.PageID) {
	if st.order.Confirm {
		return nil, slices.Concat(a.held, a.left) // what is missing is for the scan that noticed it
	}
	n := len(a.missing) + len(a.held)
	if n > fewMissing && float64(n) > st.settings.MaxDeleteRatio*float64(a.known) {
		return slices.Concat(a.missing, a.left), nil
	}
	return a.left, slices.Concat(a.missing, a.held)
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
	found, unread := make([]*notion.Page, len(ids)), make([]error, len(ids))
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
				unread[i] = fmt.Errorf("looking at missing page %s: %w", id, err)
			default:
				return fmt.Errorf("looking at missing page %s: %w", id, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return b, err
	}
	lost := map[string]bool{} // data sources of pages that are not found
	for i, page := range found {
		if unread[i] != nil {
			st.unread = append(st.unread, unread[i])
			continue
		}
		if page != nil {
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

// add sorts a page that was read by id: it is in its place, or it is a deletion.
func (b *batch) add(st *stream, page *notion.Page) {
	switch {
	case page.Partial:
		b.partial++
		b.sightings = append(b.sightings, page.ID)
	case page.InTrash:
		b.deletions = append(b.deletions, deletion{row{page: page}, reasonTrashed})
	case !st.holds(page) && page.DatabaseID == databaseOf(st.name) && !st.order.Confirm:
		b.sightings = append(b.sightings, page.ID) // in a data source that is to be discovered yet
	case st.holds(page):
		b.rows = append(b.rows, row{page: page})
	case page.DatabaseID == databaseOf(st.name): // in a data source that is new: who knows that will read it
		b.sightings = append(b.sightings, page.ID)
	default:
		b.deletions = append(b.deletions, deletion{row{page: page}, reasonMoved})
	}
}

// holds says whether a page belongs to the stream's database.
func (st *stream) holds(page *notion.Page) bool {
	return slices.Contains(st.sources, page.DataSourceID)
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
