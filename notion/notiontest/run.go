package notiontest

import (
	"cmp"
	"slices"
)

// A run is one reading of a query, from its first request to its last page. The order
// of equal rows is random, but stable within a run.
type run struct {
	id     uint64 // 0 until a cursor points to it
	query  *query
	salt   uint64
	rows   []*row // the result at the beginning, or now with Options.LivePages
	tied   int    // rows before this have their final order
	capped bool
	held   int // its rows as counted in runs
}

// runsKept bounds the rows of all remembered runs together. Beyond it the least
// recently used run is forgotten, and its cursors expire.
const runsKept = 4_000_000

// runs are the runs that cursors point to.
type runs struct {
	byID  map[uint64]*run
	order []uint64 // by last use
	held  int      // rows in all of them
	last  uint64
	epoch uint64 // how often all cursors expired
}

// use finds the run of a cursor, nil when it was forgotten.
func (rs *runs) use(id uint64) *run {
	found := rs.byID[id]
	if found != nil {
		at := slices.Index(rs.order, id)
		rs.order = append(slices.Delete(rs.order, at, at+1), id)
	}
	return found
}

// keep remembers a run that has more pages.
func (rs *runs) keep(one *run) {
	if one.id != 0 {
		return
	}
	rs.last++
	one.id = rs.last
	rs.byID[one.id] = one
	rs.order = append(rs.order, one.id)
	one.held = len(one.rows)
	rs.held += one.held
	for rs.held > runsKept && len(rs.order) > 1 {
		oldest := rs.byID[rs.order[0]]
		rs.held -= oldest.held
		delete(rs.byID, oldest.id)
		rs.order = rs.order[1:]
	}
}

// expire forgets all runs.
func (rs *runs) expire() {
	*rs = runs{byID: map[uint64]*run{}, last: rs.last, epoch: rs.epoch + 1}
}

// A section is the part of an index within a span.
type section struct {
	rows []*row
	span span
}

// evaluate fills the run with the first rows of its result, up to the cap, and marks it
// if there are more. It reads the index of the time that orders the result only up to
// the cap. When the bounds on the other time leave far fewer rows, it sorts those
// instead.
func (w *Workspace) evaluate(one *run) {
	q := one.query
	created, edited, exact := q.filter.bounds()
	lead := section{q.part.created.within(created), created}
	other := section{q.part.edited.within(edited), edited}
	ordered := len(q.sorts) == 1 && q.sorts[0].stamp != ""
	if ordered && q.sorts[0].stamp == KindLastEditedTime {
		lead, other = other, lead
	}
	if len(other.rows) < len(lead.rows)/4 {
		lead, other, ordered = other, lead, false
	}
	filter := q.filter
	if exact && other.span == always {
		filter = nil
	}
	limit := w.opts.RowCap + 1
	if !ordered && len(q.sorts) > 0 {
		limit = len(lead.rows)
	}
	rows := pick(lead.rows, filter, limit, ordered && q.sorts[0].descending)
	one.tied = 0
	if !ordered {
		w.sort(rows, one)
		one.tied = len(rows)
	}
	one.capped = len(rows) > w.opts.RowCap
	one.rows = rows[:min(len(rows), w.opts.RowCap)]
}

// pick copies the first rows that match, from either end.
func pick(rows []*row, f *filter, limit int, fromEnd bool) []*row {
	picked := make([]*row, 0, min(limit, len(rows)))
	for i := range rows {
		if len(picked) == limit {
			break
		}
		r := rows[i]
		if fromEnd {
			r = rows[len(rows)-1-i]
		}
		if f.matches(r.view()) {
			picked = append(picked, r)
		}
	}
	return picked
}

// sort orders rows by the query's sorts, and equal rows by the run's random order.
// Without sorts the whole order is random.
func (w *Workspace) sort(rows []*row, one *run) {
	type cell struct {
		row      *row
		property *property
	}
	known := map[cell]any{} // a value is expensive to compute and compared many times
	plain := func(r *row, p *property) any {
		value, ok := known[cell{r, p}]
		if !ok {
			value = w.plain(r, p)
			known[cell{r, p}] = value
		}
		return value
	}
	slices.SortFunc(rows, func(a, b *row) int {
		return cmp.Or(one.query.compare(a, b, plain), cmp.Compare(a.id.hash(one.salt), b.id.hash(one.salt)))
	})
}

// settle gives the rows before an offset their final order. Until then rows of one
// minute are in index order.
func (w *Workspace) settle(one *run, before int) {
	for one.tied < before {
		end := one.tied + 1
		for end < len(one.rows) && one.query.compare(one.rows[one.tied], one.rows[end], w.plain) == 0 {
			end++
		}
		w.sort(one.rows[one.tied:end], one)
		one.tied = end
	}
}

// appendRun appends a page of the run: size rows from a position, if q may see
// that many.
func (w *Workspace) appendRun(one *run, q *request, at position, size int, only []string) []byte {
	from := min(int(at.offset), len(one.rows))
	to := min(from+q.short(size), len(one.rows))
	if q.shuffle {
		one.salt, one.tied = w.rng.Uint64(), 0
	}
	w.settle(one, to)
	b := []byte(`{"object":"list","results":[`)
	first := true
	for _, r := range one.rows[from:to] {
		if !r.placed || r.view().partition() != one.query.part {
			continue // gone since the run began
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = w.appendRow(b, w.rendered(r), q.version, only)
	}
	b = append(b, ']')
	next := ""
	if to < len(one.rows) {
		w.runs.keep(one)
		if q.circle {
			at.run = one.id
			next = w.cursor(at, one.query.identity)
		} else {
			next = w.newCursor(one.id, to, one.query.identity)
		}
	}
	b = appendListEnd(b, next, "page_or_data_source")
	b = append(b, `,"page_or_data_source":{}`...)
	if one.capped {
		b = append(b, `,"request_status":{"type":"incomplete","incomplete_reason":"query_result_limit_reached"}`...)
	}
	return append(b, '}')
}
