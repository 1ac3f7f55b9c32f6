package notion

import (
	"encoding/json"
	"strings"
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
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		clock = t.Format("2006-01-02 15:04")
		if t.Second() != 0 {
			clock = t.Format(time.DateTime)
		}
		switch _, ahead := t.Zone(); {
		case !strings.HasSuffix(layout, "Z07:00"):
		case ahead == 0:
			offset = "UTC"
		default:
			offset = t.Format("-07:00")
		}
		return clock, offset
	}
	return text, ""
}

// joinWords joins the words that are not empty.
func joinWords(words ...string) string {
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}
