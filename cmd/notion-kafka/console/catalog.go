package console

import (
	"net/http"
	"strconv"
)

// How many records of a topic are shown: by default, and at most.
const (
	fewRecords  = 20
	mostRecords = 100
)

func (s *Server) listTables(c call) (answer, error) {
	tables, err := s.backend.Catalog(c.Context())
	return ok(tables), err
}

func (s *Server) listRecords(c call) (answer, error) {
	limit := fewRecords
	if c.query.Has("limit") {
		given := c.query.Get("limit")
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 || n > mostRecords {
			return answer{}, refuse(http.StatusBadRequest, "query parameter limit must be a whole number from 1 to %d, not %q", mostRecords, given)
		}
		limit = n
	}
	records, err := s.backend.Records(c.Context(), c.PathValue("topic"), limit)
	return ok(records), err
}
