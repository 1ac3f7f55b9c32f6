package console

import (
	"net/http"

	"notion-kafka/producer/control"
)

func (s *Server) listStreams(c call) (answer, error) {
	streams, err := s.backend.Streams(c.Context(), c.PathValue("source"))
	return ok(streams), err
}

func (s *Server) showCursor(c call) (answer, error) {
	position, err := s.backend.Position(c.Context(), c.PathValue("source"), c.PathValue("stream"))
	return ok(position), err
}

func (s *Server) resetCursor(c call) (answer, error) {
	forget := false
	if c.query.Has("forget") {
		switch given := c.query.Get("forget"); given {
		case "true":
			forget = true
		case "false":
		default:
			return answer{}, refuse(http.StatusBadRequest, "query parameter forget must be true or false, not %q", given)
		}
	}
	err := s.backend.Reset(c.Context(), c.PathValue("source"), c.PathValue("stream"), forget)
	return answer{status: http.StatusNoContent}, err
}

// mostLooked is how many held pages Notion is asked about for one request.
const mostLooked = 100

func (s *Server) showHeld(c call) (answer, error) {
	look, err := c.number("look", 0, 0, mostLooked)
	if err != nil {
		return answer{}, err
	}
	held, err := s.backend.Held(c.Context(), c.PathValue("source"), c.PathValue("stream"), look)
	return ok(held), err
}

func (s *Server) confirmDeletes(c call) (answer, error) {
	run, err := s.backend.ConfirmDeletes(c.Context(), c.PathValue("source"), c.PathValue("stream"))
	return ordered(run), err
}

func (s *Server) dismissDeletes(c call) (answer, error) {
	held, err := s.backend.DismissDeletes(c.Context(), c.PathValue("source"), c.PathValue("stream"))
	return ok(struct {
		Dismissed int `json:"dismissed"`
	}{held}), err
}

// ordered is the response to a request that starts a run.
func ordered(run control.Run) answer {
	return answer{status: http.StatusAccepted, location: runPath(run.ID), body: run}
}
