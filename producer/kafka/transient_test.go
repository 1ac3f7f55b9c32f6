package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
)

// Transient errors may pass by themselves; the others wait for a person.
func TestTransient(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	tests := map[string]struct {
		err  error
		want bool
	}{
		"no broker there":                {fmt.Errorf("unable to dial: %w", refused), true},
		"connection cut":                 {fmt.Errorf("looking up topic x: %w", io.EOF), true},
		"no answer in time":              {readable(context.DeadlineExceeded), true},
		"a new leader is being chosen":   {fmt.Errorf("reading: %w", kerr.NotLeaderForPartition), true},
		"coordinator loading":            {kerr.CoordinatorLoadInProgress, true},
		"another process initialised":    {fmt.Errorf("%w: %w", ErrFenced, kerr.InvalidProducerEpoch), true},
		"nobody knows":                   {fmt.Errorf("%w: %w", ErrUnknown, errNoAnswer), true},
		"no rights on the topic":         {fmt.Errorf("creating: %w", kerr.TopicAuthorizationFailed), false},
		"no rights to transactions":      {fmt.Errorf("%w: %w", ErrUnknown, kerr.TransactionalIDAuthorizationFailed), false},
		"timeout not allowed":            {kerr.InvalidTransactionTimeout, false},
		"topic missing and not for us":   {fmt.Errorf("topic x: %w", ErrTopicMissing), false},
		"another number of shards (our)": {errors.New("state topic x has 3 partitions"), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Transient(test.err); got != test.want {
				t.Errorf("Transient(%v) = %v, want %v", test.err, got, test.want)
			}
		})
	}
}
