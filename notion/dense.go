package notion

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// A denseMinute is a minute in which more rows were created than one query shows. A
// query cannot select less than a minute by time, so the minute is read in parts,
// which are selected by conditions on one property. A part that Notion caps as well is
// divided in two.
//
// Nothing is missing when each part was read to its end without a cap: every row has a
// value that meets a condition or its opposite, or it has none and is in the part of
// rows without a value. Neither the order of rows nor what a number or a title looks
// like matters for that, only for how many requests it takes. A value that changes
// between the queries of two parts may take its row out of both. Such a row was edited
// after the reading began; see [Client.ReadAll].
type denseMinute struct {
	reading *reading
	window  *openWindow
	pass    *pass
	query   Query // for all rows of the minute
	// unproven are the rows that only capped responses had so far, see prove.
	unproven map[string]bool
}

// askWhetherDense asks whether the minute of a pass, of which it follows the cursors of a
// larger query, reaches the cap alone. Notion says so in each response (Notion:
// query-a-data-source).
func (r *reading) askWhetherDense(ctx context.Context, p *pass) error {
	q := p.query
	q.CreatedOnOrAfter, q.CreatedBefore, q.PageSize = p.from, p.from.Add(time.Minute), 1
	list, err := r.client.Query(ctx, q)
	if err == nil && list.Incomplete {
		p.alone, p.dense, p.cursor = true, true, ""
	}
	return err
}

// readDense reads the minute of a pass in parts. It returns whether the window is
// thereby read to its end.
func (r *reading) readDense(ctx context.Context, w *openWindow, p *pass) (done bool, err error) {
	m := &denseMinute{reading: r, window: w, pass: p, query: p.query, unproven: maps.Clone(p.seen)}
	m.query.CreatedOnOrAfter, m.query.CreatedBefore = p.from, p.from.Add(time.Minute)
	parts, err := m.parts(ctx)
	if err != nil {
		return false, err
	}
	for len(parts) > 0 {
		last := len(parts) - 1
		halves, err := m.readPart(ctx, parts[last])
		if err != nil {
			return false, err
		}
		parts = append(parts[:last], halves...)
	}
	if err := m.prove(ctx); err != nil {
		return false, err
	}
	r.mu.Lock()
	done = p.leave(w.to)
	w.from = p.from
	r.mu.Unlock()
	if !r.send(ctx, response{window: w, sent: time.Now(), from: p.from, done: done}) {
		return false, ctx.Err()
	}
	return done, nil
}

// parts are the first two parts of the minute: the rows without a value, which are read
// last, and all rows. The latter are divided by unique ids, or by titles where there are
// none.
func (m *denseMinute) parts(ctx context.Context) ([]part, error) {
	if m.query.UniqueID != "" {
		all, err := m.numbers(ctx)
		if !errors.Is(err, ErrInvalidRequest) { // otherwise the property is gone, or of another type
			return []part{withoutNumber(all.property), all}, err
		}
	}
	if len(m.query.Properties) > 0 && len(m.query.Properties) < maxFilterProperties && !hasID(m.query.Properties, titleID) {
		m.query.Properties = append(slices.Clone(m.query.Properties), titleID)
	}
	return []part{withoutTitle{}, titled{}}, nil
}

// numbers are all unique ids, with a guess at the lowest and the highest of the minute.
func (m *denseMinute) numbers(ctx context.Context) (all numbered, err error) {
	all = numbered{from: noFirst, before: noLast, lowest: -mostExact, highest: mostExact}
	for _, id := range []string{plainID(m.query.UniqueID), m.query.UniqueID} { // which of them a filter wants is not documented
		all.property = id
		if all.lowest, err = m.number(ctx, id, "ascending", -mostExact); err == nil {
			all.highest, err = m.number(ctx, id, "descending", mostExact)
		}
		if !errors.Is(err, ErrInvalidRequest) {
			return all, err
		}
	}
	return all, err
}

