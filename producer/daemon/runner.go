package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
)

// A runner runs one source, over and over: when its triggers want it, and when a
// person does. Runs may go on beside each other, for each takes what is free: a
// poll does not wait for the first read of a large database. What cannot begin
// yet waits in the queue.
type runner struct {
	d        *Daemon
	task     *producer.Task
	mem      *sourceMemory
	caughtUp <-chan struct{} // closed once the control topic has been read as far as it was written before the claim
	requests chan request
	ended    chan string   // ids of runs that ended
	done     chan struct{} // closed when nothing of the source is running any more
	close    func(why error)
	ctx      context.Context // lives as long as the runner's serve

	startup bool // nothing was due before the first look at the triggers that was not missed
	queue   []producer.Order
	running map[string]underWay // by run
	behind  bool                // a run has ended: streams may be due again that were read meanwhile
}

// A run that is underWay has an order and can be cancelled.
type underWay struct {
	order  producer.Order
	began  time.Time
	cancel func(why error)
}

func newRunner(d *Daemon, s *shard.Shard, src *producer.Source, mem *sourceMemory, caughtUp <-chan struct{}, startup bool) *runner {
	task := producer.NewTask(d.env(), s, src, mem.task)
	mem.task = task
	ctx, cancel := context.WithCancelCause(context.Background())
	const mostRequests = 100 // that wait while it is at another
	return &runner{
		d: d, task: task, mem: mem, caughtUp: caughtUp, requests: make(chan request, mostRequests), ended: make(chan string), done: make(chan struct{}),
		close: cancel, ctx: ctx, startup: startup, running: map[string]underWay{},
	}
}

// A wish is why a person had a run end. A run that ends for any other reason goes
// on with the next owner, or the next runner.
type wish string

func (w wish) Error() string { return string(w) }

const (
	errPaused    = wish("the source was paused")
	errCancelled = wish("cancelled by hand")
)

var errSourceChanged = errors.New("the source was changed or removed")

// retryPlan is how long to wait while another run finds out what there is to do.
const retryPlan = time.Second

// lookAtClock is how long to wait at most before the clock is looked at again: it
// may be set, or the machine sleep, while a timer counts what it counts.
const lookAtClock = time.Minute

// serve runs the source until ctx ends or the runner is closed, or answers with the
// error that cost us the shard.
func (r *runner) serve(ctx context.Context) error {
	defer close(r.done)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	closed := context.AfterFunc(r.ctx, func() { cancel(context.Cause(r.ctx)) })
	defer closed()
	runs, ctx := errgroup.WithContext(ctx)
	defer func() { cancel(nil); _ = runs.Wait() }() // after a panic, too, no run outlives its runner
	caughtUp := r.caughtUp
	if r.isCaughtUp() { // before anything begins that would do the same again
		caughtUp = nil
		if err := r.takeOver(ctx); err != nil {
			return err
		}
	}
	for ctx.Err() == nil {
		timer := time.NewTimer(min(r.begin(ctx, runs), r.task.Shard.UntilSettled(r.task.Name)))
		select {
		case <-ctx.Done():
		case <-timer.C:
			if r.task.Shard.UntilSettled(r.task.Name) > 0 {
				break
			}
			if err := r.settle(ctx); err != nil {
				cancel(err)
				return errors.Join(err, runs.Wait())
			}
		case id := <-r.ended:
			r.hasEnded(id)
		case <-caughtUp:
			caughtUp = nil
			if err := r.takeOver(ctx); err != nil {
				cancel(err)
				return errors.Join(err, runs.Wait())
			}
		case req := <-r.requests:
			if err := r.carryOut(ctx, req); err != nil {
				cancel(err)
				return errors.Join(err, runs.Wait())
			}
		}
		timer.Stop()
	}
	return runs.Wait()
}

// begin starts what is due and can begin, and says for how long there is nothing
// else to do.
func (r *runner) begin(ctx context.Context, runs *errgroup.Group) time.Duration {
	r.task.Jobs.Reserve(nil)
	for len(r.queue) > 0 {
		admission := r.task.Enter(r.queue[0])
		if admission == producer.Planning {
			r.d.slots.hurry(r.task.Name) // the run that finds out may wait itself
			return retryPlan
		}
		if admission == producer.Occupied {
			break
		}
		if r.queue[0].Trigger != control.ByHand { // it does what is due
			r.wake(r.queue[0])
		}
		r.start(ctx, runs, r.queue[0])
		r.queue = r.queue[1:]
	}
	if r.behind {
		r.behind = false
		r.catchUp(ctx, runs)
	}
	r.triesReplaced()
	for {
		due, order, ok := r.next()
		if !ok {
			return lookAtClock
		}
		if until := time.Until(due); until > 0 {
			r.startup = false
			return min(until, lookAtClock)
		}
		if r.startup {
			order.Trigger = control.AtStartup
		}
		r.startup = false
		admission := r.task.Enter(order)
		if admission == producer.Planning {
			return retryPlan
		}
		r.wake(order) // before the run begins, which may have failed and be tried again by the time that it has
		if admission == producer.Admitted {
			r.start(ctx, runs, order)
		}
	}
}

