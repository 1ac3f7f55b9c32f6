package console

import (
	"encoding/json"

	"notion-kafka/producer/control"
)

func (s *Server) discover(c call) (answer, error) {
	d, err := draftIn(c)
	if err != nil {
		return answer{}, err
	}
	found, err := s.backend.Discover(c.Context(), d)
	return ok(found), err
}

func (s *Server) sample(c call) (answer, error) {
	d, err := draftIn(c)
	if err != nil {
		return answer{}, err
	}
	sample, err := s.backend.Sample(c.Context(), d, c.query.Get("stream"))
	return ok(sample), err
}

// draftIn returns the definition in a body. It may be unfinished and wrong, but is an object.
func draftIn(c call) (control.Draft, error) {
	var spec map[string]any
	err := decode(c.body, &spec)
	return control.Draft{Spec: json.RawMessage(c.body)}, err
}
