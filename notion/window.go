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
	// maxRestarts is how often a minute is begun anew because its cursors led
	// nowhere, before the reading gives up.
	maxRestarts = 5
	// maxRepeats is how often a minute is asked for again because a response
	// showed fewer rows of it than it may hold.
	maxRepeats = 2
	// goodResponses is how many responses in a row have to come before a page
	// size that Notion made smaller is doubled again.
	goodResponses = 10
)

// A pass reads one window from response to response, in ascending created_time.
//
// It asks by time: each request begins at the minute of the last row before,
// and rows of that minute that were seen already are dropped. That is absolute:
// rows that are edited or trashed meanwhile shift nothing, no cursor goes
// stale, and the cap of 10,000 rows a query is never met. Only where one minute
// fills a whole response does it follow cursors, to that minute's end.
type pass struct {
	query Query // of the reading; bounds and cursor are set for each request
	from  time.Time
	// seen holds the ids of the rows of minute from that were taken already.
	seen map[string]bool
	told map[string]bool // the unreadable rows that were told of, by their error

	cursor   string          // where to go on in asked; "" asks by time
	chain    map[string]bool // ids of the rows that came since the pass asked by time last
	asked    Query           // the last request
	followed followedCursors
	alone    bool // minute from is asked for alone, because with others it meets the cap
	restarts int  // of minute from
	repeats  int  // of the last request
	good     int  // responses in a row since the page size was made smaller
}

func newPass(q Query, from time.Time) *pass {
	return &pass{query: q, from: from, seen: map[string]bool{}, told: map[string]bool{}, chain: map[string]bool{}}
}

// next is the request to send in a window that ends at to.
func (p *pass) next(to time.Time) Query {
	if p.cursor != "" {
		p.asked.Cursor = p.cursor // the other bounds as they were: they are the cursor's own
		p.asked.PageSize = p.query.PageSize
		return p.asked
	}
	p.followed = followedCursors{op: "query data source " + p.query.DataSourceID}
	clear(p.chain)
	p.asked = p.query
	p.asked.CreatedOnOrAfter, p.asked.CreatedBefore = p.from, to
	if p.alone {
		p.asked.CreatedBefore = p.from.Add(time.Minute)
	}
	return p.asked
}

// take judges the response to the last request: the rows that are new and
// inside the window, and whether the window is read to its end.
func (p *pass) take(list *PageList, to time.Time) (rows []Page, done bool, err error) {
	first, last, err := span(list.Created, false)
	if err != nil {
		return nil, false, &Error{Op: "query data source " + p.asked.DataSourceID, Kind: ErrMalformed, Err: err}
	}
	rows = p.fresh(list.Pages, to)
	p.sized(list.PageSize)
	if p.shifted(list) {
		p.remember(list.Pages)
		return rows, false, p.restart(p.unstable())
	}
	full := len(list.Created) >= list.PageSize
	switch {
	case !list.HasMore && !list.Incomplete && !p.alone:
		return rows, true, nil
	case !list.HasMore && !list.Incomplete:
		p.alone = false
		p.advance(p.from.Add(time.Minute), nil)
		return rows, !to.IsZero() && !p.from.Before(to), nil
	case !to.IsZero() && !last.Before(to):
		return rows, true, nil
	case last.After(p.from) && (!list.HasMore || !full || last.After(first)):
		p.advance(last, list.Pages)
		return rows, false, nil
	case list.HasMore && !full && p.cursor == "" && p.repeats < maxRepeats:
		p.repeats++ // the next one may hold the minute whole
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
		p.alone = true
		return rows, false, p.restart(p.capped())
	default:
		return nil, false, p.capped()
	}
}

// fresh keeps the rows inside the window that were not taken before. Of a
// partial row nobody knows when it was created, so that it always counts.
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

// freshUnreadable keeps the unreadable rows inside the window that were not told
// of before. Of one without a time nobody knows when it was created, so that it
// always counts.
func (p *pass) freshUnreadable(rows []*Unreadable, to time.Time) (fresh []*Unreadable) {
	for _, bad := range rows {
		outside := !bad.CreatedTime.IsZero() && !to.IsZero() && !bad.CreatedTime.Before(to)
		if told := bad.Error(); !outside && !p.told[told] {
			p.told[told] = true
			fresh = append(fresh, bad)
		}
	}
	return fresh
}

// advance says that everything created before minute from has been taken, and
// which rows of it.
func (p *pass) advance(from time.Time, pages []Page) {
	p.from, p.cursor, p.restarts, p.repeats = from, "", 0, 0
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

// shifted says that a response repeats a row of one before it that it goes on
// from: the order changed between the two, and another row may have slipped past.
// Rows of one minute have no order among themselves that Notion promises
// (Notion: sort-data-source-entries), and an edit may change it.
func (p *pass) shifted(list *PageList) (again bool) {
	follows := p.asked.Cursor != ""
	ids := slices.Clone(list.DataSources)
	for i := range list.Pages {
		ids = append(ids, list.Pages[i].ID)
	}
	for _, bad := range list.Unreadable {
		ids = append(ids, bad.ID)
	}
	again = follows && slices.ContainsFunc(ids, func(id string) bool { return id != "" && p.chain[id] })
	for _, id := range ids {
		p.chain[id] = true
	}
	return again
}

// unstable is the error for a minute whose order changes in every reading of it.
func (p *pass) unstable() error {
	return &Error{
		Op: "query data source " + p.query.DataSourceID, Kind: ErrIncomplete,
		Message: "the rows that were created in the minute " + minute(p.from) + " change their order while they are read, so that some may be left out: " +
			"the next run reads them again; it succeeds when fewer of them are edited meanwhile",
	}
}

// restart begins the minute anew after its cursor led nowhere for that reason.
func (p *pass) restart(why error) error {
	p.cursor = ""
	p.restarts++
	if p.restarts > maxRestarts {
		return why
	}
	return nil
}

// failed says what a failed request means: nil where the pass can go on.
func (p *pass) failed(err error) error {
	if p.cursor != "" && errors.Is(err, ErrInvalidCursor) {
		return p.restart(err)
	}
	return err
}

// sized takes over the page size that Notion could serve, and tries a larger
// one after a while.
func (p *pass) sized(size int) {
	p.good++
	if size != p.query.PageSize {
		p.query.PageSize, p.good = size, 0
	}
	if p.good >= goodResponses {
		p.query.PageSize, p.good = min(2*size, maxPageSize), 0
	}
}

// capped is the error for a minute that Notion does not show whole: nothing
// finer than the minute can be asked for.
func (p *pass) capped() error {
	return &Error{
		Op: "query data source " + p.query.DataSourceID, Kind: ErrIncomplete,
		Message: "more than 10,000 rows were created in the minute " + minute(p.from) + ", and Notion shows no more of them: " +
			"archive or move some of these rows, or leave this database out",
	}
}

// span is the created minute of the first and the last row that has one; zero
// times where none has. Rows in another order than the one asked for would
// make the reading leave some out, so they are an error.
func span(created []time.Time, descending bool) (first, last time.Time, err error) {
	for _, at := range created {
		if at.IsZero() {
			continue
		}
		at = floor(at)
		if first.IsZero() {
			first = at
		} else if descending && at.After(last) || !descending && at.Before(last) {
			return first, last, errors.New("the rows are not in the order of created_time that was asked for")
		}
		last = at
	}
	return first, last, nil
}

// floor is the minute that a time lies in: all that Notion knows of a time
// (Notion: changelog, last-edited-time-is-now-rounded-to-the-nearest-minute).
func floor(t time.Time) time.Time { return t.UTC().Truncate(time.Minute) }
