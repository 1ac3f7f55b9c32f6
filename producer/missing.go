package producer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// expectedPages is the census of a pass of a scan: the known pages of a data source, live
// or archived. The scan notices absent pages by it, and looks at them when it ends.
type expectedPages struct {
	expected []expectedPage // by created minute
	seen     map[state.PageID]uint32
}

// An expectedPage is a known page and the minute it was created in.
type expectedPage struct {
	id      state.PageID
	created uint32
}

// expectedIn lists the known pages of a data source. Only a scan of all of a stream's data
// sources can miss pages: a page may have moved between them. Pages whose data source an
// earlier version did not note are expected in the last pass: by then, every pass that
// listed one has noted its data source.
func (j *job) expectedIn(dataSource string, archived bool) *expectedPages {
	c := &expectedPages{seen: map[state.PageID]uint32{}}
	if !j.scansAllSources() {
		return c
	}
	source, last := j.topic.SourceIndex(dataSource), j.lastPart(dataSource, archived)
	j.view(func(memory *state.StreamMemory) {
		for id, page := range memory.Pages {
			due := page.Source == source && page.Marks.Has(state.Archived) == archived
			if due = due || last && page.Source == state.NoSource; due && page.Expected() {
				c.expected = append(c.expected, expectedPage{id, page.Created})
			}
		}
	})
	slices.SortFunc(c.expected, func(a, b expectedPage) int { return cmp.Compare(a.created, b.created) })
	return c
}

// lastPart reports that one pass over a data source is all that remains of a scan.
func (j *job) lastPart(dataSource string, archived bool) bool {
	for name, part := range j.scan.Parts {
		if !part.Done && name != state.PartName(dataSource, archived) {
			return false
		}
	}
	return true
}

// missingIn lists the expected pages that are absent from the spans completed by a
// portion. Rows of unfinished spans stay in seen; rows without a created time stay until
// the pass ends, because their span is unknown.
func (c *expectedPages) missingIn(portion *notion.Chunk) (missing []state.PageID) {
	for i := range portion.Pages {
		page := &portion.Pages[i]
		if id, err := state.ParsePageID(page.ID); err == nil {
			c.seen[id] = state.Minutes(page.CreatedTime) // 0 for a partial one
		}
	}
	for _, bad := range portion.Unreadable {
		if id, err := state.ParsePageID(bad.ID); err == nil {
			c.seen[id] = state.Minutes(bad.CreatedTime) // 0 when it is unknown
		}
	}
	for _, span := range portion.Read {
		from, to := minutesOf(span)
		at, _ := slices.BinarySearchFunc(c.expected, from, func(r expectedPage, from uint32) int { return cmp.Compare(r.created, from) })
		for ; at < len(c.expected) && c.expected[at].created < to; at++ {
			if _, seen := c.seen[c.expected[at].id]; !seen {
				missing = append(missing, c.expected[at].id)
			}
		}
	}
	for id, created := range c.seen {
		if created > 0 && slices.ContainsFunc(portion.Read, func(span notion.Window) bool {
			from, to := minutesOf(span)
			return from <= created && created < to
		}) {
			delete(c.seen, id)
		}
	}
	return missing
}

func minutesOf(span notion.Window) (from, to uint32) {
	from, to = state.Minutes(span.From), 1<<32-1
	if !span.To.IsZero() {
		to = state.Minutes(span.To)
	}
	return from, to
}

// markMissing returns the state records that mark pages as missing.
func (j *job) markMissing(b batch) (entries []state.Entry) {
	j.view(func(memory *state.StreamMemory) {
		for _, id := range b.missing {
			page, known := memory.Pages[id]
			seenSince := j.outdated(b, id)
			if known && page.Expected() && !seenSince && page.Marks&(state.Missing|state.Held) == 0 {
				page.Marks |= state.Missing
				entries = append(entries, j.pageEntry(id, state.NotedPage{Page: page, PageNote: memory.Notes[id]}))
			}
		}
	})
	return entries
}

func (j *job) pageEntry(id state.PageID, page state.NotedPage) state.Entry {
	return state.Entry{Key: state.PageKey(j.task.Name, j.name, id.String()), Value: page}
}

// absent are the pages of a stream that are no longer where they were.
type absent struct {
	known   int            // pages that the topic has
	missing []state.PageID // that the last scan did not find
	held    []state.PageID // that were too many, and wait for a person

	delisted     []state.PageID // of data sources that the database no longer lists
	delistedHeld []state.PageID // those of them that wait for a person
}

func (j *job) absent() (a absent) {
	j.view(func(memory *state.StreamMemory) {
		for id, page := range memory.Pages {
			if !page.Expected() {
				continue
			}
			a.known++
			switch {
			case j.isDelisted(page.Source) && page.Marks.Has(state.Held):
				a.delistedHeld = append(a.delistedHeld, id)
			case j.isDelisted(page.Source):
				a.delisted = append(a.delisted, id)
			case page.Marks.Has(state.Held):
				a.held = append(a.held, id)
			case page.Marks.Has(state.Missing):
				a.missing = append(a.missing, id)
			}
		}
	})
	for _, ids := range [][]state.PageID{a.missing, a.held, a.delisted, a.delistedHeld} {
		slices.SortFunc(ids, func(a, b state.PageID) int { return slices.Compare(a[:], b[:]) })
	}
	return a
}

// isDelisted reports that the database no longer lists the data source with this number in
// the topic record.
func (j *job) isDelisted(source uint16) bool {
	id := j.topic.SourceID(source)
	return id != "" && !slices.Contains(j.sources, id)
}

// whyHeld is why pages of a stream wait for a person.
func (j *job) whyHeld(held, known int) string {
	var reasons []string
	delisted := 0
	j.view(func(memory *state.StreamMemory) {
		for source, pages := range memory.HeldIn {
			if j.isDelisted(source) {
				delisted += pages
			}
		}
	})
	switch missing := held - delisted; {
	case missing > 0 && j.hasOtherBot():
		reasons = append(reasons, fmt.Sprintf("%d of %d pages are missing since another connection reads the source, which may see less of Notion, and are not deleted unasked", missing, known))
	case missing > 0:
		reasons = append(reasons, fmt.Sprintf("%d of %d pages are missing, which is too much to delete them unasked", missing, known))
	}
	if delisted > 0 {
		reasons = append(reasons, fmt.Sprintf("%d pages belong to data sources that the database no longer lists, and are not deleted unasked", delisted))
	}
	return strings.Join(reasons, ", and ")
}

// delistedAmong reports which pages were in delisted data sources.
func (j *job) delistedAmong(ids []state.PageID) map[state.PageID]bool {
	delisted := map[state.PageID]bool{}
	j.view(func(memory *state.StreamMemory) {
		pages := memory.Pages
		for _, id := range ids {
			delisted[id] = j.isDelisted(pages[id].Source)
		}
	})
	return delisted
}

func (j *job) anythingMissing() bool {
	a := j.absent()
	return len(a.missing)+len(a.held)+len(a.delisted) > 0
}
