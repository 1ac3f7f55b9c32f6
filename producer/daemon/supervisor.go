package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
)

// A service runs the sources of a shard while it is ours: a desk for each of
// them, made and ended as sources come and go, and whoever wants something of one
// is sent to its desk.
type supervisor struct {
	d        *Daemon
	shard    *shard.Shard
	caughtUp <-chan struct{} // closed once the control topic has been read as far as it was written before the claim
	requests chan request    // of this instance
	done     chan struct{}   // closed when it is over

	mu       sync.Mutex // guards runners; only the supervisor's own goroutine changes them
	runners  map[string]*runner
	memories map[string]*sourceMemory // by source, also of those that have no runner at the moment
	started  bool                     // the sources that there were at first have their desks
	taken    map[string]time.Time     // commands of the control topic that were taken on, and when they expire
}

// A request is something that only the owner of a source can do, and how to
// answer.
type request struct {
	command control.Command
	reply   func(control.Answer)
}

// serve runs the sources of a shard. It returns when ctx ends, or with the error
// that cost us the shard.
func (d *Daemon) serve(ctx context.Context, s *shard.Shard, caughtUp <-chan struct{}) error {
	v := &supervisor{d: d, caughtUp: caughtUp, shard: s, requests: make(chan request), done: make(chan struct{}), runners: map[string]*runner{}, memories: map[string]*sourceMemory{}, taken: map[string]time.Time{}}
	d.register(s.Partition, v)
	defer d.register(s.Partition, nil)
	defer close(v.done)
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return guard(s.Log, func() error { return v.run(ctx, work) }) })
	err := work.Wait()
	for name := range v.runners {
		d.opts.Observer.Forget(name)
	}
	return err
}

// run sees to it that every source has its desk, and hands requests on.
func (v *supervisor) run(ctx context.Context, work *errgroup.Group) error {
	d := v.d
	tidy := time.Tick(time.Minute)
	for {
		changed := d.boardOrders()
		if err := v.start(ctx, work); err != nil {
			return err
		}
		if err := v.attend(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-tidy:
			if err := v.tidy(ctx); err != nil {
				d.opts.Logger.Debug("removing commands that have expired; they are removed later", "error", err)
			}
		case r := <-v.requests:
			if err := v.handOn(ctx, r); err != nil {
				return err
			}
		}
	}
}

// start starts and ends runners, as sources came, changed and went.
func (v *supervisor) start(ctx context.Context, work *errgroup.Group) error {
	d := v.d
	if err := v.reseal(ctx); err != nil {
		return err
	}
	wanted := d.wanted(v.shard.Partition)
	for name, k := range v.runners {
		if wanted[name] != k.task.Source {
			v.close(name, errSourceChanged)
			d.readBoard(ctx) // the next desk goes on with what this one left open
		}
		if wanted[name] == nil {
			d.opts.Observer.Forget(name)
		}
	}
	var fresh []control.Record
	for name, src := range wanted {
		if v.runners[name] != nil {
			continue
		}
		k := v.newRunner(src)
		k.setBackoff(backoff{}) // a source that was changed may do better
		k.forgive()
		d.opts.Observer.Known(src)
		d.opts.Observer.Paused(name, k.task.Paused())
		fresh = append(fresh, control.Record{Key: control.StandingKey(name), Value: k.standing()})
		work.Go(func() error { return guard(v.shard.Log, func() error { return k.serve(ctx) }) })
	}
	v.started = true
	if d.opts.Board == nil || len(fresh) == 0 {
		return nil
	}
	return d.tell(ctx, v.shard, fresh...)
}

// newRunner makes the runner of a source. It goes on with what was known of the source
// before its definition changed.
func (v *supervisor) newRunner(src *producer.Source) *runner {
	mem := v.memories[src.Name]
	if mem == nil {
		mem = newSourceMemory()
		v.memories[src.Name] = mem
	}
	k := newRunner(v.d, v.shard, src, mem, v.caughtUp, !v.started)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.runners[src.Name] = k
	return k
}

// next is when the first of the sources runs next by itself, how many sources there
// are, and whether that run only sweeps. It may be called by any goroutine.
func (v *supervisor) next() (sources int, next time.Time, sweeps bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, k := range v.runners {
		if at, order, ok := k.next(); ok && (next.IsZero() || at.Before(next)) {
			next, sweeps = at, order.Sweeps
		}
	}
	return len(v.runners), next, sweeps
}

// close ends the work on a source; what is under way is cancelled, and who asked
// for something that the desk did not come to is told to ask again.
func (v *supervisor) close(name string, why error) {
	k := v.runners[name]
	k.close(why)
	<-k.done
	v.mu.Lock()
	delete(v.runners, name)
	v.mu.Unlock()
	for {
		select {
		case r := <-k.requests: // nobody but this goroutine puts more there
			r.reply(refused(control.Unavailable, fmt.Sprintf("source %s is being changed or removed, and nothing was done: try again in a moment", name)))
		default:
			return
		}
	}
}

