package kafka

import (
	"context"
	"time"
)

// metadataPause is how long to wait before asking again for a topic that was
// just created: brokers learn of it one after another.
const metadataPause = 50 * time.Millisecond

// askTimeout bounds one question to the cluster, the client's own tries of it
// included: it would go on for half a minute and more.
const askTimeout = 20 * time.Second

// bounded is for one question to the cluster. Who asks says it by [readable].
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, askTimeout)
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
