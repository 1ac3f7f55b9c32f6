package kafka

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// A call is repeated while there is no connection to a broker, and for half a minute. Other
// errors end it at once.
func TestPatiently(t *testing.T) {
	refused := fmt.Errorf("looking up topic x: %w", &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED})
	for name, test := range map[string]struct {
		failures int
		err      error
		calls    int
		fails    bool
	}{
		"a restart":               {failures: 5, err: refused, calls: 6},
		"connections are closed":  {failures: 2, err: fmt.Errorf("reading: %w", io.EOF), calls: 3},
		"nobody comes back":       {failures: 1000, err: refused, calls: 11, fails: true},
		"no answer in time":       {failures: 1000, err: errNoAnswer, calls: 1, fails: true},
		"no rights":               {failures: 1000, err: kerr.TopicAuthorizationFailed, calls: 1, fails: true},
		"a partition is offline":  {failures: 1000, err: kerr.LeaderNotAvailable, calls: 1, fails: true},
		"our certificate is old":  {failures: 1000, err: &net.OpError{Op: "remote error", Err: tls.AlertError(45)}, calls: 1, fails: true},
		"the topic is not there":  {failures: 1000, err: ErrTopicMissing, calls: 1, fails: true},
		"nothing is wrong at all": {calls: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls, waits, began := 0, 0, time.Now()
				err := Patiently(t.Context(), func(error) { waits++ }, func() error {
					if calls++; calls <= test.failures {
						return test.err
					}
					return nil
				})
				if calls != test.calls || (err != nil) != test.fails || time.Since(began) > longestOutage {
					t.Errorf("%d calls in %s: %v", calls, time.Since(began), err)
				}
				if waits != min(calls-1, 1) {
					t.Errorf("told %d times of waiting", waits)
				}
			})
		})
	}
}

func TestPatienceEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		err := Patiently(ctx, nil, func() error {
			calls++
			cancel()
			return io.EOF
		})
		if calls != 1 || err != io.EOF { //nolint:errorlint // it is the very error
			t.Errorf("%d calls: %v", calls, err)
		}
	})
}