// number is the unique id of the first row in an order; otherwise where it shows none.
func (m *denseMinute) number(ctx context.Context, property, direction string, otherwise int64) (int64, error) {
	q := m.query
	q.PageSize, q.Properties = 1, []string{q.UniqueID}
	q.conditions = []propertyFilter{{Property: property, UniqueID: &numberCondition{IsNotEmpty: true}}}
	q.by = &sortBy{Property: property, Direction: direction}
	list, err := m.reading.client.Query(ctx, q)
	if err != nil || len(list.Pages) == 0 {
		return otherwise, err
	}
	if number, ok := uniqueNumber(&list.Pages[0], q.UniqueID); ok {
		return number, nil
	}
	return otherwise, nil
}

// readPart reads a part, again where its cursors lead nowhere. Where Notion caps it, the
// parts to read instead are returned.
func (m *denseMinute) readPart(ctx context.Context, one part) (halves []part, err error) {
	for restarts := 0; ; restarts++ {
		if restarts > 0 { // after a wait the cursors may lead to the end
			if err := sleep(ctx, backoff(restarts)); err != nil {
				return nil, err
			}
		}
		halves, err = m.follow(ctx, one)
		switch {
		case err == nil, !leadsAstray(err):
			return halves, err
		case restarts < maxRestarts:
		case errors.Is(err, errRepeated):
			return nil, m.pass.unstable()
		default:
			return nil, err
		}
	}
}

// follow reads a part from its first response to its last. Where Notion says that it caps
// the part, it reads only until it has enough titles to divide it.
func (m *denseMinute) follow(ctx context.Context, one part) (halves []part, err error) {
	q := one.of(m.query)
	followed, rows, titles, capped := followedCursors{op: q.op()}, chain{}, []string(nil), false
	for {
		q.PageSize = m.pass.query.PageSize
		sent := time.Now()
		list, err := m.reading.client.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		if err := m.hand(ctx, list, sent); err != nil {
			return nil, err
		}
		again := rows.repeats(list, q.Cursor != "")
		titles = appendTitles(titles, list.Pages)
		capped = capped || list.Incomplete
		if capped {
			halves = one.halves(titles)
		}
		switch {
		case len(halves) > 0:
			for id := range rows {
				m.unproven[id] = m.pass.seen[id]
			}
			return halves, nil
		case capped && (!list.HasMore || len(titles) == mostTitles):
			return nil, m.pass.capped()
		case again:
			return nil, errRepeated
		}
		q.Cursor, err = followed.next(listEnd{hasMore: list.HasMore, nextCursor: list.NextCursor}, len(list.Created))
		if err != nil {
			return nil, err
		}
		if q.Cursor == "" {
			for id := range rows {
				delete(m.unproven, id)
			}
			return nil, nil
		}
	}
}

// hand gives the caller the rows of a response that it does not have yet.
func (m *denseMinute) hand(ctx context.Context, list *PageList, sent time.Time) error {
	r, w, p := m.reading, m.window, m.pass
	r.mu.Lock()
	one := response{window: w, sent: sent, from: p.from, unread: p.freshUnreadable(list.Unreadable, w.to), pages: p.fresh(list.Pages, w.to)}
	r.mu.Unlock()
	p.sized(list.PageSize)
	p.remember(list.Pages)
	if !r.send(ctx, one) {
		return ctx.Err()
	}
	return nil
}

// mostLooks is how many rows are looked at, each by a request, to tell whether conditions
// select every row.
const mostLooks = 20

// prove looks for rows of the minute that no condition selected, although responses that
// Notion capped had them: then others may be missing, and Notion's filters are not what
// its documentation says. Rows that were edited or went meanwhile prove nothing.
func (m *denseMinute) prove(ctx context.Context) error {
	m.reading.mu.Lock()
	began := floor(m.reading.asOf)
	m.reading.mu.Unlock()
	looks := 0
	for id, unproven := range m.unproven {
		if !unproven {
			continue
		}
		if looks++; looks > mostLooks {
			return nil
		}
		page, err := m.reading.client.Page(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return err
		}
		went := page.Partial || page.InTrash || page.IsArchived != m.query.Archived
		if !went && page.LastEditedTime.Before(began) {
			return &Error{
				Op: m.query.op(), Kind: ErrIncomplete,
				Message: "no filter of Notion's selects page " + id + " among those created in the minute " + minute(m.pass.from) + ", so others may be left out",
			}
		}
	}
	return nil
}
