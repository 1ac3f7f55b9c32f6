package producer

import (
	"context"
	"errors"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// announce puts a run that is under way into the history, unless it is there.
func (r *reporter) announce(ctx context.Context) error {
	h := r.task.history()
	if h == nil || !r.tellsFirst() {
		return nil
	}
	return h.write(ctx, r.task.Source, r.now(), r.order, r.said)
}

// tellsFirst is true once: the history is told of the run.
func (r *reporter) tellsFirst() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := !r.told
	r.told = true
	return first
}

// open begins to tell of the run: at once where somebody waits for it, or is
// about to.
func (r *reporter) open(ctx context.Context) error {
	if r.order.Trigger == control.ByHand || len(r.order.Continues) > 0 || r.task.jobs.isFirst(r.id) {
		if err := r.announce(ctx); err != nil {
			return err
		}
	}
	if h := r.task.history(); h != nil && len(r.order.Continues) > 0 {
		if err := h.closeInterrupted(ctx, r.order.Continues, "continued by run "+r.id); err != nil {
			return err
		}
	}
	r.stopTelling = r.keepTelling()
	return nil
}

// close puts the run's end into the history, unless the writer is lost.
func (r *reporter) close(report Report) error {
	r.stopTelling()
	if watch := r.task.shard.daemon.opts.Progress; watch != nil {
		watch(report.Run)
	}
	if errors.Is(report.err, kafka.ErrUnknown) {
		return nil
	}
	if report.Status == Cancelled && !errors.As(context.Cause(r.ctx), new(wish)) {
		return nil // it is not over: who has the source next finds it open, and goes on with it
	}
	waits := r.order.Trigger == control.BySchedule && !r.task.shard.maySettle(r.task.Name)
	if h := r.task.history(); h != nil {
		if err := h.write(r.ctx, r.task.Source, report.Run, r.order, r.said); err != nil {
			return err
		}
	}
	if waits {
		return nil
	}
	r.task.shard.hasSettled(r.task.Name)
	return r.task.flush(r.ctx)
}

// How often a run that is under way is told of, to who watches it here and to
// the history.
const (
	watchedEvery = 500 * time.Millisecond
	writtenEvery = 2 * time.Second
)

// keepTelling tells of the run while it is under way; stop ends that.
func (r *reporter) keepTelling() (stop func()) {
	watch := r.task.shard.daemon.opts.Progress
	if r.task.shard.daemon.opts.Board == nil && watch == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(r.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.tellPanic(notion.Guard(func() error {
			r.tellOn(ctx, watch)
			return nil
		}))
	}()
	return func() { cancel(); <-done }
}

func (r *reporter) tellOn(ctx context.Context, watch func(control.Run)) {
	written := r.began
	var before control.Run
	for wait(ctx, watchedEvery) {
		run := r.now()
		if watch != nil {
			watch(run)
		}
		h := r.task.history()
		if h == nil || time.Since(written) < writtenEvery || same(before, run) || r.isQuiet(run) && !r.task.shard.maySettle(r.task.Name) {
			continue
		}
		written, before = time.Now(), run
		_ = r.tellsFirst()
		if err := h.write(ctx, r.task.Source, run, r.order, r.said); err != nil {
			return // the run will notice, too
		}
	}
}

// isQuiet says that nobody asked for the run, and that it has changed nothing so
// far: a poll of many databases takes longer than a moment every time.
func (r *reporter) isQuiet(run control.Run) bool {
	return r.order.Trigger == control.BySchedule && changedNothing(run)
}

// same says that nothing happened between two looks at a run.
func same(a, b control.Run) bool {
	if a.ID != b.ID || a.Requests != b.Requests || len(a.Streams) != len(b.Streams) {
		return false
	}
	for i, s := range a.Streams {
		if s != b.Streams[i] {
			return false
		}
	}
	return true
}
