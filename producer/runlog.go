package producer

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"

	"notion-kafka/producer/control"
)

// A runLog is the log of a run: its first lines and its last, because the middle of a
// long run repeats the same line.
type runLog struct {
	mu          sync.Mutex
	first, last []string
	size        int // of last, in bytes
	cut         bool
}

// A run's log is kept up to these sizes, in bytes. Together with the line ends they fit
// into the history; see [control.Log].
const (
	firstLines = 12 << 10
	lastLines  = 40 << 10
)

func (l *runLog) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	size := 0
	for _, one := range l.first {
		size += len(one)
	}
	if len(l.last) == 0 && size+len(line) <= firstLines {
		l.first = append(l.first, line)
		return
	}
	l.last = append(l.last, line)
	l.size += len(line)
	for l.size > lastLines && len(l.last) > 1 {
		l.size -= len(l.last[0])
		l.last, l.cut = l.last[1:], true
	}
}

// log returns the lines that are kept; false if there are none.
func (l *runLog) log(run string) (control.Log, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return control.Log{Run: run, Lines: slices.Concat(l.first, l.last), Cut: l.cut}, len(l.first)+len(l.last) > 0
}

type runLogKey struct{}

// withRunLog makes what is logged with the context part of a run's log, if the logger's
// handler is a [KeepRunLogs].
func withRunLog(ctx context.Context, l *runLog) context.Context {
	return context.WithValue(ctx, runLogKey{}, l)
}

// KeepRunLogs is a handler that passes every record to another handler. Records of level
// info and above that belong to a run are also kept, for that run's report.
func KeepRunLogs(to slog.Handler) slog.Handler { return runLogs{to: to} }

type runLogs struct {
	to  slog.Handler
	add []func(slog.Handler) slog.Handler // attributes and groups, in the order they were added
}

// Enabled implements slog.Handler.
func (h runLogs) Enabled(ctx context.Context, level slog.Level) bool {
	_, inRun := ctx.Value(runLogKey{}).(*runLog)
	return inRun && level >= slog.LevelInfo || h.to.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h runLogs) Handle(ctx context.Context, record slog.Record) error {
	if l, inRun := ctx.Value(runLogKey{}).(*runLog); inRun {
		var line bytes.Buffer
		var kept slog.Handler = slog.NewJSONHandler(&line, &slog.HandlerOptions{Level: slog.LevelDebug})
		for _, add := range h.add {
			kept = add(kept)
		}
		if err := kept.Handle(ctx, record); err == nil {
			l.add(string(bytes.TrimSpace(line.Bytes())))
		}
	}
	if !h.to.Enabled(ctx, record.Level) {
		return nil
	}
	return h.to.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h runLogs) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(func(to slog.Handler) slog.Handler { return to.WithAttrs(attrs) })
}

// WithGroup implements slog.Handler.
func (h runLogs) WithGroup(name string) slog.Handler {
	return h.with(func(to slog.Handler) slog.Handler { return to.WithGroup(name) })
}

func (h runLogs) with(add func(slog.Handler) slog.Handler) slog.Handler {
	return runLogs{to: add(h.to), add: append(slices.Clone(h.add), add)}
}
