package embedded

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
)

// brokerLog passes kfake's errors on. It can also remember the first of them,
// because kfake reports a failed write in its log only.
//
// kfake's warnings are of failed writes and of slow or late clients. A warning of a
// failed write has an error among its arguments; the others are logged at debug.
type brokerLog struct {
	to *slog.Logger

	mu       sync.Mutex
	watching bool
	first    error
}

// watch remembers the first error from now on.
func (l *brokerLog) watch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watching = true
}

// firstError returns the first error since watch.
func (l *brokerLog) firstError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first
}

// Logf implements kfake.Logger.
func (l *brokerLog) Logf(level kfake.LogLevel, format string, args ...any) {
	if level == kfake.LogLevelNone || level > kfake.LogLevelWarn {
		return
	}
	message := fmt.Sprintf(format, args...)
	if level == kfake.LogLevelWarn && !slices.ContainsFunc(args, isError) {
		l.to.Debug("embedded broker: " + message)
		return
	}
	l.to.Error("embedded broker: " + message)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watching && l.first == nil {
		l.first = fmt.Errorf("the broker reports: %s", message)
	}
}

func isError(arg any) bool {
	_, is := arg.(error)
	return is
}
