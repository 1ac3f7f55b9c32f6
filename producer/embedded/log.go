package embedded

import (
	"fmt"
	"log/slog"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
)

// brokerLog passes kfake's warnings and errors on. It can also remember the
// first of them: for kfake, a write that failed is a line in its log, no error.
type brokerLog struct {
	to *slog.Logger

	mu       sync.Mutex
	watching bool
	first    error
}

// watch remembers from here on.
func (l *brokerLog) watch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watching = true
}

// trouble is the first warning or error since watch; nil is none.
func (l *brokerLog) trouble() error {
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
	l.to.Warn("embedded broker: " + message)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watching && l.first == nil {
		l.first = fmt.Errorf("the broker reports: %s", message)
	}
}
