package kafka

import (
	"context"
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

// longestOutage is how long [Patiently] repeats a call: a broker that restarts is back
// within it.
const longestOutage = time.Minute

// Patiently repeats a call while its error may pass by itself ([Transient]), with growing
// pauses, for a minute. The client repeats most requests by itself, but none while no
// broker can be dialled.
func Patiently(ctx context.Context, call func() error) error {
	began := time.Now()
	for rest := 100 * time.Millisecond; ; rest = min(2*rest, 5*time.Second) {
		err := call()
		if err == nil || !Transient(err) || time.Since(began)+rest > longestOutage || pause(ctx, rest) != nil {
			return err
		}
	}
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
