package kafka

import (
	"context"
	"time"
)

// metadataPause is how long to wait before asking again for a topic that was
// just created: brokers learn of it one after another.
const metadataPause = 50 * time.Millisecond

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
