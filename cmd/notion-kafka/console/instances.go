package console

func (s *Server) listInstances(call) (answer, error) { return ok(s.backend.Instances()), nil }
