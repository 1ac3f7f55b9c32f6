package console

import (
	"context"
	"iter"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"

	"notion-kafka/producer/control"
)

// A crowdedBackend has a run that never ends.
type crowdedBackend struct{ *fakeBackend }

func (b *crowdedBackend) Run(string) (control.Run, *control.Log, error) { return b.run, nil, nil }

func (b *crowdedBackend) Follow(ctx context.Context, _ string) iter.Seq2[control.Run, error] {
	return func(yield func(control.Run, error) bool) {
		if yield(b.run, nil) {
			<-ctx.Done()
		}
	}
}

// A stream of events takes a connection, two goroutines and a run in memory.
func TestStreamsOfEventsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		backend := &crowdedBackend{fakeBackend: newFake()}
		backend.run.Status = control.Running
		s := newServer(t, backend, Options{})
		handler := s.handler()
		var following sync.WaitGroup
		for range mostStreams {
			following.Go(func() {
				handler.ServeHTTP(httptest.NewRecorder(), request("GET", "/api/v1/runs/run-1/events", ""))
			})
		}
		synctest.Wait()
		expect(t, s, request("GET", "/api/v1/runs/run-1/events", ""), http.StatusServiceUnavailable,
			"this instance has its maximum of 256 streams of events open: try again later, or poll GET /api/v1/runs/{id}")
		close(s.ending)
		following.Wait()
		if n := len(s.streams); n != 0 {
			t.Errorf("%d are counted as open in the end", n)
		}
	})
}
