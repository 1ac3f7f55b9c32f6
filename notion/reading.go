package notion

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// worthReading is the number of responses that a window should need to be worth a reader
// of its own: each window costs half a response at its end.
const worthReading = 8

// dense is the multiple of the average density from which on a window counts as dense.
const dense = 4

// ReadAll yields every row that a query selects, in no particular order, each once
// unless it is edited meanwhile. Each portion has the windows that are left, so that
// a reading that ended early can go on: a later call with these windows reads only
// them. Without windows ReadAll reads everything.
//
// The rows are read in windows of created_time, which never changes, several at
// a time: as many as use the budget up share the largest window. About one request is made
// for 100 rows, and a query that fits one response costs one request. The query's
// bounds of created_time, its cursor and its order are not used. Rows of a minute with
// more than 10,000 may have their titles although q.Properties does not name it.
//
// ReadAll ends after its first error: an error of Query, or ErrIncomplete where
// cursors lead nowhere, or where more than 10,000 rows were created in one minute and
// have neither unique ids (see [Query.UniqueID]) nor titles by which Notion can select
// some of them. Rows created or edited after the reading began may be left out; a query
// for rows edited since [Chunk.AsOf] finds them.
func (c *Client) ReadAll(ctx context.Context, q Query, windows ...Window) iter.Seq2[*Chunk, error] {
	return func(yield func(*Chunk, error) bool) {
		if len(windows) == 0 {
			windows = []Window{{}}
		}
		ctx, cancel := context.WithCancel(ctx)
		r := &reading{client: c, query: q, responses: make(chan response), free: c.budget.maxInFlight, ahead: share{of: c.room.backlog}}
		for _, w := range windows {
			r.windows = append(r.windows, &openWindow{taken: w.From, from: w.From, to: w.To})
		}
		ended := make(chan error, 1)
		go func() {
			ended <- Guard(func() error { return r.run(ctx) })
			close(r.responses)
		}()
		defer func() { // also when the caller stops early
			cancel()
			for range r.responses {
			}
			r.ahead.end()
		}()
		for first := range r.responses {
			p := r.portion(first)
			if !yield(p, nil) {
				return
			}
			r.ahead.release(p.size)
		}
		if err := <-ended; err != nil {
			yield(nil, err)
		}
	}
}

// A reading is one call of ReadAll.
type reading struct {
	client    *Client
	query     Query
	responses chan response // from the readers to the caller
	ahead     share         // what was requested, and the caller is not done with

	mu      sync.Mutex // guards what follows
	windows []*openWindow
	free    int // readers that may still be started
	asOf    time.Time
	covered progress
	readers *errgroup.Group
}

// An openWindow is a window that is not read to its end.
type openWindow struct {
	taken   time.Time // the caller has every row created before
	from    time.Time // every row created before was read
	to      time.Time // zero: no bound is known yet
	busy    bool      // a reader reads it
	density float64   // rows a minute in the last response; 0 before the first
}

func (r *reading) run(ctx context.Context) error {
	readers, ctx := errgroup.WithContext(ctx)
	r.readers = readers
	r.startReaders(ctx)
	return readers.Wait()
}

// startReaders starts readers for the open windows, as many as may be started.
func (r *reading) startReaders(ctx context.Context) {
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
				r.startReaders(ctx)
			}
			return err
		})
	}
}

// next is a window without a reader: an open one, or else, while the budget wants
// readers, a part of the window that needs most requests.
func (r *reading) next() *openWindow {
	var largest *openWindow
	for _, w := range r.windows {
		if !w.busy {
			return w
		}
		if largest == nil || w.needed() > largest.needed() {
			largest = w
		}
	}
	wanted := r.client.budget.wantsReaders(r.client.budget.maxInFlight - r.free)
	if largest == nil || largest.needed() < 2*worthReading || wanted < 1 {
		return nil
	}
	at, ok := largest.cut(r.covered.density(), wanted)
	if !ok {
		return nil
	}
	rest := &openWindow{taken: at, from: at, to: largest.to, density: min(largest.density, r.covered.density())}
	largest.to = at
	r.windows = append(r.windows, rest)
	return rest
}

// needed is how many more responses the window probably needs; 0 where that is
// unknown.
func (w *openWindow) needed() float64 {
	if w.to.IsZero() {
		return 0
	}
	return w.to.Sub(w.from).Minutes() * w.density / maxPageSize
}

// cut is the time at which to divide the window, so that its reader and as many others
// as are wanted have equal parts of the time after the probable end of the request in
// flight. Rows far denser than the average may be an import, and the time after it may be
// quiet: half of a quiet time would soon be read, and so would half of the rest. The
// window is then cut as early as is worthwhile.
func (w *openWindow) cut(average float64, wanted int) (at time.Time, ok bool) {
	response := time.Duration(maxPageSize / w.density * float64(time.Minute))
	parts := min(float64(wanted+1), w.needed()/worthReading)
	at = w.from.Add(response + time.Duration(float64(w.to.Sub(w.from)-response)/parts))
	if w.density > dense*average {
		at = w.from.Add(max(2*worthReading*response, 2*time.Minute))
	}
	at = floor(at)
	return at, at.After(w.from.Add(time.Minute)) && at.Before(w.to)
}

