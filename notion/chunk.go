package notion

import (
	"slices"
	"time"
)

// A Chunk is some rows of a reading, and the windows that remain after them.
type Chunk struct {
	Pages []Page
	// Unreadable are the rows that cannot be decoded; the other rows are not affected.
	Unreadable []*Unreadable
	Responses  int       // how many responses held the rows
	Read       []Window  // windows that are complete with this portion, and were not before it
	Left       []Window  // windows still to be read after this portion; none: the reading is complete
	AsOf       time.Time // of the reading's first request; see PageList.AsOf
	Sent       time.Time // our clock, before the portion's first request was sent

	size int64 // of the responses, in the reading's share of the backlog
}

// A portion takes no further response once it has so many rows, or so many bytes of
// properties: who encodes it holds it twice.
const (
	portionRows  = 1000
	portionBytes = 16 << 20
)

// A response is what one response of Notion adds to a reading.
type response struct {
	window *openWindow
	pages  []Page
	unread []*Unreadable
	sent   time.Time // our clock, before the request was sent
	size   int64     // of the whole response, in bytes of properties
	from   time.Time // the window is read up to here
	done   bool      // the whole window is read
	beyond time.Time // everything created from here on is read too; zero: see done
}

// portion makes a portion of a response and of others that are ready.
func (r *reading) portion(one response) *Chunk {
	p := &Chunk{}
	for ready := true; ready; {
		p.Pages = append(p.Pages, one.pages...)
		p.Unreadable = append(p.Unreadable, one.unread...)
		p.size += one.size
		p.Responses++
		if p.Sent.IsZero() || one.sent.Before(p.Sent) {
			p.Sent = one.sent
		}
		p.Read = append(p.Read, r.deliver(one)...)
		if len(p.Pages) >= portionRows || p.size >= portionBytes {
			break
		}
		select {
		case one, ready = <-r.responses:
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

// deliver records that the caller has a response, and returns the windows that are
// complete with it.
func (r *reading) deliver(one response) (read []Window) {
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
