package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"
)

// readyWithin bounds the looking round of /readyz, and lookedEvery how often that is done,
// however many ask.
const (
	readyWithin = 5 * time.Second
	lookedEvery = time.Second
)

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
	wrong, err := s.readiness.look(r.Context(), s.lookRound)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	state := readiness{Ready: len(wrong) == 0, Checks: make(map[string]string)}
	tell := s.telling(r)
	for name, err := range wrong {
		state.Checks[name] = tell(err)
	}
	status := http.StatusOK
	if !state.Ready {
		status = http.StatusServiceUnavailable
	}
	s.say(w, r, answer{status: status, body: state}, nil)
}

// telling is how a request is told what is wrong. The words name brokers, topics and
// groups: they are for who has the password, or, where none is asked for, asks by a name
// of ours.
func (s *Server) telling(r *http.Request) func(error) string {
	const untold = "something is wrong: the log of this instance tells more, and so does this page "
	switch {
	case s.login != nil && !s.login.knows(r):
		return func(error) string { return untold + "to whoever gives console.username and console.password" }
	case s.login == nil && !s.rule.IsOurs(r):
		return func(error) string {
			return untold + "where it is asked for by the name of console.public_url or console.hosts"
		}
	}
	return error.Error
}

// lookRound looks at what the daemon needs. It is no request's, so a panic in it would
// end the process.
func (s *Server) lookRound(ctx context.Context) (wrong map[string]error) {
	defer func() {
		if cause := recover(); cause != nil {
			s.log.ErrorContext(ctx, "looking whether the daemon is ready went wrong", "error", fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
			wrong = map[string]error{"instance": errors.New("looking whether it is ready went wrong; its log tells how")}
		}
	}()
	return s.backend.Ready(ctx)
}

// A lookout looks at what the daemon needs, at most once a second and for all who ask.
// The zero value is ready.
type lookout struct {
	mu   sync.Mutex
	last *glance // nil: nobody asked yet
}

// A glance is one look.
type glance struct {
	begun time.Time
	done  chan struct{}    // closed at its end
	wrong map[string]error // once done is closed; nobody changes it
}

// look answers with what is wrong, as it was a second ago at the earliest, or as a look
// that is under way finds it. The look is no caller's, so none can cut it short for the
// others.
func (l *lookout) look(ctx context.Context, ready func(context.Context) map[string]error) (wrong map[string]error, err error) {
	g := l.latest(ready)
	select {
	case <-g.done:
		return g.wrong, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// latest answers with the look that counts now, and begins one where the last is too old.
func (l *lookout) latest(ready func(context.Context) map[string]error) *glance {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last != nil && (!l.last.isOver() || time.Since(l.last.begun) < lookedEvery) {
		return l.last
	}
	g := &glance{begun: time.Now(), done: make(chan struct{})}
	l.last = g
	go func() {
		defer close(g.done)
		ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
		defer cancel()
		g.wrong = ready(ctx)
	}()
	return g
}

func (g *glance) isOver() bool {
	select {
	case <-g.done:
		return true
	default:
		return false
	}
}
