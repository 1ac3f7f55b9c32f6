package notiontest

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// A partition is the rows of a data source that one query can see: the live or the
// archived ones (Notion: query-a-data-source, archived pages). Trashed and unshared
// rows are in no partition.
type partition struct {
	created, edited index
}

// An index holds rows in the order of one of their times, exact to the millisecond,
// then of their arrival. The rows of a query with bounds on that time are a section of
// it.
type index struct {
	time func(*row) int64
	rows []*row
}

func newPartition() partition {
	return partition{
		created: index{time: func(r *row) int64 { return r.view().created }},
		edited:  index{time: func(r *row) int64 { return r.view().edited }},
	}
}

func (ix *index) compare(a, b *row) int {
	return cmp.Or(cmp.Compare(ix.time(a), ix.time(b)), cmp.Compare(a.seq, b.seq))
}

// insert adds rows. Rows that belong at the end, such as new and newly edited ones, are
// only appended.
func (ix *index) insert(rows ...*row) {
	if len(rows) == 1 && len(ix.rows) > 0 && ix.compare(ix.rows[len(ix.rows)-1], rows[0]) > 0 {
		at, _ := slices.BinarySearchFunc(ix.rows, rows[0], ix.compare)
		ix.rows = slices.Insert(ix.rows, at, rows[0])
		return
	}
	ix.rows = append(ix.rows, rows...)
	if len(rows) > 1 && !slices.IsSortedFunc(ix.rows, ix.compare) {
		slices.SortFunc(ix.rows, ix.compare)
	}
}

// remove removes a row. Its time must be the same as when it was inserted.
func (ix *index) remove(r *row) {
	if at, found := slices.BinarySearchFunc(ix.rows, r, ix.compare); found {
		ix.rows = slices.Delete(ix.rows, at, at+1)
	}
}

// A span is a time from, inclusive, to before, exclusive, in Unix milliseconds.
type span struct {
	from, before int64
}

var always = span{math.MinInt64, math.MaxInt64}

func (s span) holds(ms int64) bool { return s.from <= ms && ms < s.before }

func (s span) and(other span) span {
	return span{max(s.from, other.from), min(s.before, other.before)}
}

// within returns the section of the index with times in the span. It aliases the index
// and is valid until the next change.
func (ix *index) within(s span) []*row {
	from := sort.Search(len(ix.rows), func(i int) bool { return ix.time(ix.rows[i]) >= s.from })
	rest := ix.rows[from:]
	return rest[:sort.Search(len(rest), func(i int) bool { return ix.time(rest[i]) >= s.before })]
}

// partition returns the row's partition, nil when no query shows it.
func (r *row) partition() *partition {
	switch {
	case r.trashed || r.unshared || r.isElsewhere():
		return nil
	case r.archived:
		return &r.source.archived
	default:
		return &r.source.live
	}
}
