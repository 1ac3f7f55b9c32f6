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

// The requests that the owner of a source carries out.
const (
	verbPut      = "put"     // body: control.Definition; answer: whether the source was created
	verbCreate   = "create"  // like put; the source must not exist yet
	verbMake     = "make"    // body: making; answer: whether the source was created
	verbReplace  = "replace" // like put; the source must exist
	verbDelete   = "delete"
	verbRun      = "run"    // body: Order; answer: control.Run
	verbCancel   = "cancel" // body: id of a run
	verbPause    = "pause"
	verbResume   = "resume"
	verbReset    = "reset"    // body: reset
	verbDismiss  = "dismiss"  // body: name of a stream; answer: how many were held
	verbConnect  = "connect"  // body: connecting; answer: control.Connected
	verbStreams  = "streams"  // answer: []control.Stream
	verbPosition = "position" // body: name of a stream; answer: control.Position
	verbHeld     = "held"     // body: heldQuery; answer: control.HeldDeletes
	verbBudget   = "budget"   // answer: control.Spending
	verbFind     = "find"     // body: id of a page; answer: control.SourceFinding
)

// isQuestion reports whether a request changes nothing.
func isQuestion(verb string) bool {
	return slices.Contains([]string{verbStreams, verbPosition, verbHeld, verbBudget, verbFind}, verb)
}

// A reset names a stream to scan afresh, and says whether to publish everything again.
type reset struct {
	Stream string `json:"stream"`
	Forget bool   `json:"forget,omitzero"`
}

func refused(kind control.ErrorKind, message string) control.Answer {
	return control.Answer{Error: &control.Error{Kind: kind, Message: message}}
}

const unsaid = "it is not known whether that was done, because Kafka did not say"

// answerOf is the answer to a request. Every request but one for a run may be repeated,
// so an unknown outcome says to do that.
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

// carryOut carries out a request and answers it. It returns an error only when the
// shard is lost.
func (r *runner) carryOut(ctx context.Context, req request) error {
	if !req.command.Expires.IsZero() && time.Now().After(req.command.Expires) {
		return nil // nobody waits for it any more
	}
	body := req.command.Body
	var result any
	var err error
	switch req.command.Verb {
	case verbRun:
		result, err = withBody(body, func(order producer.Order) (control.Run, error) { return r.order(ctx, order) })
		if errors.Is(err, kafka.ErrUnknown) {
			req.reply(refused(control.Unavailable, unsaid+": "+err.Error()))
			return err
		}
	case verbCancel:
		result, err = withBody(body, func(id string) (any, error) { return nil, r.cancel(ctx, id, errCancelled) })
	case verbPause:
		err = r.pause(ctx, true)
	case verbResume:
		err = r.pause(ctx, false)
	case verbReset:
		result, err = withBody(body, func(what reset) (any, error) { return nil, r.reset(ctx, what) })
	case verbDismiss:
		result, err = withBody(body, func(stream string) (int, error) { return r.dismiss(ctx, stream) })
	case verbConnect:
		result, err = withBody(body, func(what connecting) (control.Connected, error) { return r.connect(ctx, what) })
	case verbStreams:
		result = r.streams()
	case verbBudget:
		result = r.spending()
	case verbHeld:
		r.answerHeld(ctx, req)
		return nil
	case verbFind:
		r.answerFind(ctx, req)
		return nil
	case verbPosition:
		result, err = withBody(body, func(stream string) (control.Position, error) { return r.position(stream) })
	default:
		err = &control.Error{Kind: control.Invalid, Message: fmt.Sprintf("this version of notion-kafka knows no %q: all instances of a group should have the same version", req.command.Verb)}
	}
	req.reply(answerOf(result, err))
	return shard.Lost(err)
}

// withBody decodes the body of a command and calls do with it.
func withBody[In, Out any](body json.RawMessage, do func(In) (Out, error)) (out Out, err error) {
	var in In
	if err := json.Unmarshal(body, &in); err != nil {
		return out, &control.Error{Kind: control.Invalid, Message: "the command cannot be read: " + err.Error()}
	}
	return do(in)
}

// order queues a run by hand, or returns a run that does the same already.
func (r *runner) order(ctx context.Context, order producer.Order) (control.Run, error) {
	if r.task.Paused() {
		return control.Run{}, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s is paused: resume it first", r.task.Name)}
	}
	if err := r.checkStreams(order.Streams); err != nil {
		return control.Run{}, err
	}
	if text, err := json.Marshal(order); err != nil || len(text) > maxOrder {
		return control.Run{}, &control.Error{Kind: control.Invalid, Message: fmt.Sprintf("%d streams are too many to name in one order: order several, or all streams by naming none", len(order.Streams))}
	}
	if before, err := r.orderedBefore(order); err != nil || before.ID != "" {
		return before, err
	}
	if order.Failed {
		var err error
		if order, err = r.ofFailed(order); err != nil {
			return control.Run{}, err
		}
	}
	if on, found := r.alreadyOn(order); found {
		return on, nil
	}
	if len(r.queue) >= longestQueue {
		return control.Run{}, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("%d runs of source %s wait already: cancel one, or wait", len(r.queue), r.task.Name)}
	}
	order.Trigger, order.Again = control.ByHand, false
	r.setBackoff(r.backoffNow().afresh()) // a person started it
	return r.enqueue(ctx, order)
}

// enqueue adds a run to the queue and to the history.
func (r *runner) enqueue(ctx context.Context, order producer.Order) (control.Run, error) {
	r.queue = append(r.queue, order)
	return r.announce(ctx, order)
}

