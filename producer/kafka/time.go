package kafka

import (
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// metadataPause is the wait before looking up a new topic again: brokers learn of it
// one after another.
const metadataPause = 20 * time.Millisecond

// requestTimeout bounds one request to the cluster, the client's own retries
// included: they would go on for half a minute and more.
const requestTimeout = 20 * time.Second

// bounded returns the context of one request to the cluster. Callers report its end
// by [readable].
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, requestTimeout)
}

// longestOutage is how long [Patiently] begins a call again.
const longestOutage = 30 * time.Second

// Patiently repeats a call while no broker can be dialled, or brokers close their
// connections, as in the restart of a cluster of one: Kafka's client does not repeat a
// request then. It calls waits once, before the first of its growing pauses. The last call
// begins half a minute after the first one, at most.
func Patiently(ctx context.Context, waits func(error), call func() error) error {
	began := time.Now()
	for rest := 100 * time.Millisecond; ; rest = min(2*rest, 5*time.Second) {
		err := call()
		if !isAway(err) || time.Since(began)+rest > longestOutage {
			return err
		}
		if waits != nil {
			waits(err)
			waits = nil
		}
		if pause(ctx, rest) != nil {
			return err
		}
	}
}

// isAway reports whether an error means that there was no connection to a broker. A broker
// that refuses us in TLS is there.
func isAway(err error) bool {
	if failed, is := errors.AsType[*net.OpError](err); is {
		return failed.Op == "dial" || failed.Op == "read" || failed.Op == "write"
	}
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed)
}

// pause waits, or ends early with the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
