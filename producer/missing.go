package producer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"notion-kafka/notion"
	"notion-kafka/producer/state"
)

// A census holds the pages that a pass of a scan has to come by: those that are
// known of a data source, live or archived. It is how absence is noticed; what
// became of a page that is absent is found out later.
type census struct {
	expected []resident // by created minute
	seen     map[state.PageID]uint32
}

// A resident is a known page and the minute it was created in.
type resident struct {
	id      state.PageID
	created uint32
}

// census counts the known pages of a data source. Only a scan of all of a
// stream's data sources can miss any: a page may have moved between them. Pages of
// which an earlier version did not note the data source are due at the very end:
// who came by one has noted it by then.
func (j *job) census(dataSource string, archived bool) *census {
	c := &census{seen: map[state.PageID]uint32{}}
	if !j.scansAllSources() {
		return c
	}
	source, last := j.topic.SourceIndex(dataSource), j.lastPart(dataSource, archived)
	j.view(func(memory *state.StreamMemory) {
		for id, page := range memory.Pages {
			due := page.Source == source && page.Marks.Has(state.Archived) == archived
			if due = due || last && page.Source == state.NoSource; due && page.Expected() {
				c.expected = append(c.expected, resident{id, page.Created})
			}
		}
	})
	slices.SortFunc(c.expected, func(a, b resident) int { return cmp.Compare(a.created, b.created) })
	return c
}

// lastPart says that a scan has nothing left but a pass over a data source.
func (j *job) lastPart(dataSource string, archived bool) bool {
	for name, part := range j.scan.Parts {
		if !part.Done && name != state.PartName(dataSource, archived) {
			return false
		}
	}
	return true
}

// without is which of the expected pages are not in the spans that are read
// with a portion. Rows of a span that is not read to its end yet are kept in
// mind, and of rows without a time nobody knows when that is.
func (c *census) without(portion *notion.Portion) (missing []state.PageID) {
	for i := range portion.Pages {
		page := &portion.Pages[i]
		if id, err := state.ParsePageID(page.ID); err == nil {
			c.seen[id] = state.Minutes(page.CreatedTime) // 0 for a partial one
		}
	}
	for _, bad := range portion.Unreadable {
		if id, err := state.ParsePageID(bad.ID); err == nil {
			c.seen[id] = state.Minutes(bad.CreatedTime) // 0 where it is not known
		}
	}
	for _, span := range portion.Read {
		from, to := minutesOf(span)
		at, _ := slices.BinarySearchFunc(c.expected, from, func(r resident, from uint32) int { return cmp.Compare(r.created, from) })
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

// markMissing is the records that mark pages as missing.
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

// absent are the pages of a stream that are not where they were.
type absent struct {
	known   int            // pages that the topic has
	missing []state.PageID // that the last scan did not come by
	held    []state.PageID // that were too many, and wait
	left    []state.PageID // of data sources that the database no longer lists

	leftHeld []state.PageID // of such data sources too, and wait
}

func (j *job) absent() (a absent) {
	j.view(func(memory *state.StreamMemory) {
		for id, page := range memory.Pages {
			if !page.Expected() {
				continue
			}
			a.known++
			switch {
			case j.leftBehind(page) && page.Marks.Has(state.Held):
				a.leftHeld = append(a.leftHeld, id)
			case j.leftBehind(page):
				a.left = append(a.left, id)
			case page.Marks.Has(state.Held):
				a.held = append(a.held, id)
			case page.Marks.Has(state.Missing):
				a.missing = append(a.missing, id)
			}
		}
	})
	for _, ids := range [][]state.PageID{a.missing, a.held, a.left, a.leftHeld} {
		slices.SortFunc(ids, func(a, b state.PageID) int { return slices.Compare(a[:], b[:]) })
	}
	return a
}

// leftBehind says that a page was in a data source that the database no longer
// lists.
func (j *job) leftBehind(page state.Page) bool {
	id := j.topic.SourceID(page.Source)
	return id != "" && !slices.Contains(j.sources, id)
}

// whyHeld says why pages of a stream wait for a person.
func (j *job) whyHeld(held, known int) string {
	var reasons []string
	left := len(j.absent().leftHeld)
	if missing := held - left; missing > 0 {
		reasons = append(reasons, fmt.Sprintf("%d of %d pages are missing, which is too much to delete them unasked", missing, known))
	}
	if left > 0 {
		reasons = append(reasons, fmt.Sprintf("%d pages belong to data sources that the database no longer lists, and are not deleted unasked", left))
	}
	return strings.Join(reasons, ", and ")
}

// leftAmong says of pages whether they were left behind.
func (j *job) leftAmong(ids []state.PageID) map[state.PageID]bool {
	left := map[state.PageID]bool{}
	j.view(func(memory *state.StreamMemory) {
		pages := memory.Pages
		for _, id := range ids {
			left[id] = j.leftBehind(pages[id])
		}
	})
	return left
}

func (j *job) anythingMissing() bool {
	a := j.absent()
	return len(a.missing)+len(a.held)+len(a.left) > 0
}
