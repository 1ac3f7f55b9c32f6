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

// A supervisor runs the sources of one shard while this instance owns it. It starts and
// ends their runners as sources are added, changed and removed, and hands requests for a
// source to its runner.
type supervisor struct {
	d        *Daemon
	shard    *shard.Shard
	caughtUp <-chan struct{} // closed once every record of the control topic from before the claim has been read
	requests chan request    // made on this instance
	done     chan struct{}   // closed when it is over

	mu       sync.Mutex // guards runners; only the supervisor's own goroutine changes them
	runners  map[string]*runner
	memories map[string]*sourceMemory // by source, also of sources without a runner at the moment
	started  bool                     // the first sources have their runners
	taken    map[string]time.Time     // commands of the control topic that were taken on, by id, and when they expire
}

// A request is a command to the owner of a source, with the function that takes the
// answer.
type request struct {
	command control.Command
	reply   func(control.Answer)
}

// serve runs the sources of a shard until ctx ends. It returns an error only when the
// shard is lost.
func (d *Daemon) serve(ctx context.Context, claimed *shard.Shard, caughtUp <-chan struct{}) error {
	s := &supervisor{d: d, caughtUp: caughtUp, shard: claimed, requests: make(chan request), done: make(chan struct{}), runners: map[string]*runner{}, memories: map[string]*sourceMemory{}, taken: map[string]time.Time{}}
	d.register(claimed.Partition, s)
	defer d.register(claimed.Partition, nil)
	defer close(s.done)
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return guard(claimed.Log, func() error { return s.run(ctx, work) }) })
	err := work.Wait()
	for name := range s.runners {
		d.opts.Observer.Forget(name)
	}
	return err
}

// run keeps a runner for every source and hands requests on.
func (s *supervisor) run(ctx context.Context, work *errgroup.Group) error {
	d := s.d
	tidy := time.Tick(time.Minute)
	for {
		changed := d.controlOrders()
		if err := s.start(ctx, work); err != nil {
			return err
		}
		if err := s.attend(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-tidy:
			if err := s.tidy(ctx); err != nil {
				d.opts.Logger.Debug("removing commands that have expired; they are removed later", "error", err)
			}
		case req := <-s.requests:
			if err := s.handOn(ctx, req); err != nil {
				return err
			}
		}
	}
}

// start starts and ends runners to match the present sources.
func (s *supervisor) start(ctx context.Context, work *errgroup.Group) error {
	d := s.d
	if err := s.reseal(ctx); err != nil {
		return err
	}
	if err := s.resealGrants(ctx); err != nil {
		return err
	}
	sources := d.runnable(s.shard.Partition)
	for name, r := range s.runners {
		if sources[name] != r.task.Source {
			s.close(name, errSourceChanged)
			d.readControl(ctx) // the next runner continues the runs that this one did not end
		}
		if sources[name] == nil {
			d.opts.Observer.Forget(name)
		}
	}
	var fresh []control.Record
	for name, src := range sources {
		if s.runners[name] != nil {
			continue
		}
		r := s.newRunner(src)
		r.setBackoff(r.backoffNow().afresh()) // a source that was changed may do better
		r.forgive()
		d.opts.Observer.Known(src, r.successes)
		fresh = append(fresh, r.stateRecord())
		work.Go(func() error { return guard(s.shard.Log, func() error { return r.serve(ctx) }) })
	}
	s.started = true
	if d.opts.Control == nil || len(fresh) == 0 {
		return nil
	}
	return d.tell(ctx, s.shard, fresh...)
}

// newRunner makes the runner of a source. It keeps the memory of the source from before a
// change of its definition.
func (s *supervisor) newRunner(src *producer.Source) *runner {
	mem := s.memories[src.Name]
	if mem == nil {
		mem = newSourceMemory()
		s.memories[src.Name] = mem
	}
	r := newRunner(s.d, s.shard, src, mem, s.caughtUp, !s.started)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runners[src.Name] = r
	return r
}

// next returns how many sources there are, when the first trigger of any of them is due,
// and whether that run only sweeps. Any goroutine may call it.
func (s *supervisor) next() (sources int, next time.Time, sweeps bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.runners {
		if at, order, ok := r.next(); ok && (next.IsZero() || at.Before(next)) {
			next, sweeps = at, order.Sweeps
		}
	}
	return len(s.runners), next, sweeps
}

