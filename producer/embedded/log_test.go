package embedded

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"
	"github.com/twmb/franz-go/pkg/kfake"
)

// A person sees only the failures in kfake's log.
func TestBrokerLog(t *testing.T) {
	full := errors.New("disk full")
	tests := []struct {
		name    string
		level   kfake.LogLevel
		format  string
		args    []any
		want    string // the level of our line; "": there is none
		failure bool
	}{
		{"a slow client", kfake.LogLevelWarn, "txn: EndTxn slow elapsed=%dms", []any{5}, "DEBUG", false},
		{"a failed write", kfake.LogLevelWarn, "persist batch %s: %v", []any{"pages", full}, "ERROR", true},
		{"an error", kfake.LogLevelError, "persist to disk", nil, "ERROR", true},
		{"talk", kfake.LogLevelInfo, "hello", nil, "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			log := &brokerLog{to: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
			log.watch()
			log.Logf(test.level, test.format, test.args...)
			if test.want == "" && out.Len() > 0 || !strings.Contains(out.String(), test.want) {
				t.Errorf("logged %q, want the level %q", out.String(), test.want)
			}
			if got := log.firstError(); (got != nil) != test.failure {
				t.Errorf("first error = %v, want one: %v", got, test.failure)
			}
		})
	}
}

// levels counts log records by level.
type levels struct {
	slog.Handler
	count map[slog.Level]int
}

func (l levels) Enabled(context.Context, slog.Level) bool { return true }
func (l levels) Handle(_ context.Context, r slog.Record) error {
	l.count[r.Level]++
	return nil
}

// A takeover whose port stays in use is tried less and less often, and logged once.
func TestTakeoverThatFailsBacksOff(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		seen := levels{slog.DiscardHandler, map[slog.Level]int{}}
		e := &Embedded{
			options: Options{DataDir: dir, Logger: slog.New(seen)},
			at:      address{Kafka: taken.Addr().String(), Registry: "127.0.0.1:0"},
			lock:    flock.New(dir + "/embedded.lock"),
			served:  make(chan struct{}),
			waited:  make(chan struct{}),
		}
		e.waitInBackground(t.Context())
		<-time.After(time.Hour) // virtual
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if seen.count[slog.LevelError] != 1 {
			t.Errorf("logged %d times, want once", seen.count[slog.LevelError])
		}
		if again := seen.count[slog.LevelDebug]; again < 100 || again > 130 {
			t.Errorf("tried %d times in an hour, want about one in 30 s", again)
		}
	})
}
