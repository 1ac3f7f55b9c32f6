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

// readyWithin bounds the checks of /readyz. checkedEvery is how often they are made at
// most, however many requests there are.
const (
	readyWithin  = 5 * time.Second
	checkedEvery = time.Second
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
	wrong, err := s.readiness.result(r.Context(), s.checkReady)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	state := readiness{Ready: len(wrong) == 0, Checks: make(map[string]string)}
	details := s.detailsFor(r)
	for name, err := range wrong {
		state.Checks[name] = details(err)
	}
	status := http.StatusOK
	if !state.Ready {
		status = http.StatusServiceUnavailable
	}
	s.respond(w, r, answer{status: status, body: state}, nil)
}

// detailsFor returns how errors are shown to a request. They name brokers, topics and
// groups, so only requests with the password see them, or, if none is set, requests to
// an accepted host name.
func (s *Server) detailsFor(r *http.Request) func(error) string {
	const hidden = "something is wrong: the log of this instance has the details, and so has this page "
	switch {
	case s.login != nil && !s.login.knows(r):
		return func(error) string { return hidden + "with console.username and console.password" }
	case s.login == nil && !s.rule.IsOurs(r):
		return func(error) string {
			return hidden + "under a host name of console.public_url or console.hosts"
		}
	}
	return error.Error
}

// checkReady checks what the daemon needs. It runs outside any request, so a panic in it
// would end the process.
func (s *Server) checkReady(ctx context.Context) (wrong map[string]error) {
	defer func() {
		if cause := recover(); cause != nil {
			s.log.ErrorContext(ctx, "checking whether the daemon is ready failed", "error", fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
			wrong = map[string]error{"instance": errors.New("checking whether it is ready failed; its log has the reason")}
		}
	}()
	return s.backend.Ready(ctx)
}

// A readyCache checks what the daemon needs, at most once a second for all requests. The
// zero value is ready to use.
type readyCache struct {
	mu    sync.Mutex
	last  *readyCheck      // nil: none yet
	known map[string]error // what the last check that is over found
}

// A readyCheck is one check.
type readyCheck struct {
	begun time.Time
	done  chan struct{}    // closed at its end
	wrong map[string]error // set before done is closed, not changed later
}

// result returns what is wrong: the result of the last check, at most a second old, or of a
// check under way. No caller owns the check, so none can cancel it for the others.
func (c *readyCache) result(ctx context.Context, ready func(context.Context) map[string]error) (wrong map[string]error, err error) {
	check := c.latest(ready)
	select {
	case <-check.done:
		return check.wrong, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// recent returns at once what the last check that is over found, and begins one if that is
// too old.
func (c *readyCache) recent(ready func(context.Context) map[string]error) map[string]error {
	c.latest(ready)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known
}

// latest returns the current check, and begins one if the last is too old.
func (c *readyCache) latest(ready func(context.Context) map[string]error) *readyCheck {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last != nil && (!c.last.isOver() || time.Since(c.last.begun) < checkedEvery) {
		return c.last
	}
	check := &readyCheck{begun: time.Now(), done: make(chan struct{})}
	c.last = check
	go func() {
		defer close(check.done)
		ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
		defer cancel()
		check.wrong = ready(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.known = check.wrong
	}()
	return check
}

func (c *readyCheck) isOver() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}
