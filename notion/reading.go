package notion

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// worthSplitting is how many responses a window must still need to be shared
// with another reader: a window costs half a response at its end.
const worthSplitting = 8

// dense is how many times the average density is far denser.
const dense = 4

// ReadAll yields every row that a query asks for, however many there are, once
// each unless it is edited meanwhile, in no particular order. Each portion says
// what is left, so that a reading that ends early goes on there: as windows of
// a later call, which reads those alone. No windows stand for everything.
//
// The rows are read in windows of created_time, which never changes, several at
// a time: a reader that has nothing to do takes half of the largest window.
// About one request is made for 100 rows, and a query that fits one response
// costs one request. The query's own bounds of created_time, cursor and order
// are not used.
//
// It ends after its first error: those of Query, and ErrIncomplete where Notion
// cannot show all rows: more than 10,000 created in one minute, or cursors that
// lead nowhere. Rows created after the reading began may be left out; they are
// found by asking for what was edited since [Portion.AsOf].
func (c *Client) ReadAll(ctx context.Context, q Query, windows ...Window) iter.Seq2[*Portion, error] {
	return func(yield func(*Portion, error) bool) {
		if len(windows) == 0 {
			windows = []Window{{}}
		}
		ctx, cancel := context.WithCancel(ctx)
		r := &reading{client: c, query: q, pieces: make(chan piece), free: c.budget.maxInFlight}
		for _, w := range windows {
			r.windows = append(r.windows, &openWindow{taken: w.From, from: w.From, to: w.To})
		}
		ended := make(chan error, 1)
		go func() {
			ended <- Guard(func() error { return r.run(ctx) })
			close(r.pieces)
		}()
		defer func() { // also when the caller has enough
			cancel()
			for range r.pieces {
			}
		}()
		for first := range r.pieces {
			if !yield(r.portion(first), nil) {
				return
			}
		}
		if err := <-ended; err != nil {
			yield(nil, err)
		}
	}
}

// A reading is one call of ReadAll.
type reading struct {
	client *Client
	query  Query
	pieces chan piece // from the readers to the caller

	mu      sync.Mutex // guards what follows
	windows []*openWindow
	free    int // readers that may be started
	asOf    time.Time
	covered progress
	readers *errgroup.Group
}

// An openWindow is a window that is not read to its end.
type openWindow struct {
	taken   time.Time // what was created before is in a portion that the caller has
	from    time.Time // what was created before was read
	to      time.Time // zero: no bound is known yet
	busy    bool      // a reader is at it
	density float64   // rows a minute, as last seen; 0 where nothing was
}

func (r *reading) run(ctx context.Context) error {
	readers, ctx := errgroup.WithContext(ctx)
	r.readers = readers
	r.staff(ctx)
	return readers.Wait()
}

// staff starts a reader for everything there is to do, as long as there are
// readers.
func (r *reading) staff(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.free > 0 {
		w := r.next()
		if w == nil {
			return
		}
		r.free--
		w.busy = true
		r.readers.Go(func() error {
			err := Guard(func() error { return r.read(ctx, w) })
			r.mu.Lock()
			r.free++
			r.mu.Unlock()
			if err == nil {
				r.staff(ctx)
			}
			return err
		})
	}
}

// next is a window that nobody reads yet: one left over, or half of the one
// that needs most requests.
func (r *reading) next() *openWindow {
	var largest *openWindow
	for _, w := range r.windows {
		if !w.busy {
			return w
		}
		if largest == nil || w.responses() > largest.responses() {
			largest = w
		}
	}
	if largest == nil || largest.responses() < worthSplitting {
		return nil
	}
	at, ok := largest.cut(r.covered.density())
	if !ok {
		return nil
	}
	rest := &openWindow{taken: at, from: at, to: largest.to, density: min(largest.density, r.covered.density())}
	largest.to = at
	r.windows = append(r.windows, rest)
	return rest
}

// responses is how many more the window can be expected to need; 0 where
// nothing is known.
func (w *openWindow) responses() float64 {
	if w.to.IsZero() {
		return 0
	}
	return w.to.Sub(w.from).Minutes() * w.density / maxPageSize
}

// cut is where to divide the window: half-way between its end and where the
// request under way will come to. Where rows are far denser than they were on
// average this is an import, say, and the time behind it may be quiet: then it is
// cut as near as is worth it, for half of that time would soon be read, and half
// of the rest.
func (w *openWindow) cut(average float64) (at time.Time, ok bool) {
	response := time.Duration(maxPageSize / w.density * float64(time.Minute))
	at = w.from.Add((w.to.Sub(w.from) + response) / 2)
	if w.density > dense*average {
		at = w.from.Add(max(worthSplitting*response, 2*time.Minute))
	}
	at = floor(at)
	return at, at.After(w.from.Add(time.Minute)) && at.Before(w.to)
}

