package notion

import "time"

// A date holds the members of a date, as Notion sends them; "" for null.
type date struct {
	start, end, zone string
	bad              bool // it is no date
}

// date takes a value.
func (r *fastReader) date() (d date) {
	if r.kind() != '{' {
		return date{bad: true}
	}
	for r.enter(); r.next(); {
		var into *string
		switch string(nameOf(r.name())) {
		case "start":
			into = &d.start
		case "end":
			into = &d.end
		case "time_zone":
			into = &d.zone
		default:
			r.value()
			continue
		}
		literal := r.value()
		text, ok := textIn(literal)
		*into, d.bad = text, d.bad || !ok && !isNull(literal)
	}
	d.bad = d.bad || d.start == ""
	return d
}

// text is the date as Notion sends it, in the form of ISO 8601: its start, or both its ends.
func (d date) text() string {
	if d.end == "" {
		return d.start
	}
	return d.start + "/" + d.end
}

// flat is the date as moments; false where one of its ends is none.
func (d date) flat() (flat Flat, ok bool) {
	begin, ok := momentOf(d.start)
	if d.bad || !ok {
		return flat, false
	}
	flat.Type = FlatMoment
	if flat.Moment, ok = begin.in(d.zone); !ok {
		return flat, false
	}
	if !begin.day {
		flat.TimeZone = d.zone
		if d.zone == "" {
			flat.TimeZone = begin.offset
		}
	}
	flat.End, ok = d.endIn()
	return flat, ok
}

func (d date) endIn() (time.Time, bool) {
	if d.end == "" {
		return time.Time{}, true
	}
	m, ok := momentOf(d.end)
	if !ok {
		return time.Time{}, false
	}
	return m.in(d.zone)
}
