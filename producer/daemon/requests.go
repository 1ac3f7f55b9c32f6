package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// What the owner of a source can be asked for.
const (
	verbPut      = "put"    // body: control.Definition; answer: whether it was made
	verbCreate   = "create" // the same, where there must be none yet
	verbDelete   = "delete"
	verbRun      = "run"    // body: Order; answer: control.Run
	verbCancel   = "cancel" // body: id of a run
	verbPause    = "pause"
	verbResume   = "resume"
	verbReset    = "reset"    // body: reset
	verbDismiss  = "dismiss"  // body: name of a stream; answer: how many were held
	verbStreams  = "streams"  // answer: []control.Stream
	verbPosition = "position" // body: name of a stream; answer: control.Position
)

// A reset is which stream is to be scanned afresh, and whether all is to be
// published again.
type reset struct {
	Stream string `json:"stream"`
	Forget bool   `json:"forget,omitzero"`
}

func refused(kind control.ErrorKind, message string) control.Answer {
	return control.Answer{Error: &control.Error{Kind: kind, Message: message}}
}

const unsaid = "it is not known whether that was done, because Kafka did not say"

// answerOf is the answer of what was carried out. All that has this answer, unlike a
// run, can be asked for again.
func answerOf(body any, err error) control.Answer {
	if err == nil {
		text, err := json.Marshal(body)
		if err != nil {
			return refused(control.Internal, err.Error())
		}
		return control.Answer{Body: text}
	}
	if told, ok := errors.AsType[*control.Error](err); ok {
		return control.Answer{Error: told}
	}
	kind := control.Internal
	switch {
	case errors.Is(err, producer.ErrUnknownStream):
		kind = control.NotFound
	case errors.Is(err, ErrNothingHeld):
		kind = control.Conflict
	case errors.Is(err, kafka.ErrUnknown):
		return refused(control.Unavailable, fmt.Sprintf("%s: ask again when it answers, which does no harm; `notion-kafka check` looks at Kafka (%v)", unsaid, err))
	}
	return refused(kind, err.Error())
}

// carryOut does what the source's owner was asked for, and answers.
// The error is that the shard is lost.
func (k *runner) carryOut(ctx context.Context, r request) error {
	if !r.command.Expires.IsZero() && time.Now().After(r.command.Expires) {
		return nil // nobody waits for it any more
	}
	body := r.command.Body
	var result any
	var err error
	switch r.command.Verb {
	case verbRun:
		result, err = withBody(body, func(order producer.Order) (control.Run, error) { return k.order(ctx, order) })
		if errors.Is(err, kafka.ErrUnknown) {
			r.reply(refused(control.Unavailable, unsaid+": "+err.Error()))
			return err
		}
	case verbCancel:
		result, err = withBody(body, func(id string) (any, error) { return nil, k.cancel(ctx, id, errCancelled) })
	case verbPause:
		err = k.pause(ctx, true)
	case verbResume:
		err = k.pause(ctx, false)
	case verbReset:
		result, err = withBody(body, func(what reset) (any, error) { return nil, k.reset(ctx, what) })
	case verbDismiss:
		result, err = withBody(body, func(stream string) (int, error) { return k.dismiss(ctx, stream) })
	case verbStreams:
		result = k.streams()
	case verbPosition:
		result, err = withBody(body, func(stream string) (control.Position, error) { return k.position(stream) })
	default:
		err = &control.Error{Kind: control.Invalid, Message: fmt.Sprintf("this version of notion-kafka knows no %q: all instances of a group should have the same version", r.command.Verb)}
	}
	r.reply(answerOf(result, err))
	return shard.Lost(err)
}

// withBody does something with what a command says.
func withBody[In, Out any](body json.RawMessage, do func(In) (Out, error)) (out Out, err error) {
	var in In
	if err := json.Unmarshal(body, &in); err != nil {
		return out, &control.Error{Kind: control.Invalid, Message: "the command cannot be read: " + err.Error()}
	}
	return do(in)
}

