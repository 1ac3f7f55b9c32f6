package producer

import (
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// The values of the notion-kafka.op header.
const (
	opSnapshot = "snapshot"
	opCreate   = "create"
	opUpdate   = "update"
)

// A change is a row that is to be published, and what will be remembered of it.
type change struct {
	row  row
	op   string
	page state.NotedPage
}

// compare keeps the rows that the topic does not have as they are. Only the
// fingerprint decides: Notion floors edit times to the minute, so a page
// edited twice in one minute looks the same by time.
func (s *shard) compare(st *stream, b batch) []change {
	var changes []change
	at := map[state.PageID]int{} // a response may show a row twice while rows shift
	s.see(func(m *state.Memory) {
		pages := m.Source(st.src.Name).Stream(st.name).Pages
		for _, r := range b.rows {
			id := r.pageID()
			c := change{row: r, page: state.NotedPage{Page: r.remembered(st.topic.Generation), PageNote: state.PageNote{Listed: r.listed}}}
			before, known := pages[id]
			counts := known && before.Generation == c.page.Generation
			same := counts && before.Hash == c.page.Hash && before.Form == c.page.Form
			stuck := before.Marks.Has(state.Stuck)
			current := counts && !before.Marks.Has(state.Deleted)
			switch {
			case r.same, same && stuck && !st.retriesStuck():
				continue
			case same && !stuck && current && !st.republishes():
				continue
			case !st.topic.Scanned || st.republishes():
				c.op = opSnapshot
			case current:
				c.op = opUpdate
			default:
				c.op = opCreate
			}
			if i, twice := at[id]; twice {
				changes[i] = c
				continue
			}
			at[id] = len(changes)
			changes = append(changes, c)
		}
	})
	return changes
}

// retriesStuck says whether pages that could not be published are tried again:
// in every scan, and when a person asks for a run.
func (st *stream) retriesStuck() bool { return st.scan != nil || st.order.Trigger == "manual" }

// republishes says whether unchanged rows are published too.
func (st *stream) republishes() bool {
	if st.name == DatabasesStream {
		return st.order.Full && st.order.Republish
	}
	return st.scan != nil && st.scan.Republish
}

func (r row) remembered(generation int) state.Page {
	p := state.Page{Hash: r.hash, Form: notion.FingerprintForm, Generation: uint16(generation)} //nolint:gosec // one a --forget
	var created, edited time.Time
	if r.page != nil {
		created, edited = r.page.CreatedTime, r.page.LastEditedTime
		if r.page.IsArchived {
			p.Marks |= state.Archived
		}
		if r.open {
			p.Marks |= state.Open
		}
	} else {
		created, edited = r.database.CreatedTime, r.database.LastEditedTime
	}
	p.Created, p.Edited = state.Minutes(created), state.Minutes(edited)
	return p
}
