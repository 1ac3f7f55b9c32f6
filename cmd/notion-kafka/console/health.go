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

// readyWithin bounds the checks of /readyz. lookedEvery is how often they are made at
// most, however many requests there are.
const (
	readyWithin = 5 * time.Second
	lookedEvery = time.Second
)

// health reports only that the process responds: a restart can repair nothing else.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	s.write(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte("ok"))
}

// A readiness is whether the daemon has what it needs, and what is missing.
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

// telling returns how errors are shown to a request. They name brokers, topics and
// groups, so only requests with the password see them, or, if none is set, requests to
// an accepted host name.
func (s *Server) telling(r *http.Request) func(error) string {
	const untold = "something is wrong: the log of this instance has the details, and so has this page "
	switch {
	case s.login != nil && !s.login.knows(r):
		return func(error) string { return untold + "with console.username and console.password" }
	case s.login == nil && !s.rule.IsOurs(r):
		return func(error) string {
			return untold + "under a host name of console.public_url or console.hosts"
		}
	}
	return error.Error
}

// lookRound checks what the daemon needs. It runs outside any request, so a panic in it
// would end the process.
func (s *Server) lookRound(ctx context.Context) (wrong map[string]error) {
	defer func() {
		if cause := recover(); cause != nil {
			s.log.ErrorContext(ctx, "checking whether the daemon is ready failed", "error", fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
			wrong = map[string]error{"instance": errors.New("checking whether it is ready failed; its log has the reason")}
		}
	}()
	return s.backend.Ready(ctx)
}

// A lookout checks what the daemon needs, at most once a second for all requests. The
// zero value is ready to use.
type lookout struct {
	mu   sync.Mutex
	last *glance // nil: none yet
}

// A glance is one check.
type glance struct {
	begun time.Time
	done  chan struct{}    // closed at its end
	wrong map[string]error // set before done is closed, not changed later
}

// look returns what is wrong: the result of the last check, at most a second old, or of a
// check under way. No caller owns the check, so none can cancel it for the others.
func (l *lookout) look(ctx context.Context, ready func(context.Context) map[string]error) (wrong map[string]error, err error) {
	g := l.latest(ready)
	select {
	case <-g.done:
		return g.wrong, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// latest returns the current check, and begins one if the last is too old.
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