// read is one reader: it reads one window to its end.
func (r *reading) read(ctx context.Context, w *openWindow) error {
	p := newPass(r.query, w.from)
	restarts := 0
	for done := false; !done; {
		if p.restarts > restarts { // after a wait the cursors may lead to the end
			if err := sleep(ctx, backoff(p.restarts)); err != nil {
				return err
			}
		}
		restarts = p.restarts
		list, sent, size, err := r.ask(ctx, p.next(r.end(w)))
		if err != nil {
			if err = p.failed(err); err != nil {
				return err
			}
			continue
		}
		one, err := r.received(w, p, list)
		if err != nil {
			return err
		}
		one.sent, one.size = sent, size
		if !r.send(ctx, one) {
			return ctx.Err()
		}
		done = one.done
		ctx = Bulk(ctx) // a read of several responses is a large one
		if p.suspects(list) {
			if err := r.askWhetherDense(ctx, p); err != nil {
				return err
			}
		}
		if p.dense {
			r.startReaders(ctx)
			if done, err = r.readDense(ctx, w, p); err != nil {
				return err
			}
		}
		if !done && r.end(w).IsZero() && p.cursor == "" && p.repeats == 0 {
			if done, err = r.bound(ctx, w, p); err != nil {
				return err
			}
		}
		if !done {
			r.startReaders(ctx)
		}
	}
	return nil
}

func (r *reading) end(w *openWindow) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return w.to
}

// received gives a response to the pass, while the lock keeps the window's end.
func (r *reading) received(w *openWindow, p *pass, list *PageList) (response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asOf.IsZero() {
		r.asOf = list.AsOf
	}
	unread := p.freshUnreadable(list.Unreadable, w.to)
	pages, done, err := p.take(list, w.to)
	if err != nil {
		return response{}, err
	}
	before := w.from
	w.from = p.from
	if done {
		w.from = w.to // nothing left to share
	}
	if len(list.Created) > 0 {
		w.density = density(list.Created)
		r.covered.add(before, w.from, list.Created)
	}
	return response{window: w, pages: pages, unread: unread, from: p.from, done: done}, nil
}

// A progress is how much of created_time was read, and how many rows were in it. One
// response says little about the time after it: quiet weeks may follow an import of
// thousands of rows a minute.
type progress struct {
	rows    int
	minutes float64
}

// add counts a response that read a window from one minute to another.
func (p *progress) add(from, to time.Time, created []time.Time) {
	if from.IsZero() { // the window has no bound: it begins with its first row
		from, _, _ = span(created, false)
	}
	p.rows += len(created)
	if to.After(from) {
		p.minutes += to.Sub(from).Minutes()
	}
}

// density is the average number of rows a minute so far.
func (p *progress) density() float64 { return float64(p.rows) / (p.minutes + 1) }

// density is the number of rows a minute in a response.
func density(created []time.Time) float64 {
	first, last, _ := span(created, false)
	return float64(len(created)) / (last.Sub(first).Minutes() + 1)
}

// bound finds the end of a window without one, by a query for the newest rows. They
// count as read, except for the oldest minute among them, which may have more rows.
// It returns true where nothing is left in between.
func (r *reading) bound(ctx context.Context, w *openWindow, p *pass) (done bool, err error) {
	q := p.query
	q.CreatedOnOrAfter, q.Descending = p.from, true
	list, sent, size, err := r.ask(ctx, q)
	if err != nil {
		return false, err
	}
	_, oldest, err := span(list.Created, true)
	if err != nil {
		return false, &Error{Op: q.op(), Kind: ErrMalformed, Err: err}
	}
	whole := !list.HasMore && !list.Incomplete
	if oldest.IsZero() && !whole {
		r.ahead.release(size)
		return false, nil // only partial rows: no bound found
	}
	to := oldest.Add(time.Minute)
	one := response{window: w, sent: sent, size: size, from: p.from, done: whole, beyond: to}
	for _, page := range p.fresh(list.Pages, time.Time{}) {
		if whole || page.Partial || !page.CreatedTime.Before(to) {
			one.pages = append(one.pages, page)
		}
	}
	one.unread = p.freshUnreadable(slices.DeleteFunc(list.Unreadable, func(bad *Unreadable) bool {
		return !whole && !bad.CreatedTime.IsZero() && bad.CreatedTime.Before(to)
	}), time.Time{})
	if !r.send(ctx, one) {
		return false, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	w.to = to // only now: the caller has the rows beyond
	if whole {
		w.from = to
	}
	return whole, nil
}

// send sends a response to the caller. It returns false when the context ends.
func (r *reading) send(ctx context.Context, one response) bool {
	select {
	case r.responses <- one:
		return true
	case <-ctx.Done():
		return false
	}
}
