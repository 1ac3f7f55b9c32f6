package notion

import (
	"encoding/json"
	"io/fs"
	"strings"
	"sync"
	"time"
)

// dateText is a date, or a range of two, with the zone of its times: Notion sends times with
// an offset, or without one beside the name of a zone (Notion: page-property-values).
func dateText(value json.RawMessage) string {
	date := as[struct {
		Start, End string
		Zone       string `json:"time_zone"`
	}](value)
	start, at := splitMoment(date.Start)
	end, until := splitMoment(date.End)
	if end == "" {
		return joinWords(start, at, date.Zone)
	}
	if at == until {
		at = ""
	}
	return joinWords(start, at, "→", end, until, date.Zone)
}

// momentText is a time as Notion sends it, or a day.
func momentText(text string) string { return joinWords(splitMoment(text)) }

// splitMoment returns a day or a time as it is read off a clock, and its offset from UTC; ""
// where it has none. A text that is neither is returned as it is.
func splitMoment(text string) (clock, offset string) {
	m, ok := momentOf(text)
	if !ok || m.day {
		return text, ""
	}
	clock = m.clock.Format("2006-01-02 15:04")
	if m.clock.Second() != 0 {
		clock = m.clock.Format(time.DateTime)
	}
	switch _, ahead := m.clock.Zone(); {
	case m.offset == "":
	case ahead == 0:
		offset = "UTC"
	default:
		offset = m.clock.Format("-07:00")
	}
	return clock, offset
}

// joinWords joins the words that are not empty.
func joinWords(words ...string) string {
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// A moment is a day or a time as Notion sends it.
type moment struct {
	clock  time.Time // with its offset; a day's midnight, and a time without an offset, as if in UTC
	day    bool
	offset string // of a time, as it is written, such as +02:00 or Z; "" where it has none
}

// momentOf reads a day or a time; false for another text.
func momentOf(text string) (m moment, ok bool) {
	if len(text) == len(time.DateOnly) {
		day, err := time.Parse(time.DateOnly, text)
		return moment{clock: day, day: true}, err == nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		clock, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		m.clock = clock
		switch {
		case !strings.HasSuffix(layout, "Z07:00"):
		case strings.HasSuffix(text, "Z"):
			m.offset = "Z"
		default:
			m.offset = text[len(text)-len("+00:00"):]
		}
		return m, true
	}
	return m, false
}

// in is the moment in UTC. A time without an offset is one of the zone; false where nobody
// says which zone that is.
func (m moment) in(zone string) (utc time.Time, ok bool) {
	if m.day || m.offset != "" {
		return m.clock.UTC(), true
	}
	place := placeOf(zone)
	if place == nil {
		return time.Time{}, false
	}
	year, month, day := m.clock.Date()
	hour, minute, second := m.clock.Clock()
	return time.Date(year, month, day, hour, minute, second, m.clock.Nanosecond(), place).UTC(), true
}

// places holds every *time.Location that a date has named, by its name: to load one takes
// as long as to read all values of a page. Names that are no zone are not kept.
var places sync.Map

// placeOf is the time zone of a name in the tz database; nil where it has none.
func placeOf(zone string) *time.Location {
	if place, ok := places.Load(zone); ok {
		return place.(*time.Location) //nolint:forcetypeassert // nothing else is stored
	}
	if !fs.ValidPath(zone) || zone == time.Local.String() {
		return nil // Go would take it for the zone of this machine, or for another spelling of a name
	}
	place, err := time.LoadLocation(zone)
	if err != nil {
		return nil
	}
	places.Store(zone, place)
	return place
}
