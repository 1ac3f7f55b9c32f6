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

// A runner runs one source, again and again, for its triggers and for people. Runs of a
// source may go on beside each other, because each takes the streams that are free: a
// poll does not wait for the first read of a large database. Orders that cannot begin yet
// wait in the queue.
type runner struct {
	d        *Daemon
	task     *producer.Task
	mem      *sourceMemory
	caughtUp <-chan struct{} // closed once every record of the control topic from before the claim has been read
	requests chan request
	ended    chan string   // ids of runs that ended
	done     chan struct{} // closed when no run of the source is left
	close    func(why error)
	ctx      context.Context // ended by close

	startup bool // the triggers have not been looked at yet: a run that is due was missed
	queue   []producer.Order
	running map[string]underWay // by run id
	behind  bool                // a run has ended, so streams that it was reading may have become due meanwhile

	looks   sync.WaitGroup // at held pages, under way
	looking chan struct{}  // has an element for each of them
}

// underWay is a run under way: its order, and how to cancel it.
type underWay struct {
	order  producer.Order
	began  time.Time
	cancel func(why error)
}

func newRunner(d *Daemon, s *shard.Shard, src *producer.Source, mem *sourceMemory, caughtUp <-chan struct{}, startup bool) *runner {
	task := producer.NewTask(d.env(), s, src, mem.task)
	mem.task = task
	ctx, cancel := context.WithCancelCause(context.Background())
	const mostRequests = 100 // that wait while another is carried out
	return &runner{
		d: d, task: task, mem: mem, caughtUp: caughtUp, requests: make(chan request, mostRequests), ended: make(chan string), done: make(chan struct{}),
		close: cancel, ctx: ctx, startup: startup, running: map[string]underWay{}, looking: make(chan struct{}, mostLooks),
	}
}

// A stopReason is the reason why a person ended a run. A run that ends for any other reason is
// continued by the next owner or the next runner.
type stopReason string

func (s stopReason) Error() string { return string(s) }

const (
	errPaused    = stopReason("the source was paused")
	errCancelled = stopReason("cancelled by hand")

	errConnectedAnew = stopReason("ended because the source was connected anew; it is read again at once")
)

var errSourceChanged = errors.New("the source was changed or removed")

// retryPlan is the wait while another run of the source is planning.
const retryPlan = time.Second

// lookAtClock is the longest wait before the clock is read again: timers do not notice
// that the clock was set or the machine slept.
const lookAtClock = time.Minute

// serve runs the source until ctx ends or the runner is closed. It returns an error only
// when the shard is lost.
func (r *runner) serve(ctx context.Context) error {
	defer close(r.done)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	closed := context.AfterFunc(r.ctx, func() { cancel(context.Cause(r.ctx)) })
	defer closed()
	runs, ctx := errgroup.WithContext(ctx)
	defer func() { cancel(nil); _ = runs.Wait(); r.looks.Wait() }() // no run outlives its runner, not even after a panic
	caughtUp := r.caughtUp
	if r.isCaughtUp() { // before a run begins that would do the same again
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
			err := r.takeOver(ctx)
			if err == nil && r.task.NotConnected != nil { // only now it is known whether somebody has connected it
				err = r.d.tell(ctx, r.task.Shard, r.stateRecord())
			}
			if err != nil {
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

// begin starts every run that is due and can begin, and returns the time until the next
// look.
func (r *runner) begin(ctx context.Context, runs *errgroup.Group) time.Duration {
	if len(r.queue) == 0 || !r.queue[0].ByHand() {
		r.task.Jobs.ClearReservation()
	}
	for len(r.queue) > 0 {
		admission := r.task.Enter(r.queue[0])
		if admission == producer.Planning {
			r.d.slots.hurry(r.task.Name) // the planning run may be waiting for a slot itself
			return retryPlan
		}
		if admission == producer.Occupied {
			break
		}
		if r.queue[0].Trigger != control.ByHand { // it also does what is due
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
		admission := r.task.Enter(order)
		if admission == producer.Planning {
			return retryPlan
		}
		r.startup = false
		r.wake(order) // before the run begins: it may fail and set the next try at once
		if admission == producer.Admitted {
			r.start(ctx, runs, order)
		}
	}
}

// start begins an admitted run.
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

// runInTurn waits for a slot and then carries out a run. A run that is cancelled while it
// waits ends like any other cancelled run.
func (r *runner) runInTurn(ctx context.Context, order producer.Order) producer.Report {
	release := r.d.slots.take(ctx, r.task.Name, order.Trigger == control.ByHand)
	defer release()
	return r.run(ctx, order)
}

// catchUp runs the streams that became due while another run was reading them.
func (r *runner) catchUp(ctx context.Context, runs *errgroup.Group) {
	missed := r.task.Jobs.Missed()
	if len(missed) == 0 || r.task.Paused() || r.task.Enter(producer.Order{Trigger: control.BySchedule}) != producer.Admitted {
		return
	}
	r.task.Jobs.MakeUp(missed)
	r.start(ctx, runs, producer.Order{Trigger: control.BySchedule, Streams: missed})
}

// takeOver continues the unfinished runs of a previous owner. The continuing run closes
// them.
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
	r.queue = append(r.queue, producer.Order{ID: producer.NewID(time.Now()), RequestedAt: time.Now().UTC(), Trigger: control.AtStartup, Continues: rest})
	return nil
}

// goOnWith queues a run by hand of a previous owner: with its own id where it had not
// begun, else as a new run that continues it.
func (r *runner) goOnWith(ctx context.Context, entry control.Entry, order producer.Order) error {
	if entry.Run.Status == control.Queued {
		r.history().adopt(entry)
		r.queue = append(r.queue, order)
		return nil
	}
	order.ID, order.RequestedAt, order.Continues = producer.NewID(time.Now()), time.Now().UTC(), []string{entry.Run.ID}
	_, err := r.enqueue(ctx, order)
	return err
}

// halt ends the runs under way and waits for their ends.
func (r *runner) halt(ctx context.Context, why error) {
	for _, run := range r.running {
		run.cancel(why)
	}
	r.awaitEnd(ctx, func() bool { return len(r.running) == 0 })
}

// awaitEnd notes runs that end, until enough is true.
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

// A sourceMemory is what the owner of a shard remembers of a source outside the state
// topic. It outlives changes of the source's definition.
type sourceMemory struct {
	task      *producer.Task // of the latest definition; nil before the first
	history   *history
	successes successes

	mu       sync.Mutex           // guards everything below
	woken    map[string]time.Time // when a trigger last started something: by stream/job, and "" for the source's own
	backoff  backoff
	forgiven string // the run whose token was refused before the source was started again
}

func newSourceMemory() *sourceMemory {
	return &sourceMemory{history: newHistory(), woken: map[string]time.Time{}}
}