// attend takes on what others ask for by the control topic. What was answered or
// has expired is forgotten.
func (v *supervisor) attend(ctx context.Context) error {
	d := v.d
	for id, expires := range v.taken {
		if time.Now().After(expires) {
			delete(v.taken, id)
		}
	}
	for _, pending := range d.pending(v.shard.Partition) {
		if _, taken := v.taken[pending.ID]; taken {
			continue
		}
		v.taken[pending.ID] = pending.Expires
		reply := func(answer control.Answer) {
			if err := d.opts.Board.Answer(context.WithoutCancel(ctx), pending.ID, answer); err != nil {
				v.shard.Log.Warn("a command was carried out and could not be answered", "command", pending.ID, "verb", pending.Verb, "source", pending.Source, "error", err)
			}
		}
		if err := v.handOn(ctx, request{pending.Command, reply}); err != nil {
			return err
		}
	}
	return nil
}

// tidy removes what askers that died left in the control topic.
func (v *supervisor) tidy(ctx context.Context) error {
	d := v.d
	if d.opts.Board == nil {
		return nil
	}
	expired := d.opts.Board.Expired(func(source string) bool { return d.shardOf(source) == v.shard.Partition })
	if len(expired) == 0 {
		return nil
	}
	return d.opts.Board.Append(ctx, expired...)
}

// handOn does what is to be done to a source's definition, and sends everything
// else to its desk.
func (v *supervisor) handOn(ctx context.Context, r request) error {
	switch r.command.Verb {
	case verbCreate, verbPut:
		return v.define(ctx, r)
	case verbDelete:
		return v.remove(ctx, r)
	}
	k := v.runners[r.command.Source]
	if k == nil {
		err := unknownSource(r.command.Source)
		if v.d.HasSource(r.command.Source) {
			err = &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s cannot be run: `notion-kafka sources` says why", r.command.Source)}
		}
		r.reply(answerOf(nil, err))
		return nil
	}
	select {
	case k.requests <- r:
	default:
		r.reply(refused(control.Unavailable, fmt.Sprintf("the owner of source %s has too much to do at the moment: try again", r.command.Source)))
	}
	return nil
}

// guard makes a panic in what goes on with a shard, outside of any run, the loss of the
// shard.
func guard(log *slog.Logger, work func() error) error {
	err := notion.Guard(work)
	if fault, is := errors.AsType[*notion.PanicError](err); is {
		log.Error(producer.FaultMet, "panic", fault.Value, "stack", string(fault.Stack))
		return fmt.Errorf("%w: %w", kafka.ErrUnknown, err)
	}
	return err
}

// register makes a supervisor known to this instance, or no longer.
func (d *Daemon) register(partition int32, v *supervisor) {
	d.mu.Lock()
	if v == nil {
		delete(d.services, partition)
	} else {
		d.services[partition] = v
	}
	owned := len(d.services)
	d.mu.Unlock()
	d.opts.Observer.Shards(owned)
	d.tellOthers()
}

// tellOthers has this instance announce itself soon, because its shards or how
// they do have changed.
func (d *Daemon) tellOthers() {
	select {
	case d.ownedChanged <- struct{}{}:
	default:
	}
}

// serviceOf is what serves a source here; nil where another instance does.
func (d *Daemon) serviceOf(source string) *supervisor {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.services[d.shardOf(source)]
}

// compareEvery is how often an instance looks whether the others have the same
// sources in their files.
const compareEvery = time.Minute

// announceItself tells the other instances about this one until ctx ends: which
// shards it owns, and what its file says.
func (d *Daemon) announceItself(ctx context.Context) *sync.WaitGroup {
	var announcing sync.WaitGroup
	if d.opts.Board == nil {
		return &announcing
	}
	announcing.Go(func() {
		d.announce(ctx)
		for !d.readBoard(ctx) {
			if ctx.Err() != nil {
				return
			}
		}
		close(d.awake)
		for tick := time.Tick(compareEvery); ; {
			d.opts.Observer.Mismatches(len(d.Mismatches()))
			select {
			case <-ctx.Done():
				return
			case <-tick:
				continue
			case <-d.ownedChanged:
			}
			d.announce(ctx)
		}
	})
	return &announcing
}

func (d *Daemon) announce(ctx context.Context) {
	about := d.opts.About
	about.Shards, about.Still = d.owned(), d.standingStill()
	if err := d.opts.Board.Announce(ctx, about); err != nil && ctx.Err() == nil {
		d.opts.Logger.Warn("announcing this instance to the others in the control topic failed", "error", err)
	}
}

// owned are the shards that this instance serves.
func (d *Daemon) owned() []int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.services))
}