// order queues a run by hand, unless one that does the same is on already: then it
// is that.
func (k *runner) order(ctx context.Context, order producer.Order) (control.Run, error) {
	if k.task.Paused() {
		return control.Run{}, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s is paused: resume it first", k.task.Name)}
	}
	if err := k.checkStreams(order.Streams); err != nil {
		return control.Run{}, err
	}
	if text, err := json.Marshal(order); err != nil || len(text) > maxOrder {
		return control.Run{}, &control.Error{Kind: control.Invalid, Message: fmt.Sprintf("%d streams are too many to name in one order: order several, or all streams by naming none", len(order.Streams))}
	}
	if before, err := k.orderedBefore(order); err != nil || before.ID != "" {
		return before, err
	}
	if on, found := k.alreadyOn(order); found {
		return on, nil
	}
	if len(k.queue) >= longestQueue {
		return control.Run{}, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("%d runs of source %s wait already: cancel one, or wait", len(k.queue), k.task.Name)}
	}
	order.Trigger, order.Again = control.ByHand, false
	k.setBackoff(backoff{}) // a person said run
	return k.enqueue(ctx, order)
}

// enqueue has a run wait for its turn, and the history know of it.
func (k *runner) enqueue(ctx context.Context, order producer.Order) (control.Run, error) {
	k.queue = append(k.queue, order)
	return k.announce(ctx, order)
}

// announce has the history know of a run that has not begun.
func (k *runner) announce(ctx context.Context, order producer.Order) (control.Run, error) {
	run := k.queuedRun(order)
	if h := k.history(); h != nil {
		return run, h.write(ctx, k, run, order, nil)
	}
	return run, nil
}

// longestQueue is how many different runs by hand may wait.
const longestQueue = 10

func (k *runner) queuedRun(order producer.Order) control.Run {
	return control.Run{
		ID: order.ID, Source: k.task.Name, Trigger: order.Trigger, Status: control.Queued, StartedAt: order.Asked, Streams: []producer.StreamReport{},
	}
}

func sameOrder(a, b producer.Order) bool {
	same := slices.Equal(slices.Sorted(slices.Values(a.Streams)), slices.Sorted(slices.Values(b.Streams)))
	return same && a.Full == b.Full && a.Republish == b.Republish && a.Confirm == b.Confirm && a.Sweeps == b.Sweeps
}

// checkStreams refuses streams that the source does not have. Before its first
// run nothing is known of it, and the run will say.
func (k *runner) checkStreams(streams []string) error {
	known := k.task.KnownStreams()
	if k.task.IsNew() {
		return nil
	}
	for _, name := range streams {
		if _, ok := known[name]; !ok {
			var list string
			k.task.Shard.View(func(m *state.Memory) {
				list = producer.TitledStreams(slices.Collect(maps.Keys(known)), producer.TitleIn(m.Source(k.task.Name)))
			})
			return fmt.Errorf("%w: source %s has no selected stream %q; it has %s", producer.ErrUnknownStream, k.task.Name, name, list)
		}
	}
	return nil
}

// cancel ends a run and waits for that, or takes it out of the queue.
func (k *runner) cancel(ctx context.Context, id string, why wish) error {
	if run, running := k.running[id]; running {
		run.cancel(why)
		k.awaitEnd(ctx, func() bool { _, still := k.running[id]; return !still })
		return context.Cause(ctx)
	}
	at := slices.IndexFunc(k.queue, func(o producer.Order) bool { return o.ID == id })
	if at < 0 {
		return &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("run %s has ended already", id)}
	}
	order := k.queue[at]
	k.queue = slices.Delete(k.queue, at, at+1)
	run := k.queuedRun(order)
	run.Status, run.Error, run.FinishedAt = producer.Cancelled, why.Error(), time.Now().UTC()
	h := k.history()
	if h == nil {
		return nil
	}
	if err := h.closeInterrupted(ctx, k, order.Continues, "and not continued"); err != nil {
		return err
	}
	return h.write(ctx, k, run, order, nil)
}

