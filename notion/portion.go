package notion

import (
	"slices"
	"time"
)

// A Portion is some rows of a reading, and what is left to read once they are
// dealt with.
type Portion struct {
	Pages []Page
	// Unreadable are the rows that cannot be used, which costs no other row.
	Unreadable []*Unreadable
	Responses  int       // that the rows came in
	Read       []Window  // spans of which every row is in this portion or one before it, and not all before it
	Left       []Window  // not read yet by this portion and those before it; none: the reading is complete
	AsOf       time.Time // of the reading's first request; see PageList.AsOf
	Sent       time.Time // our clock, before the first of its requests was sent
}

// portionRows is how many rows are enough for one portion, where more are ready.
const portionRows = 1000

// A piece is one response on its way to the caller.
type piece struct {
	window *openWindow
	pages  []Page
	unread []*Unreadable
	sent   time.Time // before it was asked for
	from   time.Time // what of the window was created before is read with it
	done   bool      // the window is read with it
	beyond time.Time // what was created from then on is read with it too; zero: see done
}

// portion makes what the caller gets out of a piece and of others that are
// ready.
func (r *reading) portion(one piece) *Portion {
	p := &Portion{}
	for ready := true; ready; {
		p.Pages = append(p.Pages, one.pages...)
		p.Unreadable = append(p.Unreadable, one.unread...)
		p.Responses++
		if p.Sent.IsZero() || one.sent.Before(p.Sent) {
			p.Sent = one.sent
		}
		p.Read = append(p.Read, r.deliver(one)...)
		if len(p.Pages) >= portionRows {
			break
		}
		select {
		case one, ready = <-r.pieces:
		default:
			ready = false
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p.AsOf = r.asOf
	for _, w := range r.windows {
		p.Left = append(p.Left, Window{From: w.taken, To: w.to})
	}
	return p
}

// deliver notes that the caller has a piece, and answers with what is complete
// with it.
func (r *reading) deliver(one piece) (read []Window) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := one.window
	if one.done {
		r.windows = slices.DeleteFunc(r.windows, func(o *openWindow) bool { return o == w })
		end := w.to
		if !one.beyond.IsZero() {
			end = time.Time{} // the newest rows are among them
		}
		return []Window{{From: w.taken, To: end}}
	}
	if one.from.After(w.taken) {
		read = append(read, Window{From: w.taken, To: one.from})
		w.taken = one.from
	}
	if !one.beyond.IsZero() {
		read = append(read, Window{From: one.beyond})
	}
	return read
}
