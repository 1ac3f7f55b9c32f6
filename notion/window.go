package notion

import (
	"errors"
	"slices"
	"time"
)

// A Window is a span of created_time on whole minutes: From <= created_time <
// To. Zero times set no bound.
type Window struct {
	From time.Time
	To   time.Time
}

const (
	// maxRestarts is how often a minute is read from its beginning because its cursors
	// led nowhere, before the reading fails.
	maxRestarts = 5
	// maxRepeats is how often a minute is queried again because a response had fewer
	// rows than its page size.
	maxRepeats = 2
	// manyRows is the number of rows of one minute from which on it is worth a request
	// to ask whether the minute alone reaches the cap.
	manyRows = 1000
	// goodResponses is the number of successful responses in a row after which a
	// reduced page size is doubled.
	goodResponses = 10
)

// A pass reads one window from response to response, in ascending created_time.
//
// It queries by time: each request begins at the minute of the previous response's
// last row, and rows of that minute that were seen already are dropped. Times are
// absolute: rows that are edited or trashed meanwhile shift nothing, no cursor
// expires, and no query reaches the cap of 10,000 rows. The pass follows cursors only
// where one minute fills a whole response, to that minute's end.
type pass struct {
	query Query // of the reading; bounds and cursor are set for each request
	from  time.Time
	// seen holds the ids of the rows of minute from that were taken already.
	seen    map[string]bool
	yielded map[string]bool // the unreadable rows that were yielded, by their error

	cursor   string // where to go on in last; "" queries by time
	chain    chain  // the rows since the last query by time
	last     Query  // the last request
	followed followedCursors
	alone    bool // minute from is queried alone, because a larger query reaches the cap
	dense    bool // minute from alone reaches the cap: it is read in parts, see denseMinute
	asked    bool // whether minute from alone reaches the cap was asked
	restarts int  // of minute from
	repeats  int  // of the last request
	good     int  // successful responses in a row since the page size was reduced
}

func newPass(q Query, from time.Time) *pass {
	return &pass{query: q, from: from, seen: map[string]bool{}, yielded: map[string]bool{}, chain: chain{}}
}

// next is the request to send in a window that ends at to.
func (p *pass) next(to time.Time) Query {
	if p.cursor != "" {
		p.last.Cursor = p.cursor // with the same bounds: the cursor belongs to them
		p.last.PageSize = p.query.PageSize
		return p.last
	}
	p.followed = followedCursors{op: p.query.op()}
	clear(p.chain)
	p.last = p.query
	p.last.CreatedOnOrAfter, p.last.CreatedBefore = p.from, to
	if p.alone {
		p.last.CreatedBefore = p.from.Add(time.Minute)
	}
	return p.last
}

// take takes the response to the last request. It returns the rows that are new and
// inside the window, and whether the window is read to its end.
func (p *pass) take(list *PageList, to time.Time) (rows []Page, done bool, err error) {
	first, last, err := span(list.Created, false)
	if err != nil {
		return nil, false, &Error{Op: p.query.op(), Kind: ErrMalformed, Err: err}
	}
	rows = p.fresh(list.Pages, to)
	p.sized(list.PageSize)
	if p.chain.repeats(list, p.last.Cursor != "") {
		p.remember(list.Pages)
		return rows, false, p.restart(p.unstable())
	}
	full := len(list.Created) >= list.PageSize
	switch {
	case p.alone && list.Incomplete:
		p.remember(list.Pages)
		p.dense = true
		return rows, false, nil
	case !list.HasMore && !list.Incomplete && !p.alone:
		return rows, true, nil
	case !list.HasMore && !list.Incomplete:
		return rows, p.leave(to), nil
	case !to.IsZero() && !last.Before(to):
		return rows, true, nil
	case last.After(p.from) && (!list.HasMore || !full || last.After(first)):
		p.advance(last, list.Pages)
		return rows, false, nil
	case list.HasMore && !full && p.cursor == "" && p.repeats < maxRepeats:
		p.repeats++ // the next response may hold the whole minute
		p.remember(list.Pages)
		return rows, false, nil
	case list.HasMore:
		p.repeats = 0
		if last.After(p.from) {
			p.advance(last, list.Pages)
		} else {
			p.remember(list.Pages)
		}
		p.cursor, err = p.followed.next(listEnd{hasMore: true, nextCursor: list.NextCursor}, len(list.Created))
		if err != nil {
			err = p.restart(err)
		}
		return rows, false, err
	case !p.alone && !p.from.IsZero():
		p.remember(list.Pages)
		p.alone, p.cursor = true, ""
		return rows, false, nil
	default:
		return nil, false, p.capped()
	}
}

// fresh keeps the rows inside the window that were not taken before. A partial row
// has no created time and counts as inside.
func (p *pass) fresh(pages []Page, to time.Time) []Page {
	fresh := make([]Page, 0, len(pages))
	for i := range pages {
		page := &pages[i]
		outside := !page.Partial && !to.IsZero() && !page.CreatedTime.Before(to)
		if !outside && !p.seen[page.ID] {
			fresh = append(fresh, *page)
		}
	}
	return fresh
}