// close ends the runner of a source. Its runs are cancelled, and requests that it has not
// carried out are answered with an error that says to try again.
func (s *supervisor) close(name string, why error) {
	r := s.runners[name]
	r.close(why)
	<-r.done
	s.mu.Lock()
	delete(s.runners, name)
	s.mu.Unlock()
	for {
		select {
		case req := <-r.requests: // only this goroutine sends more
			req.reply(refused(control.Unavailable, fmt.Sprintf("source %s is being changed or removed, and nothing was done: try again in a moment", name)))
		default:
			return
		}
	}
}

// attend takes on the commands of the control topic. It forgets the ids of expired ones.
func (s *supervisor) attend(ctx context.Context) error {
	d := s.d
	for id, expires := range s.taken {
		if time.Now().After(expires) {
			delete(s.taken, id)
		}
	}
	for _, pending := range d.pending(s.shard.Partition) {
		if _, taken := s.taken[pending.ID]; taken {
			continue
		}
		s.taken[pending.ID] = pending.Expires
		reply := func(answer control.Answer) {
			if err := d.opts.Control.Answer(context.WithoutCancel(ctx), pending.ID, answer); err != nil {
				s.shard.Log.Warn("a command was carried out and could not be answered", "command", pending.ID, "verb", pending.Verb, "source", pending.Source, "error", err)
			}
		}
		if err := s.handOn(ctx, request{pending.Command, reply}); err != nil {
			return err
		}
	}
	return nil
}

// tidy removes the commands of dead senders from the control topic.
func (s *supervisor) tidy(ctx context.Context) error {
	d := s.d
	if d.opts.Control == nil {
		return nil
	}
	expired := d.opts.Control.Expired(func(source string) bool { return d.shardOf(source) == s.shard.Partition })
	if len(expired) == 0 {
		return nil
	}
	return d.opts.Control.Append(ctx, expired...)
}

// handOn carries out requests that change a source's definition, and sends all others to
// its runner.
func (s *supervisor) handOn(ctx context.Context, req request) error {
	switch req.command.Verb {
	case verbCreate, verbPut, verbReplace:
		return s.define(ctx, req)
	case verbMake:
		return s.makeSource(ctx, req)
	case verbDelete:
		return s.remove(ctx, req)
	}
	r := s.runners[req.command.Source]
	if r == nil {
		err := unknownSource(req.command.Source)
		if s.d.HasSource(req.command.Source) {
			err = &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s cannot be run: `notion-kafka sources` says why", req.command.Source)}
		}
		req.reply(answerOf(nil, err))
		return nil
	}
	select {
	case r.requests <- req:
	default:
		req.reply(refused(control.Unavailable, fmt.Sprintf("the owner of source %s has too much to do at the moment: try again", req.command.Source)))
	}
	return nil
}

// guard turns a panic outside of any run into the loss of the shard.
func guard(log *slog.Logger, work func() error) error {
	err := notion.Guard(work)
	if fault, is := errors.AsType[*notion.PanicError](err); is {
		log.Error(producer.FaultMet, "panic", fault.Value, "stack", string(fault.Stack))
		return fmt.Errorf("%w: %w", kafka.ErrUnknown, err)
	}
	return err
}

// register notes the supervisor of a shard; nil removes it.
func (d *Daemon) register(partition int32, s *supervisor) {
	d.mu.Lock()
	if s == nil {
		delete(d.supervisors, partition)
	} else {
		d.supervisors[partition] = s
	}
	owned := len(d.supervisors)
	d.mu.Unlock()
	d.opts.Observer.Shards(owned)
	d.tellOthers()
}

// tellOthers makes this instance announce itself soon, because its shards or stalled
// shards have changed.
func (d *Daemon) tellOthers() {
	select {
	case d.ownedChanged <- struct{}{}:
	default:
	}
}

// supervisorOf is the supervisor of a source's shard; nil where another instance has it.
func (d *Daemon) supervisorOf(source string) *supervisor {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.supervisors[d.shardOf(source)]
}

// compareEvery is how often an instance compares the sources in its file with those of
// the other instances.
const compareEvery = time.Minute

// announceItself writes this instance's record at once and when its shards change, until
// ctx ends.
func (d *Daemon) announceItself(ctx context.Context) *sync.WaitGroup {
	var announcing sync.WaitGroup
	if d.opts.Control == nil {
		return &announcing
	}
	announcing.Go(func() {
		d.announce(ctx)
		for !d.readControl(ctx) {
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
	about.Shards, about.Stalled = d.owned(), d.stalledShards()
	if err := d.opts.Control.Announce(ctx, about); err != nil && ctx.Err() == nil {
		d.opts.Logger.Warn("announcing this instance to the others in the control topic failed", "error", err)
	}
}

// owned are the shards that this instance serves.
func (d *Daemon) owned() []int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.supervisors))
}
