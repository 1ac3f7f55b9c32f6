package console

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// A thinkingBackend takes a while to define a source.
type thinkingBackend struct {
	*fakeBackend
	thinking atomic.Int32
	leave    chan struct{}
}

func (b *thinkingBackend) PutSource(context.Context, string, json.RawMessage, bool) (bool, error) {
	b.thinking.Add(1)
	<-b.leave
	return false, nil
}

// Validating a source takes up to a tenth of a second of CPU, and memory.
func TestFourSourcesAreDefinedAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := &thinkingBackend{fakeBackend: newFake(), leave: make(chan struct{})}
		s := newServer(t, backend, Options{})
		statuses := make(chan int, 10)
		var asking sync.WaitGroup
		for range cap(statuses) {
			asking.Go(func() { statuses <- ask(t, s.handler(), request("PUT", "/api/v1/sources/acme", "{}")).status })
		}
		synctest.Wait()
		if n := backend.thinking.Load(); n != 4 {
			t.Errorf("%d sources are defined at a time, want 4", n)
		}
		close(backend.leave)
		asking.Wait()
		for range cap(statuses) {
			if status := <-statuses; status != http.StatusOK {
				t.Errorf("status %d", status)
			}
		}
	})
}

func TestDefiningASourceTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := &thinkingBackend{fakeBackend: newFake(), leave: make(chan struct{})}
		s := newServer(t, backend, Options{})
		var asking sync.WaitGroup
		for range 4 {
			asking.Go(func() { ask(t, s.handler(), request("PUT", "/api/v1/sources/acme", "{}")) })
		}
		synctest.Wait()
		expect(t, s, request("PUT", "/api/v1/sources/acme", "{}"), http.StatusServiceUnavailable,
			"4 other sources are being defined, and this one had to wait longer than 30s: nothing was changed, try again in a moment")
		close(backend.leave)
		asking.Wait()
	})
}