// freshUnreadable keeps the unreadable rows inside the window that were not yielded
// before. A row without a created time counts as inside.
func (p *pass) freshUnreadable(rows []*Unreadable, to time.Time) (fresh []*Unreadable) {
	for _, bad := range rows {
		outside := !bad.CreatedTime.IsZero() && !to.IsZero() && !bad.CreatedTime.Before(to)
		if reason := bad.Error(); !outside && !p.yielded[reason] {
			p.yielded[reason] = true
			fresh = append(fresh, bad)
		}
	}
	return fresh
}

// suspects reports whether it is time to ask whether minute from alone reaches the cap
// that a larger query reaches. Otherwise that would show only after 10,000 rows.
func (p *pass) suspects(list *PageList) bool {
	suspects := list.Incomplete && p.cursor != "" && !p.alone && !p.asked && len(p.seen) >= manyRows
	p.asked = p.asked || suspects
	return suspects
}

// leave records that minute from, which was queried alone, was taken as a whole. It
// returns whether the window that ends at to is thereby read to its end.
func (p *pass) leave(to time.Time) (done bool) {
	p.alone, p.dense = false, false
	p.advance(p.from.Add(time.Minute), nil)
	return !to.IsZero() && !p.from.Before(to)
}

// advance records that every row created before minute from was taken, and of minute
// from the given pages.
func (p *pass) advance(from time.Time, pages []Page) {
	p.from, p.cursor, p.restarts, p.repeats, p.asked = from, "", 0, 0, false
	clear(p.seen)
	p.remember(pages)
}

func (p *pass) remember(pages []Page) {
	for i := range pages {
		if !pages[i].Partial && floor(pages[i].CreatedTime).Equal(p.from) {
			p.seen[pages[i].ID] = true
		}
	}
}

// A chain holds the ids of the rows that the responses since a query's first had.
type chain map[string]bool

// repeats reports whether a response that follows a cursor repeats a row of an
// earlier one: the order changed between the two, and another row may have been
// skipped. Notion promises no order for rows of one minute
// (Notion: sort-data-source-entries), and an edit may change it.
func (c chain) repeats(list *PageList, follows bool) (again bool) {
	ids := slices.Clone(list.DataSources)
	for i := range list.Pages {
		ids = append(ids, list.Pages[i].ID)
	}
	for _, bad := range list.Unreadable {
		ids = append(ids, bad.ID)
	}
	again = follows && slices.ContainsFunc(ids, func(id string) bool { return id != "" && c[id] })
	for _, id := range ids {
		c[id] = true
	}
	return again
}

// unstable is the error for a minute whose order changes during every reading.
func (p *pass) unstable() error {
	return &Error{
		Op: p.query.op(), Kind: ErrIncomplete,
		Message: "the rows that were created in the minute " + minute(p.from) + " change their order while they are read, so some may be left out: " +
			"the next run reads them again; it succeeds when fewer of them are edited meanwhile",
	}
}

// restart makes the pass read the minute from its beginning. After too many restarts
// it returns the reason.
func (p *pass) restart(why error) error {
	p.cursor = ""
	p.restarts++
	if p.restarts > maxRestarts {
		return why
	}
	return nil
}

// failed handles a failed request: it returns nil where the pass can go on.
func (p *pass) failed(err error) error {
	if p.cursor != "" && errors.Is(err, ErrInvalidCursor) {
		return p.restart(err)
	}
	return err
}

// sized adopts the page size of a response, and doubles it after goodResponses.
func (p *pass) sized(size int) {
	p.good++
	if size != p.query.PageSize {
		p.query.PageSize, p.good = size, 0
	}
	if p.good >= goodResponses {
		p.query.PageSize, p.good = min(2*size, maxPageSize), 0
	}
}

// capped is the error for a minute with more rows than Notion shows, of which no
// smaller part can be selected.
func (p *pass) capped() error {
	help := "archive or move some of these rows, or leave this database out"
	if p.query.UniqueID == "" {
		help = "add a property of the type ID to the database in Notion, by which they can be told apart; or " + help
	}
	return &Error{
		Op: p.query.op(), Kind: ErrIncomplete,
		Message: "more than 10,000 rows were created in the minute " + minute(p.from) + ", and Notion shows no more of them: " + help,
	}
}

// span is the created minute of the first and the last row that has one; zero times
// where none has. Rows in another order than the requested one are an error, because
// the reading would leave some out.
func span(created []time.Time, descending bool) (first, last time.Time, err error) {
	for _, at := range created {
		if at.IsZero() {
			continue
		}
		at = floor(at)
		if first.IsZero() {
			first = at
		} else if descending && at.After(last) || !descending && at.Before(last) {
			return first, last, errors.New("the rows are not in the requested order of created_time")
		}
		last = at
	}
	return first, last, nil
}

// floor is the minute of a time, which is Notion's precision
// (Notion: changelog, last-edited-time-is-now-rounded-to-the-nearest-minute).
func floor(t time.Time) time.Time { return t.UTC().Truncate(time.Minute) }