// start lets a run that was admitted begin.
func (r *runner) start(ctx context.Context, runs *errgroup.Group, order producer.Order) {
	if order.ID == "" {
		order.ID = producer.NewID(time.Now())
	}
	r.beginsWith(order)
	run, cancel := context.WithCancelCause(ctx)
	r.running[order.ID] = underWay{order, time.Now().UTC(), cancel}
	runs.Go(func() error {
		defer cancel(nil)
		report := r.runInTurn(run, order)
		r.d.opts.Report(report)
		if errors.Is(report.Err(), kafka.ErrUnknown) {
			return report.Err()
		}
		select {
		case r.ended <- order.ID:
		case <-ctx.Done():
		}
		return nil
	})
}

// runInTurn lets a run read once there is a slot for it. One that is ended before that
// goes the way of all that are.
func (r *runner) runInTurn(ctx context.Context, order producer.Order) producer.Report {
	release := r.d.slots.take(ctx, r.task.Name, order.Trigger == control.ByHand)
	defer release()
	return r.run(ctx, order)
}

// catchUp runs the streams that became due again while they were read.
func (r *runner) catchUp(ctx context.Context, runs *errgroup.Group) {
	missed := r.task.Jobs.Missed()
	if len(missed) == 0 || r.task.Paused() || r.task.Enter(producer.Order{Trigger: control.BySchedule}) != producer.Admitted {
		return
	}
	r.comesFor(missed)
	r.start(ctx, runs, producer.Order{Trigger: control.BySchedule, Streams: missed})
}

// takeOver goes on with the runs that an owner before left behind: each is closed
// by the run that does the same.
func (r *runner) takeOver(ctx context.Context) error {
	client := r.d.opts.Control
	if client == nil {
		return nil
	}
	var left []control.Entry
	client.View(func(m *control.Memory) { left = m.UnfinishedRuns(r.task.Name) })
	slices.Reverse(left)
	var rest []string
	for _, entry := range left {
		if _, ours := r.running[entry.Run.ID]; ours {
			continue
		}
		var order producer.Order
		if entry.Run.Trigger == control.ByHand && !r.task.Paused() && json.Unmarshal(entry.Order, &order) == nil {
			if err := r.goOnWith(ctx, entry, order); err != nil {
				return err
			}
			continue
		}
		rest = append(rest, entry.Run.ID)
	}
	switch {
	case len(rest) == 0:
		return nil
	case r.task.Paused():
		return r.history().closeInterrupted(ctx, r, rest, "and the source is paused")
	}
	r.queue = append(r.queue, producer.Order{ID: producer.NewID(time.Now()), Asked: time.Now().UTC(), Trigger: control.AtStartup, Continues: rest})
	return nil
}

// goOnWith queues a run by hand of an owner before: as it is where it had not
// begun, and else as another one.
func (r *runner) goOnWith(ctx context.Context, entry control.Entry, order producer.Order) error {
	if entry.Run.Status == control.Queued {
		r.history().adopt(entry)
		r.queue = append(r.queue, order)
		return nil
	}
	order.ID, order.Asked, order.Continues = producer.NewID(time.Now()), time.Now().UTC(), []string{entry.Run.ID}
	_, err := r.enqueue(ctx, order)
	return err
}

// halt ends what is under way and waits for it.
func (r *runner) halt(ctx context.Context, why error) {
	for _, run := range r.running {
		run.cancel(why)
	}
	r.awaitEnd(ctx, func() bool { return len(r.running) == 0 })
}

// awaitEnd takes note of runs that end until it is enough.
func (r *runner) awaitEnd(ctx context.Context, enough func() bool) {
	for !enough() {
		select {
		case id := <-r.ended:
			r.hasEnded(id)
		case <-ctx.Done():
			return
		}
	}
}

func (r *runner) hasEnded(id string) {
	delete(r.running, id)
	r.behind = true
}

// A sourceMemory is what is known of a source since its shard was claimed, beside
// what the state topic says. It outlives changes of the source's definition.
type sourceMemory struct {
	task    *producer.Task // of its last definition; nil before the first
	history *history

	mu       sync.Mutex           // guards everything below
	woken    map[string]time.Time // when triggers were answered last: by stream/job, and "" for the source's own
	backoff  backoff
	forgiven string // the run whose token was refused before the source was started again
}

func newSourceMemory() *sourceMemory {
	return &sourceMemory{history: newHistory(), woken: map[string]time.Time{}}
}
