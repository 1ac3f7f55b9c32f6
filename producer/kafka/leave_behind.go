package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// within makes a call of the client library and does not wait for it beyond the end
// of ctx. The library does: whatever its context says, a request waits for the
// connections that others before it have made, and for the answers to them (franz-go
// 1.22: broker.waitResp). A call that is left behind ends when its client is closed,
// or with the library's own timeouts.
func within[T any](ctx context.Context, call func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := call()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
	}
	select {
	case o := <-done: // both were ready
		return o.value, o.err
	default:
		var none T
		return none, context.Cause(ctx)
	}
}

// ended is within for a call that has no result.
func ended(ctx context.Context, call func() error) error {
	_, err := within(ctx, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

// closeTimeout bounds the end of a client, which waits for what its connections are
// at and tells brokers goodbye.
const closeTimeout = 3 * time.Second

// closeClient closes a client, and leaves the rest of that behind where it takes long.
func closeClient(client *kgo.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = ended(ctx, func() error { client.Close(); return nil }) // what is left behind ends by itself
}
