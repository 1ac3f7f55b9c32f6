package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// within makes a call of the client library and does not wait for it beyond the end
// of ctx. The library itself would wait: whatever its context, a request waits for
// connections that earlier requests are making, and for the answers to those requests
// (franz-go 1.22: broker.waitResp). A call that is left behind ends when its client
// is closed, or with the library's own timeouts.
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

// doWithin is within for a call without a result.
func doWithin(ctx context.Context, call func() error) error {
	_, err := within(ctx, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

// closeTimeout bounds the closing of a client, which waits for its connections and
// signs off at brokers.
const closeTimeout = 3 * time.Second

// closeClient closes a client. If that takes long, it returns while the client is
// still closing.
func closeClient(client *kgo.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = doWithin(ctx, func() error { client.Close(); return nil }) // a call that is left behind ends by itself
}
