package console

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"notion-kafka/cmd/notion-kafka/console/pages"
	"notion-kafka/producer/control"
)

func streamNamed(streams []control.Stream, source, name string) (control.Stream, error) {
	at := slices.IndexFunc(streams, func(s control.Stream) bool { return s.Stream == name })
	if at < 0 {
		return control.Stream{}, &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("source %s has no stream %q", source, name)}
	}
	return streams[at], nil
}

func (s *Server) streamPage(r *http.Request) (pages.Page, error) {
	source, shell, err := s.sourceOf(r)
	if err != nil {
		return nil, err
	}
	streams, err := s.backend.Streams(r.Context(), source.Name)
	if err != nil {
		return nil, err
	}
	stream, err := streamNamed(streams, source.Name, r.PathValue("stream"))
	if err != nil {
		return nil, err
	}
	runs, err := s.backend.Runs(source.Name)
	return pages.NewStream(shell, source, stream, runs), err
}

func (s *Server) heldPage(r *http.Request) (pages.Page, error) {
	look := 0
	if given := r.URL.Query().Get("look"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 0 || n > pages.LookAt {
			return nil, refuse(http.StatusBadRequest, "look is how many held pages Notion is asked about, 0 to %d, not %q", pages.LookAt, given)
		}
		look = n
	}
	held, err := s.backend.Held(r.Context(), r.PathValue("source"), r.PathValue("stream"), look)
	return pages.NewHeld(s.shell(r, s.backend.Sources()), held), err
}

func (s *Server) decideHeld(c call) (string, error) {
	source, stream := c.PathValue("source"), c.PathValue("stream")
	switch decision := c.query.Get("decision"); decision {
	case "delete":
		run, err := s.backend.ConfirmDeletes(c.Context(), source, stream)
		return said(path("runs", run.ID), pages.Confirmed), err
	case "keep":
		_, err := s.backend.DismissDeletes(c.Context(), source, stream)
		return said(path("sources", source, "streams", stream), pages.Dismissed), err
	default:
		return "", refuse(http.StatusBadRequest, "the form does not say whether to delete or to keep the pages: go back, and press one of its buttons")
	}
}

// readStreamAgain sets a stream back and starts the run that reads it; a paused source
// reads it when it goes on.
func (s *Server) readStreamAgain(c call) (string, error) {
	source, stream := c.PathValue("source"), c.PathValue("stream")
	publish, err := publishes(c)
	if err != nil {
		return "", err
	}
	if err := s.backend.Reset(c.Context(), source, stream, publish); err != nil {
		return "", err
	}
	next, err := s.begin(c, control.Order{Streams: []string{stream}})
	if known, is := errors.AsType[*control.Error](err); is && known.Kind == control.Conflict {
		return said(path("sources", source, "streams", stream), pages.Reset), nil
	}
	return next, err
}
