package console

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/producer/control"
)

// running runs a console until the test or end ends it; ended then has the error of
// Run.
func running(t *testing.T, s *Server) (end context.CancelFunc, ended <-chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- s.Run(ctx) }()
	t.Cleanup(cancel)
	return cancel, result
}

// A spoken handler passes the messages of warnings and errors to the test.
type spoken struct {
	slog.Handler
	messages chan string
}

func newSpoken() spoken { return spoken{slog.DiscardHandler, make(chan string, 100)} }

func (s spoken) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (s spoken) Handle(_ context.Context, r slog.Record) error {
	s.messages <- r.Level.String() + " " + r.Message
	return nil
}

func TestTakenAddressIsServedWhenItIsFree(t *testing.T) {
	first, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := newSpoken()
	s := newServer(t, newFake(), Options{Listen: first.Addr().String(), Logger: slog.New(log)})
	s.retry = time.Millisecond
	end, ended := running(t, s)

	want := "WARN console does not serve: its address is taken, perhaps by another instance on this machine; " +
		"it serves when that ends, or set console.listen to a free address"
	if diff := cmp.Diff(want, <-log.messages); diff != "" {
		t.Errorf("the warning:\n%s", diff)
	}
	if got := s.Address(); got != "" {
		t.Errorf("address is %q before it listens", got)
	}
	first.Close()
	<-s.Serving()
	if answer := open(t, "http://"+s.Address()+"/healthz"); answer.status != http.StatusOK {
		t.Errorf("status %d", answer.status)
	}
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if more := len(log.messages); more > 0 {
		t.Errorf("there were %d more warnings: %s", more, <-log.messages)
	}
}

func TestUnusableAddressIsLoggedOnceAndDoesNotStopTheDaemon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newSpoken()
		// No machine has an address of TEST-NET-1 (RFC 5737).
		s := newServer(t, newFake(), Options{Listen: "192.0.2.1:8080", Insecure: true, Logger: slog.New(log)})
		end, ended := running(t, s)
		time.Sleep(time.Minute) // a dozen attempts
		end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		close(log.messages)
		var got []string
		for message := range log.messages {
			got = append(got, message)
		}
		want := []string{"ERROR console does not serve: this machine cannot listen on its address; " +
			`set console.listen to an address that it has, or to "" for no console`}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("what is told:\n%s", diff)
		}
	})
}

func TestTheEndDoesNotWaitForStreamsOfEvents(t *testing.T) {
	backend := newFake()
	s := newServer(t, backend, Options{})
	end, ended := running(t, s)
	<-s.Serving()
	go func() {
		run, _ := standing(control.Running)
		backend.changes <- change{run: run}
	}()
	answer := open(t, "http://"+s.Address()+"/api/v1/runs/run-1/events")
	end()
	_, data := standing(control.Running)
	if diff := cmp.Diff("event: run\nid: 1\n"+data+"\n\n", answer.rest(t)); diff != "" {
		t.Errorf("the stream:\n%s", diff)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	<-backend.left
}

func TestTheEndWaitsForRequestsUnderWay(t *testing.T) {
	asked, leave := make(chan struct{}), make(chan struct{})
	backend := slowBackend{newFake(), asked, leave}
	s := newServer(t, backend, Options{})
	end, ended := running(t, s)
	<-s.Serving()
	go func() {
		<-asked
		end()
		close(leave)
	}()
	if answer := open(t, "http://"+s.Address()+"/api/v1/catalog"); answer.status != http.StatusOK {
		t.Errorf("status %d", answer.status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A slowBackend signals each call of Catalog, and waits until it may return.
type slowBackend struct {
	*fakeBackend
	asked, leave chan struct{}
}

func (b slowBackend) Catalog(ctx context.Context) ([]control.Table, error) {
	close(b.asked)
	<-b.leave
	return b.fakeBackend.Catalog(ctx)
}

// A silentBackend returns from Catalog only when its context ends.
type silentBackend struct{ *fakeBackend }

func (silentBackend) Catalog(ctx context.Context) ([]control.Table, error) {
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

func TestRequestsEndWithinHalfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		s := newServer(t, silentBackend{newFake()}, Options{})
		expect(t, s, request("GET", "/api/v1/catalog", ""), http.StatusServiceUnavailable,
			"there was no result within 30s, and the request may still take effect: look before trying again")
		if waited := time.Since(begun); waited != 30*time.Second {
			t.Errorf("it was waited for %s", waited)
		}
	})
}