// read is one reader: it brings one window to its end.
func (r *reading) read(ctx context.Context, w *openWindow) error {
	p := newPass(r.query, w.from)
	restarts := 0
	for done := false; !done; {
		if p.restarts > restarts { // what led nowhere a moment ago may lead on in another
			if err := sleep(ctx, backoff(p.restarts)); err != nil {
				return err
			}
		}
		restarts = p.restarts
		q, sent := p.next(r.end(w)), time.Now()
		list, err := r.client.Query(ctx, q)
		if err != nil {
			if err = p.failed(err); err != nil {
				return err
			}
			continue
		}
		one, err := r.took(w, p, list)
		if err != nil {
			return err
		}
		one.sent = sent
		if !r.hand(ctx, one) {
			return ctx.Err()
		}
		done = one.done
		ctx = Bulk(ctx) // what does not fit one response is a large read
		if !done && r.end(w).IsZero() && p.cursor == "" && p.repeats == 0 {
			if done, err = r.bound(ctx, w, p); err != nil {
				return err
			}
		}
		if !done {
			r.staff(ctx)
		}
	}
	return nil
}

func (r *reading) end(w *openWindow) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return w.to
}

// took has the pass judge a response, while nobody moves the window's end.
func (r *reading) took(w *openWindow, p *pass, list *PageList) (piece, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asOf.IsZero() {
		r.asOf = list.AsOf
	}
	unread := p.freshUnreadable(list.Unreadable, w.to)
	pages, done, err := p.take(list, w.to)
	if err != nil {
		return piece{}, err
	}
	before := w.from
	w.from = p.from
	if done {
		w.from = w.to // nothing to share any more
	}
	if len(list.Created) > 0 {
		w.density = density(list.Created)
		r.covered.add(before, w.from, list.Created)
	}
	return piece{window: w, pages: pages, unread: unread, from: p.from, done: done}, nil
}

// A progress is how much of created_time was read, and how many rows were in it.
// What one response holds says little of the time after it: behind an import of
// thousands a minute may come quiet weeks.
type progress struct {
	rows    int
	minutes float64
}

// add takes a response that brought a window from one minute to another.
func (p *progress) add(from, to time.Time, created []time.Time) {
	if from.IsZero() { // the window has no beginning: its first row is one
		from, _, _ = span(created, false)
	}
	p.rows += len(created)
	if to.After(from) {
		p.minutes += to.Sub(from).Minutes()
	}
}

// density is how many rows a minute there were so far.
func (p *progress) density() float64 { return float64(p.rows) / (p.minutes + 1) }

// density is how many rows a minute a response holds.
func density(created []time.Time) float64 {
	first, last, _ := span(created, false)
	return float64(len(created)) / (last.Sub(first).Minutes() + 1)
}

// bound finds the end of a window without one, by asking for the newest rows.
// They count as read but for those of the oldest minute among them, which may
// have more. It answers true where nothing is left in between.
func (r *reading) bound(ctx context.Context, w *openWindow, p *pass) (done bool, err error) {
	q := p.query
	q.CreatedOnOrAfter, q.Descending = p.from, true
	sent := time.Now()
	list, err := r.client.Query(ctx, q)
	if err != nil {
		return false, err
	}
	_, oldest, err := span(list.Created, true)
	if err != nil {
		return false, &Error{Op: "query data source " + q.DataSourceID, Kind: ErrMalformed, Err: err}
	}
	whole := !list.HasMore && !list.Incomplete
	if oldest.IsZero() && !whole {
		return false, nil // nothing but partial rows: no bound to be had
	}
	to := oldest.Add(time.Minute)
	one := piece{window: w, sent: sent, from: p.from, done: whole, beyond: to}
	for _, page := range p.fresh(list.Pages, time.Time{}) {
		if whole || page.Partial || !page.CreatedTime.Before(to) {
			one.pages = append(one.pages, page)
		}
	}
	one.unread = p.freshUnreadable(slices.DeleteFunc(list.Unreadable, func(bad *Unreadable) bool {
		return !whole && !bad.CreatedTime.IsZero() && bad.CreatedTime.Before(to)
	}), time.Time{})
	if !r.hand(ctx, one) {
		return false, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	w.to = to // only now: the caller has what is beyond
	if whole {
		w.from = to
	}
	return whole, nil
}

func (r *reading) hand(ctx context.Context, one piece) bool {
	select {
	case r.pieces <- one:
		return true
	case <-ctx.Done():
		return false
	}
}
