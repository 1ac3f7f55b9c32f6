package console

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
