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
	ctx      context.Context //nolint:containedctx // lives as long as the desk's serve

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
// on with the next owner, or the next desk.
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

// serve runs the source until ctx ends or the desk is closed, or answers with the
// error that cost us the shard.
func (k *runner) serve(ctx context.Context) error {
	defer close(k.done)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	closed := context.AfterFunc(k.ctx, func() { cancel(context.Cause(k.ctx)) })
	defer closed()
	runs, ctx := errgroup.WithContext(ctx)
	defer func() { cancel(nil); _ = runs.Wait() }() // after a panic, too, no run outlives its desk
	caughtUp := k.caughtUp
	if k.isCaughtUp() { // before anything begins that would do the same again
		caughtUp = nil
		if err := k.takeOver(ctx); err != nil {
			return err
		}
	}
	for ctx.Err() == nil {
		timer := time.NewTimer(min(k.begin(ctx, runs), k.task.Shard.UntilSettled(k.task.Name)))
		select {
		case <-ctx.Done():
		case <-timer.C:
			if k.task.Shard.UntilSettled(k.task.Name) > 0 {
				break
			}
			if err := k.settle(ctx); err != nil {
				cancel(err)
				return errors.Join(err, runs.Wait())
			}
		case id := <-k.ended:
			k.hasEnded(id)
		case <-caughtUp:
			caughtUp = nil
			if err := k.takeOver(ctx); err != nil {
				cancel(err)
				return errors.Join(err, runs.Wait())
			}
		case r := <-k.requests:
			if err := k.carryOut(ctx, r); err != nil {
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
func (k *runner) begin(ctx context.Context, runs *errgroup.Group) time.Duration {
	k.task.Jobs.Reserve(nil)
	for len(k.queue) > 0 {
		admission := k.task.Enter(k.queue[0])
		if admission == producer.Planning {
			k.d.slots.hurry(k.task.Name) // the run that finds out may wait itself
			return retryPlan
		}
		if admission == producer.Occupied {
			break
		}
		if k.queue[0].Trigger != control.ByHand { // it does what is due
			k.wake(k.queue[0])
		}
		k.start(ctx, runs, k.queue[0])
		k.queue = k.queue[1:]
	}
	if k.behind {
		k.behind = false
		k.catchUp(ctx, runs)
	}
	k.triesReplaced()
	for {
		due, order, ok := k.next()
		if !ok {
			return lookAtClock
		}
		if until := time.Until(due); until > 0 {
			k.startup = false
			return min(until, lookAtClock)
		}
		if k.startup {
			order.Trigger = control.AtStartup
		}
		k.startup = false
		admission := k.task.Enter(order)
		if admission == producer.Planning {
			return retryPlan
		}
		k.wake(order) // before the run begins, which may have failed and be tried again by the time that it has
		if admission == producer.Admitted {
			k.start(ctx, runs, order)
		}
	}
}

// start lets a run that was admitted begin.
func (k *runner) start(ctx context.Context, runs *errgroup.Group, order producer.Order) {
	if order.ID == "" {
		order.ID = producer.NewID(time.Now())
	}
	k.beginsWith(order)
	run, cancel := context.WithCancelCause(ctx)
	k.running[order.ID] = underWay{order, time.Now().UTC(), cancel}
	runs.Go(func() error {
		defer cancel(nil)
		report := k.runInTurn(run, order)
		k.d.opts.Report(report)
		if errors.Is(report.Err(), kafka.ErrUnknown) {
			return report.Err()
		}
		select {
		case k.ended <- order.ID:
		case <-ctx.Done():
		}
		return nil
	})
}

// runInTurn lets a run read once there is a slot for it. One that is ended before that
// goes the way of all that are.
func (k *runner) runInTurn(ctx context.Context, order producer.Order) producer.Report {
	release := k.d.slots.take(ctx, k.task.Name, order.Trigger == control.ByHand)
	defer release()
	return k.run(ctx, order)
}

// catchUp runs the streams that became due again while they were read.
func (k *runner) catchUp(ctx context.Context, runs *errgroup.Group) {
	missed := k.task.Jobs.Missed()
	if len(missed) == 0 || k.task.Paused() || k.task.Enter(producer.Order{Trigger: control.BySchedule}) != producer.Admitted {
		return
	}
	k.comesFor(missed)
	k.start(ctx, runs, producer.Order{Trigger: control.BySchedule, Streams: missed})
}

// takeOver goes on with the runs that an owner before left behind: each is closed
// by the run that does the same.
func (k *runner) takeOver(ctx context.Context) error {
	board := k.d.opts.Board
	if board == nil {
		return nil
	}
	var left []control.Entry
	board.See(func(m *control.Memory) { left = m.OpenRuns(k.task.Name) })
	slices.Reverse(left)
	var rest []string
	for _, entry := range left {
		if _, ours := k.running[entry.Run.ID]; ours {
			continue
		}
		var order producer.Order
		if entry.Run.Trigger == control.ByHand && !k.task.Paused() && json.Unmarshal(entry.Order, &order) == nil {
			if err := k.goOnWith(ctx, entry, order); err != nil {
				return err
			}
			continue
		}
		rest = append(rest, entry.Run.ID)
	}
	switch {
	case len(rest) == 0:
		return nil
	case k.task.Paused():
		return k.history().closeInterrupted(ctx, k, rest, "and the source is paused")
	}
	k.queue = append(k.queue, producer.Order{ID: producer.NewID(time.Now()), Asked: time.Now().UTC(), Trigger: control.AtStartup, Continues: rest})
	return nil
}

// goOnWith queues a run by hand of an owner before: as it is where it had not
// begun, and else as another one.
func (k *runner) goOnWith(ctx context.Context, entry control.Entry, order producer.Order) error {
	if entry.Run.Status == control.Queued {
		k.history().adopt(entry)
		k.queue = append(k.queue, order)
		return nil
	}
	order.ID, order.Asked, order.Continues = producer.NewID(time.Now()), time.Now().UTC(), []string{entry.Run.ID}
	_, err := k.enqueue(ctx, order)
	return err
}

// halt ends what is under way and waits for it.
func (k *runner) halt(ctx context.Context, why error) {
	for _, run := range k.running {
		run.cancel(why)
	}
	k.awaitEnd(ctx, func() bool { return len(k.running) == 0 })
}

// awaitEnd takes note of runs that end until it is enough.
func (k *runner) awaitEnd(ctx context.Context, enough func() bool) {
	for !enough() {
		select {
		case id := <-k.ended:
			k.hasEnded(id)
		case <-ctx.Done():
			return
		}
	}
}

func (k *runner) hasEnded(id string) {
	delete(k.running, id)
	k.behind = true
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
