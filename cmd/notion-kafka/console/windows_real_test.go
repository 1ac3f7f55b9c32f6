//go:build real

package console

import (
	"context"
	"iter"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"notion-kafka/cmd/notion-kafka/console/browsertest"
	"notion-kafka/producer/control"
)

// An endless backend has a run that goes on, and counts who follows it.
type endless struct {
	*fakeBackend
	following atomic.Int32
}

func (b *endless) Run(id string) (control.Run, *control.Log, error) {
	run, log, err := b.fakeBackend.Run(id)
	run.Status, run.FinishedAt = control.Running, time.Time{}
	return run, log, err
}

func (b *endless) Follow(ctx context.Context, id string) iter.Seq2[control.Run, error] {
	return func(yield func(control.Run, error) bool) {
		b.following.Add(1)
		defer b.following.Add(-1)
		run, _, err := b.Run(id)
		yield(run, err)
		<-ctx.Done()
	}
}

// Browsers open six connections to a console. Only the window with the focus holds a stream
// of events, so eight that show a running run leave room for each other.
func TestBrowserWindowsBesideEachOther(t *testing.T) {
	backend := &endless{fakeBackend: newFake()}
	console := newServer(t, backend, Options{})
	server := httptest.NewServer(console.handler())
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(console.ending) })
	tab := browsertest.Start(t.Context(), t).Tab(t, browsertest.Width(1280))
	at := "http://localhost:" + portOf(t, server.URL) + "/runs/run-1"
	for range 8 {
		tab.Open(at)
		tab.AwaitText("#live-state", "Live")
		tab.Focus(false)
		tab = tab.Beside(browsertest.Width(1280))
	}
}
