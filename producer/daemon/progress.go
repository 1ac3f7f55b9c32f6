package daemon

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
)

// run carries an order out and writes its end into the history.
func (r *runner) run(ctx context.Context, order producer.Order) (report producer.Report) {
	run := r.task.Begin(ctx, order)
	tell := &telling{runner: r, run: run, stop: func() {}}
	report = run.CarryOut(tell)
	if err := notion.Guard(func() error { report = tell.end(report); return nil }); err != nil {
		report = run.Lost(err)
	}
	tell.stop()
	return report
}

// A telling reports a run to watchers and to the history.
type telling struct {
	runner *runner
	run    *producer.Run
	stop   func() // ends the goroutine that Opened started

	mu   sync.Mutex // guards told
	told bool       // the run is in the history
}

// Publishing puts the run into the history, unless it is there already.
func (t *telling) Publishing(ctx context.Context) error {
	h := t.runner.history()
	if h == nil || !t.tellsFirst() {
		return nil
	}
	return h.write(ctx, t.runner, t.run.Now(), t.run.Order(), t.run)
}

// tellsFirst returns true at its first call, and notes that the run is in the history.
func (t *telling) tellsFirst() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := !t.told
	t.told = true
	return first
}

// Opened starts reporting the run. A run by hand, the first run of a source and one that
// continues others enter the history at once.
func (t *telling) Opened(ctx context.Context) error {
	order := t.run.Order()
	if order.ByHand() || len(order.Continues) > 0 || t.runner.task.Jobs.IsFirst(t.run.ID()) {
		if err := t.Publishing(ctx); err != nil {
			return err
		}
	}
	if h := t.runner.history(); h != nil && len(order.Continues) > 0 {
		if err := h.closeInterrupted(ctx, t.runner, order.Continues, "continued by run "+t.run.ID()); err != nil {
			return err
		}
	}
	t.stop = t.keepTelling()
	return nil
}

// end updates the backoff, counts the run, and then puts it into the history, so that
// whoever waits for its end finds it counted. A run without an end, after a panic,
// changes nothing.
func (t *telling) end(report producer.Report) producer.Report {
	r := t.runner
	if report.FinishedAt.IsZero() {
		return report
	}
	refused := r.learn(t.run.Order(), report, r.pace(report.StartedAt))
	r.d.life.ran(t.run.Done(report, r.nextRun()...))
	if refused {
		r.task.Shard.Log.ErrorContext(t.run.Context(), refusedForGood, "source", r.task.Name, "why", report.Error)
	}
	r.mem.successes.note(report.Run)
	r.d.opts.Observer.RunEnded(report.Run)
	if lost := t.file(report); lost != nil {
		report = report.Failing(lost)
	}
	return report
}

// refusedForGood is logged when a token counts as refused.
const refusedForGood = "the source needs reconnecting: it sends Notion no more requests until somebody connects it, gives it another token, or starts a run; " +
	"nothing is deleted from its topics"

// nextRun are the log attributes for the source's next run; none where this instance
// does not serve the source any more.
func (r *runner) nextRun() []any {
	if r.d.supervisorOf(r.task.Name) == nil {
		return nil
	}
	next, order, _ := r.next()
	return nextRun(next, order.Sweeps)
}

// file writes the run's end into the history, unless the writer is lost.
func (t *telling) file(report producer.Report) error {
	t.stop()
	r, shard, source := t.runner, t.runner.task.Shard, t.runner.task.Name
	if watch := r.d.opts.Progress; watch != nil {
		watch(report.Run)
	}
	if errors.Is(report.Err(), kafka.ErrUnknown) {
		return nil
	}
	ctx := t.run.Context()
	if report.Status == control.Cancelled && !errors.As(context.Cause(ctx), new(stopReason)) {
		return nil // it is not over: the next owner finds it unfinished and continues it
	}
	waits := t.run.Order().Trigger == control.BySchedule && !shard.MaySettle(source)
	if h := r.history(); h != nil {
		if err := h.write(ctx, r, report.Run, t.run.Order(), t.run); err != nil {
			return err
		}
	}
	if waits {
		return nil
	}
	shard.HasSettled(source)
	return shard.Flush(ctx, source)
}

// How often a run under way is reported.
const (
	watchedEvery = 500 * time.Millisecond // to Options.Progress
	writtenEvery = 2 * time.Second        // to the history
)

// keepTelling reports the run while it is under way, until stop.
func (t *telling) keepTelling() (stop func()) {
	watch := t.runner.d.opts.Progress
	if t.runner.d.opts.Control == nil && watch == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(t.run.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.run.LogPanic(notion.Guard(func() error {
			t.tellOn(ctx, watch)
			return nil
		}))
	}()
	return func() { cancel(); <-done }
}

func (t *telling) tellOn(ctx context.Context, watch func(control.Run)) {
	written := t.run.Now().StartedAt
	var before control.Run
	for shard.Wait(ctx, watchedEvery) {
		run := t.run.Now()
		if watch != nil {
			watch(run)
		}
		h := t.runner.history()
		if h == nil || time.Since(written) < writtenEvery || same(before, run) || t.isQuiet(run) && !t.runner.task.Shard.MaySettle(t.runner.task.Name) {
			continue
		}
		written, before = time.Now(), run
		_ = t.tellsFirst()
		if err := h.write(ctx, t.runner, run, t.run.Order(), t.run); err != nil {
			return // the run meets the same error
		}
	}
}

// isQuiet says that a trigger started the run and that it has changed nothing so far.
// A poll of many databases takes longer than two seconds every time.
func (t *telling) isQuiet(run control.Run) bool {
	return t.run.Order().Trigger == control.BySchedule && changedNothing(run)
}

// same says that nothing happened between two states of a run.
func same(a, b control.Run) bool {
	return a.ID == b.ID && a.Requests == b.Requests && reflect.DeepEqual(a.Streams, b.Streams)
}
