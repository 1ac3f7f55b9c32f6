package console

import (
	"context"
	"net/http"
	"time"
)

// readyWithin bounds the looking round of /readyz.
const readyWithin = 5 * time.Second

// health says that the process answers, which is all that a restart could mend.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	s.write(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte("ok"))
}

// A readiness is whether the daemon has what it needs, and what it has not.
type readiness struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks"` // what is wrong, by the name of what is needed
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	wrong := s.backend.Ready(ctx)
	state := readiness{Ready: len(wrong) == 0, Checks: make(map[string]string)}
	for name, err := range wrong {
		state.Checks[name] = err.Error()
	}
	status := http.StatusOK
	if !state.Ready {
		status = http.StatusServiceUnavailable
	}
	s.say(w, r, answer{status: status, body: state}, nil)
}
