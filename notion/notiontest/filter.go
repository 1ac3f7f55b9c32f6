package notiontest

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
)

// A filter is one condition on rows, or several joined (Notion:
// filter-data-source-entries).
type filter struct {
	join  string    // "and", "or"; "" for a single condition
	inner []*filter // joined by join
	stamp Kind      // created_time or last_edited_time of a timestamp condition
	span  span      // the times that match the timestamp condition
	match func(*row) bool
}

// filterDepth is how deep compound filters nest: an "or" inside an "and", no deeper.
const filterDepth = 2

// parseFilter reads a filter of a query on d. place is its path in the body.
func (w *Workspace) parseFilter(d *DataSource, raw []byte, place string, depth int) (*filter, *failure) {
	list, err := splitObject(raw)
	if err != nil {
		return nil, invalid("body failed validation: %s should be an object, instead was `%s`.", place, raw)
	}
	set, f := memberSet(place, list, append([]string{"and", "or", "timestamp", "property", "type"}, conditionKinds()...)...)
	if f != nil {
		return nil, f
	}
	for _, join := range []string{"and", "or"} {
		if set[join] != nil {
			return w.parseJoin(d, set, list, join, place, depth)
		}
	}
	var subject string
	switch {
	case set["timestamp"] != nil && set["property"] != nil:
		return nil, unexpected(place, "property", set["property"])
	case set["timestamp"] != nil:
		if json.Unmarshal(set["timestamp"], &subject) != nil || subject != "created_time" && subject != "last_edited_time" {
			return nil, invalid("body failed validation: %s.timestamp should be `\"created_time\"` or `\"last_edited_time\"`, instead was `%s`.", place, set["timestamp"])
		}
		for _, m := range list {
			if m.name != "timestamp" && m.name != subject && m.name != "type" {
				return nil, unexpected(place, m.name, m.value)
			}
		}
		condition, f := oneMember(set[subject], place+"."+subject)
		if f != nil {
			return nil, f
		}
		span, f := parseSpan(condition, place+"."+subject, !w.opts.FilterMilliseconds)
		return &filter{stamp: Kind(subject), span: span}, f
	case set["property"] != nil && json.Unmarshal(set["property"], &subject) == nil:
		return w.parsePropertyFilter(d, list, subject, place)
	default:
		return nil, invalid("body failed validation: %s should have `and`, `or`, `property` or `timestamp` defined.", place)
	}
}

// parseJoin reads {"and": […]} or {"or": […]}.
func (w *Workspace) parseJoin(d *DataSource, set map[string][]byte, list []member, join, place string, depth int) (*filter, *failure) {
	for _, m := range list {
		if m.name != join {
			return nil, unexpected(place, m.name, m.value)
		}
	}
	if depth == filterDepth {
		return nil, invalid("body failed validation: %s.%s should be not present: compound filters nest two levels deep at most.", place, join)
	}
	var items []json.RawMessage
	if json.Unmarshal(set[join], &items) != nil || len(items) > 100 {
		return nil, invalid("body failed validation: %s.%s should be an array of at most 100 filters.", place, join)
	}
	joined := &filter{join: join}
	for _, item := range items {
		one, f := w.parseFilter(d, item, place+"."+join, depth+1)
		if f != nil {
			return nil, f
		}
		joined.inner = append(joined.inner, one)
	}
	return joined, nil
}

// matches reports whether a row passes the filter. A nil filter passes all rows.
func (f *filter) matches(r *row) bool {
	switch {
	case f == nil:
		return true
	case f.join == "and":
		return !slices.ContainsFunc(f.inner, func(one *filter) bool { return !one.matches(r) })
	case f.join == "or":
		return slices.ContainsFunc(f.inner, func(one *filter) bool { return one.matches(r) })
	case f.stamp == KindCreatedTime:
		return f.span.holds(r.created)
	case f.stamp == KindLastEditedTime:
		return f.span.holds(r.edited)
	default:
		return f.match(r)
	}
}

// bounds returns spans that hold all matching rows. exact says that every row within
// them matches.
func (f *filter) bounds() (created, edited span, exact bool) {
	created, edited = always, always
	switch {
	case f == nil:
		return created, edited, true
	case f.join == "and":
		exact = true
		for _, one := range f.inner {
			c, e, x := one.bounds()
			created, edited, exact = created.and(c), edited.and(e), exact && x
		}
		return created, edited, exact
	case f.stamp == KindCreatedTime:
		return f.span, edited, true
	case f.stamp == KindLastEditedTime:
		return created, f.span, true
	default:
		return created, edited, false
	}
}

// oneMember reads an object with exactly one member, such as a condition.
func oneMember(raw []byte, place string) (member, *failure) {
	list, err := splitObject(raw)
	if err != nil || len(list) != 1 {
		return member{}, invalid("body failed validation: %s should be an object with one condition, instead was `%s`.", place, raw)
	}
	return list[0], nil
}

// parseSpan reads a condition on a time. With floor it is for floored times: a bound
// in the middle of a minute acts like one at its end.
func parseSpan(condition member, place string, floor bool) (span, *failure) {
	var text string
	var from, before int64 // of the moment, or of the whole UTC day
	bad := json.Unmarshal(condition.value, &text) != nil
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		from, before = at.UnixMilli(), at.UnixMilli()+1
	} else if day, err := time.Parse(time.DateOnly, text); err == nil {
		from, before = day.UnixMilli(), day.AddDate(0, 0, 1).UnixMilli()
	} else {
		bad = true
	}
	var s span
	switch condition.name {
	case "equals":
		s = span{from, before}
	case "before":
		s = span{math.MinInt64, from}
	case "after":
		s = span{before, math.MaxInt64}
	case "on_or_before":
		s = span{math.MinInt64, before}
	case "on_or_after":
		s = span{from, math.MaxInt64}
	default:
		return s, unexpected(place, condition.name, condition.value)
	}
	if bad {
		return s, invalid("body failed validation: %s.%s should be a valid ISO 8601 date string, instead was `%s`.", place, condition.name, condition.value)
	}
	if floor { // floored(t) in [from, before) is t in [up(from), up(before))
		s = span{roundedUp(s.from), roundedUp(s.before)}
	}
	return s, nil
}

// roundedUp is ms rounded up to the minute.
func roundedUp(ms int64) int64 {
	if ms == math.MinInt64 || ms == math.MaxInt64 || floored(ms) == ms {
		return ms
	}
	return floored(ms) + minute
}

// conditionKinds are the possible keys of a condition. Filters by formulas, rollups
// and verifications are not simulated.
func conditionKinds() []string {
	return strings.Fields("title rich_text url email phone_number number unique_id checkbox select status multi_select date " +
		"created_time last_edited_time people created_by last_edited_by relation files")
}
