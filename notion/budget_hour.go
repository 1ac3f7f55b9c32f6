package notion

import "time"

// A Minute is what a connection did in one minute of our clock.
type Minute struct {
	At       time.Time     // its beginning, in UTC
	Requests int           // sent, retries among them
	Refused  int           // refusals that came: 429 and 529
	Waited   time.Duration // that Notion throttled the connection; see [Budget.Throttled]
}

// minutesKept is the number of minutes that a Budget remembers.
const minutesKept = 60

// An hour is a ring of the last minutes. It is not safe for concurrent use.
type hour struct {
	ring    [minutesKept]spent
	counted time.Time // throttled time up to here is in the ring
}

// spent is a minute of the ring.
type spent struct {
	minute            int64 // since 1970
	requests, refused int32
	waited            time.Duration
}

// minuteOf is the number of a minute since 1970.
func minuteOf(at time.Time) int64 { return at.Unix() / 60 }

// at is the minute of a time. What the ring had in its place is more than an hour old.
func (h *hour) at(now time.Time) *spent {
	minute := minuteOf(now)
	one := &h.ring[minute%minutesKept]
	if one.minute != minute {
		*one = spent{minute: minute}
	}
	return one
}

// throttled adds the throttled time up to now, of a pause that lasts until a time.
func (h *hour) throttled(until, now time.Time) {
	end := until
	if now.Before(end) {
		end = now
	}
	from := h.counted
	if oldest := time.Unix(60*(minuteOf(now)-minutesKept+1), 0); from.Before(oldest) {
		from = oldest // the ring has a later minute in the place of an older one
	}
	for from.Before(end) {
		next := from.Truncate(time.Minute).Add(time.Minute)
		if end.Before(next) {
			next = end
		}
		h.at(from).waited += next.Sub(from)
		from = next
	}
	h.counted = now
}

// sent counts a request that is sent now.
func (b *Budget) sent() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hour.at(time.Now()).requests++
}

// LastHour is what the connection did in the last 60 minutes up to now, the present one
// among them: the oldest first, minutes without a request too. It knows what this process
// sent.
func (b *Budget) LastHour(now time.Time) []Minute {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hour.throttled(b.pausedUntil, now)
	minutes := make([]Minute, minutesKept)
	for i := range minutes {
		at := now.Add(time.Duration(i+1-minutesKept) * time.Minute)
		minutes[i].At = time.Unix(minuteOf(at)*60, 0).UTC()
		if one := b.hour.ring[minuteOf(at)%minutesKept]; one.minute == minuteOf(at) {
			minutes[i].Requests, minutes[i].Refused, minutes[i].Waited = int(one.requests), int(one.refused), one.waited
		}
	}
	return minutes
}
