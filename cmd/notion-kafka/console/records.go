package console

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"notion-kafka/producer/control"
)

// How many records of a topic are shown: by default, and at most.
const (
	fewRecords  = 20
	mostRecords = 100
)

// boundHeader says which records were not looked at, because a request looks at a bounded
// number of them.
const boundHeader = "Notion-Kafka-Bound"

func (s *Server) listRecords(c call) (answer, error) {
	query, err := c.recordQuery()
	if err != nil {
		return answer{}, err
	}
	page, err := s.backend.Records(c.Context(), c.PathValue("topic"), query)
	a := ok(page.Records)
	a.bound = page.Bound
	if page.Next != nil {
		next := maps.Clone(c.query)
		next.Set("before", control.FormatBefore(page.Next))
		a.next = "records?" + next.Encode()
	}
	return a, err
}

// recordQuery returns the records that the query parameters choose.
func (c call) recordQuery() (query control.RecordQuery, err error) {
	query = control.RecordQuery{Key: c.query.Get("key"), Op: c.query.Get("op"), Text: c.query.Get("text")}
	if err := checkOp(query.Op); err != nil {
		return query, err
	}
	if query.Limit, err = c.number("limit", fewRecords, 1, mostRecords); err != nil {
		return query, err
	}
	if query.Before, err = control.ParseBefore(c.query.Get("before")); err != nil {
		return query, refuse(http.StatusBadRequest, "query parameter before %v", err)
	}
	switch view := c.query.Get("view"); view {
	case "now":
		query.Now = true
	case "log", "":
	default:
		return query, refuse(http.StatusBadRequest, "query parameter view must be log, for all records, or now, for the last one of each key, not %q", view)
	}
	return query, nil
}

// checkOp refuses an operation that no record of ours has.
func checkOp(op string) error {
	if op == "" || slices.Contains(control.Ops, op) {
		return nil
	}
	return refuse(http.StatusBadRequest, "query parameter op must be one of %s, not %q", strings.Join(control.Ops, ", "), op)
}

func (s *Server) showRecord(c call) (answer, error) {
	partition, offset, err := placeOf(c.Request)
	if err != nil {
		return answer{}, err
	}
	record, err := s.backend.Record(c.Context(), c.PathValue("topic"), partition, offset)
	return ok(record), err
}

func (s *Server) showHistory(c call) (answer, error) {
	key := c.query.Get("key")
	if key == "" {
		return answer{}, refuse(http.StatusBadRequest, "query parameter key is missing: give the key of a record, which is the id of its page, dashed and in lower case")
	}
	history, err := s.backend.History(c.Context(), c.PathValue("topic"), key)
	a := ok(history.Versions)
	a.bound = history.Bound
	return a, err
}

// plainASCII returns a text that a header can have: other characters become question marks.
func plainASCII(text string) string {
	const most = 1000
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), most)]
}
