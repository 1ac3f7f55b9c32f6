package daemon

import (
	"context"
	"errors"
	"sync"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
)

// run carries an order out: the run goes into the history when somebody is to know of
// it, and its end in any case.
func (r *runner) run(ctx context.Context, order producer.Order) (report producer.Report) {
	run := r.task.Begin(ctx, order)
	tell := &telling{k: r, run: run, stop: func() {}}
	report = run.CarryOut(tell)
	if err := notion.Guard(func() error { report = tell.end(report); return nil }); err != nil {
		report = run.Lost(err)
	}
	tell.stop()
	return report
}

// A telling is what the runner tells others of a run: those who watch it, and the
// history.
type telling struct {
	k    *runner
	run  *producer.Run
	stop func() // ends what Opened began

	mu   sync.Mutex // guards told
	told bool       // the history knows of the run
}

// Publishing puts a run that is under way into the history, unless it is there.
func (t *telling) Publishing(ctx context.Context) error {
	h := t.k.history()
	if h == nil || !t.tellsFirst() {
		return nil
	}
	return h.write(ctx, t.k, t.run.Now(), t.run.Order(), t.run)
}

// tellsFirst is true once: the history is told of the run.
func (t *telling) tellsFirst() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := !t.told
	t.told = true
	return first
}

// Opened begins to tell of the run: at once where somebody waits for it, or is about
// to.
func (t *telling) Opened(ctx context.Context) error {
	order := t.run.Order()
	if order.ByHand() || len(order.Continues) > 0 || t.k.task.Jobs.IsFirst(t.run.ID()) {
		if err := t.Publishing(ctx); err != nil {
			return err
		}
	}
	if h := t.k.history(); h != nil && len(order.Continues) > 0 {
		if err := h.closeInterrupted(ctx, t.k, order.Continues, "continued by run "+t.run.ID()); err != nil {
			return err
		}
	}
	t.stop = t.keepTelling()
	return nil
}

// end learns from how a run ended, counts it, and puts it into the history, in this
// order: whoever waits for its end finds it counted. A run that came to no end by a
// fault of ours leaves nothing to learn.
func (t *telling) end(report producer.Report) producer.Report {
	r := t.k
	if report.FinishedAt.IsZero() {
		return report
	}
	r.judge(t.run.Order(), report, r.pace(report.StartedAt))
	r.d.life.ran(t.run.Done(report, r.nextRun()...))
	r.d.opts.Observer.RunEnded(report.Run)
	if lost := t.file(report); lost != nil {
		report = report.Failing(lost)
	}
	return report
}

// nextRun is when the source runs next, where this instance goes on with it.
func (r *runner) nextRun() []any {
	if r.d.supervisorOf(r.task.Name) == nil {
		return nil
	}
	next, order, _ := r.next()
	return nextRun(next, order.Sweeps)
}

// file puts the run's end into the history, unless the writer is lost.
func (t *telling) file(report producer.Report) error {
	t.stop()
	r, shard, source := t.k, t.k.task.Shard, t.k.task.Name
	if watch := r.d.opts.Progress; watch != nil {
		watch(report.Run)
	}
	if errors.Is(report.Err(), kafka.ErrUnknown) {
		return nil
	}
	ctx := t.run.Context()
	if report.Status == producer.Cancelled && !errors.As(context.Cause(ctx), new(wish)) {
		return nil // it is not over: who has the source next finds it open, and goes on with it
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

// How often a run that is under way is told of, to who watches it here and to
// the history.
const (
	watchedEvery = 500 * time.Millisecond
	writtenEvery = 2 * time.Second
)

// keepTelling tells of the run while it is under way; stop ends that.
func (t *telling) keepTelling() (stop func()) {
	watch := t.k.d.opts.Progress
	if t.k.d.opts.Control == nil && watch == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(t.run.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.run.TellPanic(notion.Guard(func() error {
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
		h := t.k.history()
		if h == nil || time.Since(written) < writtenEvery || same(before, run) || t.isQuiet(run) && !t.k.task.Shard.MaySettle(t.k.task.Name) {
			continue
		}
		written, before = time.Now(), run
		_ = t.tellsFirst()
		if err := h.write(ctx, t.k, run, t.run.Order(), t.run); err != nil {
			return // the run will notice, too
		}
	}
}

// isQuiet says that nobody asked for the run, and that it has changed nothing so
// far: a poll of many databases takes longer than a moment every time.
func (t *telling) isQuiet(run control.Run) bool {
	return t.run.Order().Trigger == control.BySchedule && changedNothing(run)
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
