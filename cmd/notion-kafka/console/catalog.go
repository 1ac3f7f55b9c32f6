package console

import "notion-kafka/producer/control"

// How many records of a topic are shown: by default, and at most.
const (
	fewRecords  = 20
	mostRecords = 100
)

func (s *Server) listTables(c call) (answer, error) {
	tables, err := s.backend.Catalog(c.Context())
	return ok(tables), err
}

// asyncAPI describes the topics for other tools.
func (s *Server) asyncAPI(c call) (answer, error) {
	document, err := s.backend.AsyncAPI(c.Context())
	return ok(document), err
}

func (s *Server) showTable(c call) (answer, error) {
	table, err := s.backend.Table(c.Context(), c.PathValue("topic"))
	return ok(table), err
}

func (s *Server) listRecords(c call) (answer, error) {
	limit, err := c.number("limit", fewRecords, 1, mostRecords)
	if err != nil {
		return answer{}, err
	}
	page, err := s.backend.Records(c.Context(), c.PathValue("topic"), control.RecordQuery{Limit: limit})
	return ok(page.Records), err
}