// pause stops everything of the source, or lets it go on.
func (k *runner) pause(ctx context.Context, paused bool) error {
	if err := setPaused(ctx, k.task.Shard, k.task.Name, paused); err != nil {
		return err
	}
	k.d.opts.Observer.Paused(k.task.Name, paused)
	if paused {
		if err := k.clearQueue(ctx); err != nil {
			return err
		}
		k.halt(ctx, errPaused)
	} else {
		k.setBackoff(backoff{})
	}
	if k.d.opts.Board == nil {
		return nil
	}
	return k.d.tell(ctx, k.task.Shard, control.Record{Key: control.StandingKey(k.task.Name), Value: k.standing()})
}

// setPaused remembers that a source is paused, or is not.
func setPaused(ctx context.Context, s *shard.Shard, source string, paused bool) error {
	if s.Source(source).Paused == paused {
		return nil
	}
	err := s.Commit(ctx, nil, func([]kafka.Position) []state.Entry {
		pinned := s.Source(source)
		pinned.Paused = paused
		return []state.Entry{{Key: state.SourceKey(source), Value: pinned}}
	})
	if err != nil {
		return fmt.Errorf("remembering that source %s is paused or not: %w", source, err)
	}
	return nil
}

// clearQueue cancels what has not begun.
func (k *runner) clearQueue(ctx context.Context) error {
	for len(k.queue) > 0 {
		if err := k.cancel(ctx, k.queue[0].ID, errPaused); err != nil {
			return err
		}
	}
	return nil
}

// reset makes the next run of a stream scan afresh. Runs that read it are ended
// for that, and others with the same orders go on after it.
func (k *runner) reset(ctx context.Context, what reset) (err error) {
	k.task.Shard.View(func(m *state.Memory) { err = knownStream(m, k.task.Name, what.Stream) })
	if err != nil {
		return err
	}
	again, err := k.stopFor(ctx, what.Stream)
	if err != nil {
		return err
	}
	defer func() { k.queue = append(k.queue, again...) }()
	var entries []state.Entry
	k.task.Shard.View(func(m *state.Memory) { entries = m.ResetStream(k.task.Name, what.Stream, what.Forget) })
	if err != nil {
		return err
	}
	if err := k.task.Shard.Save(ctx, entries...); err != nil {
		return fmt.Errorf("resetting stream %s of source %s: %w", what.Stream, k.task.Name, err)
	}
	return nil
}

// stopFor ends the runs that read a stream, or may be about to, waits for that,
// and answers with orders that go on with them. These are in the history before
// anybody is told their ids.
func (k *runner) stopFor(ctx context.Context, stream string) (again []producer.Order, err error) {
	if !k.task.Jobs.IsBusy(stream) {
		return nil, nil
	}
	ending := map[string]bool{}
	for id, run := range k.running {
		if len(run.order.Streams) > 0 && !slices.Contains(run.order.Streams, stream) {
			continue
		}
		order := run.order
		order.ID, order.Asked, order.Continues = producer.NewID(time.Now()), time.Now().UTC(), nil
		if _, err := k.announce(ctx, order); err != nil {
			return again, err
		}
		run.cancel(wish(fmt.Sprintf("stopped for the reset of stream %s, continued by run %s", stream, order.ID)))
		ending[id], again = true, append(again, order)
	}
	k.awaitEnd(ctx, func() bool {
		return !slices.ContainsFunc(slices.Collect(maps.Keys(k.running)), func(id string) bool { return ending[id] })
	})
	return again, nil
}

// dismiss keeps what was held back of a stream until the next scan, and says how
// many pages that are.
func (k *runner) dismiss(ctx context.Context, stream string) (int, error) {
	turn := k.task.Jobs.CommitLock(stream)
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	return dismiss(ctx, k.task.Shard, k.task.Name, stream)
}
