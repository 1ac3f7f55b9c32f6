package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/net/netutil"
)

// The time limits of a request. Streams of events have their own, see events.go.
const (
	headerWithin = 10 * time.Second
	readWithin   = 30 * time.Second // headers and body
	answerWithin = 30 * time.Second // the backend's work
	writeWithin  = 30 * time.Second
	idleFor      = 2 * time.Minute
	endWithin    = 5 * time.Second
)

// maxHeader is the largest size of all headers of a request, in bytes.
const maxHeader = 64 << 10

// Run serves until ctx ends; then requests under way have 5 s, and streams of events end
// at once. If listening fails, it tries again every 5 s: another instance on this machine
// may have the address, and end.
func (s *Server) Run(ctx context.Context) error {
	listener := s.open(ctx)
	if listener == nil {
		return nil
	}
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, WriteTimeout: readWithin + answerWithin + writeWithin,
		IdleTimeout: idleFor, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	s.address = listener.Addr().String()
	close(s.serving)
	s.log.InfoContext(ctx, "console is serving", "address", s.address)

	ended := make(chan error, 1)
	go func() { ended <- server.Serve(netutil.LimitListener(listener, mostConnections)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving the console on %s: %w", s.address, err)
	case <-ctx.Done():
	}
	close(s.ending)
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	if err := server.Shutdown(bounded); err != nil {
		_ = server.Close() // requests that did not end in time
	}
	return nil
}

// Serving is closed once the console listens.
func (s *Server) Serving() <-chan struct{} { return s.serving }

// Address returns the host:port that the console listens on, "" before it does.
func (s *Server) Address() string {
	select {
	case <-s.serving:
		return s.address
	default:
		return ""
	}
}

// open retries until it listens; nil if ctx ended first. It logs each reason for waiting
// once.
func (s *Server) open(ctx context.Context) net.Listener {
	said := ""
	for {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
		if err == nil {
			return listener
		}
		if ctx.Err() != nil {
			return nil
		}
		if said != err.Error() {
			said = err.Error()
			s.sayClosed(ctx, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(s.retry):
		}
	}
}

func (s *Server) sayClosed(ctx context.Context, err error) {
	if errors.Is(err, syscall.EADDRINUSE) {
		s.log.WarnContext(ctx, "console does not serve: its address is taken, perhaps by another instance on this machine; "+
			"it serves when that ends, or set console.listen to a free address",
			"address", s.listen, "retry_every", s.retry)
		return
	}
	s.log.ErrorContext(ctx, "console does not serve: this machine cannot listen on its address; "+
		"set console.listen to an address that it has, or to \"\" for no console",
		"address", s.listen, "error", err, "retry_every", s.retry)
}
