package console

func (s *Server) findPlace(c call) (answer, error) {
	found, err := s.backend.Find(c.Context(), c.query.Get("page"))
	return ok(found), err
}