// announce puts a run that has not begun into the history.
func (r *runner) announce(ctx context.Context, order producer.Order) (control.Run, error) {
	run := r.queuedRun(order)
	if h := r.history(); h != nil {
		return run, h.write(ctx, r, run, order, nil)
	}
	return run, nil
}

// longestQueue is how many different runs by hand may wait.
const longestQueue = 10

func (r *runner) queuedRun(order producer.Order) control.Run {
	return control.Run{
		ID: order.ID, Source: r.task.Name, Trigger: order.Trigger, Status: control.Queued, StartedAt: order.RequestedAt, Streams: []control.StreamRun{},
	}
}

func sameOrder(a, b producer.Order) bool {
	same := slices.Equal(slices.Sorted(slices.Values(a.Streams)), slices.Sorted(slices.Values(b.Streams)))
	return same && a.Full == b.Full && a.Republish == b.Republish && a.Confirm == b.Confirm && a.Sweeps == b.Sweeps
}

// checkStreams refuses streams that the source does not have. Before its first run
// no stream is known, so that run reports unknown ones.
func (r *runner) checkStreams(streams []string) error {
	known := r.task.KnownStreams()
	if r.task.IsNew() {
		return nil
	}
	for _, name := range streams {
		if _, ok := known[name]; !ok {
			var list string
			r.task.Shard.View(func(m *state.Memory) {
				list = producer.TitledStreams(slices.Collect(maps.Keys(known)), producer.TitleIn(m.Source(r.task.Name)))
			})
			return fmt.Errorf("%w: source %s has no selected stream %q; it has %s", producer.ErrUnknownStream, r.task.Name, name, list)
		}
	}
	return nil
}

// cancel ends a run and waits for its end, or takes it out of the queue.
func (r *runner) cancel(ctx context.Context, id string, why stopReason) error {
	if run, running := r.running[id]; running {
		run.cancel(why)
		r.awaitEnd(ctx, func() bool { _, still := r.running[id]; return !still })
		return context.Cause(ctx)
	}
	at := slices.IndexFunc(r.queue, func(o producer.Order) bool { return o.ID == id })
	if at < 0 {
		return &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("run %s has ended already", id)}
	}
	order := r.queue[at]
	r.queue = slices.Delete(r.queue, at, at+1)
	run := r.queuedRun(order)
	run.Status, run.Error, run.FinishedAt = control.Cancelled, why.Error(), time.Now().UTC()
	h := r.history()
	if h == nil {
		return nil
	}
	if err := h.closeInterrupted(ctx, r, order.Continues, "and not continued"); err != nil {
		return err
	}
	return h.write(ctx, r, run, order, nil)
}

// pause stops everything of the source, or lets it go on.
func (r *runner) pause(ctx context.Context, paused bool) error {
	if err := setPaused(ctx, r.task.Shard, r.task.Name, paused); err != nil {
		return err
	}
	if paused {
		if err := r.clearQueue(ctx); err != nil {
			return err
		}
		r.halt(ctx, errPaused)
	} else {
		r.setBackoff(r.backoffNow().afresh())
	}
	if r.d.opts.Control == nil {
		return nil
	}
	return r.d.tell(ctx, r.task.Shard, r.stateRecord())
}

// setPaused writes into the state whether a source is paused.
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
		return fmt.Errorf("writing whether source %s is paused: %w", source, err)
	}
	return nil
}

// clearQueue cancels the runs that have not begun.
func (r *runner) clearQueue(ctx context.Context) error {
	for len(r.queue) > 0 {
		if err := r.cancel(ctx, r.queue[0].ID, errPaused); err != nil {
			return err
		}
	}
	return nil
}

// reset makes the next run of a stream scan afresh. It ends the runs that read the
// stream, and queues new ones with the same orders.
func (r *runner) reset(ctx context.Context, what reset) (err error) {
	r.task.Shard.View(func(m *state.Memory) { err = knownStream(m, r.task.Name, what.Stream) })
	if err != nil {
		return err
	}
	again, err := r.stopFor(ctx, what.Stream)
	if err != nil {
		return err
	}
	defer func() { r.queue = append(r.queue, again...) }()
	return resetStream(ctx, r.task.Shard, r.task.Name, what.Stream, what.Forget)
}

// stopFor ends the runs that read a stream or may be about to, waits for their ends, and
// returns the orders that continue them. The continuing runs are in the history before
// the reason of an ended run names their ids.
func (r *runner) stopFor(ctx context.Context, stream string) (again []producer.Order, err error) {
	if !r.task.Jobs.IsBusy(stream) {
		return nil, nil
	}
	ending := map[string]bool{}
	for id, run := range r.running {
		if len(run.order.Streams) > 0 && !slices.Contains(run.order.Streams, stream) {
			continue
		}
		order := run.order
		order.ID, order.RequestedAt, order.Continues = producer.NewID(time.Now()), time.Now().UTC(), nil
		if _, err := r.announce(ctx, order); err != nil {
			return again, err
		}
		run.cancel(stopReason(fmt.Sprintf("stopped for the reset of stream %s, continued by run %s", stream, order.ID)))
		ending[id], again = true, append(again, order)
	}
	r.awaitEnd(ctx, func() bool {
		return !slices.ContainsFunc(slices.Collect(maps.Keys(r.running)), func(id string) bool { return ending[id] })
	})
	return again, nil
}

// dismiss dismisses the held deletes of a stream and returns how many there were.
func (r *runner) dismiss(ctx context.Context, stream string) (int, error) {
	turn := r.task.Jobs.CommitLock(stream)
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	dismissed, err := dismiss(ctx, r.task.Shard, r.task.Name, stream)
	if err != nil || r.d.opts.Control == nil {
		return dismissed, err
	}
	return dismissed, r.d.tell(ctx, r.task.Shard, r.stateRecord())
}
