package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
)

// How long it takes at most until somebody who ordered a run hears what became of
// that, a little less than the API waits for it, and how long until an owner that
// gave no answer is asked again.
const (
	startWithin = 28 * time.Second
	startAgain  = time.Second
)

// Start orders a run of a source. Where the same is queued already it is that, and
// where the first run of a new source does as much and is under way, it is the first.
// An owner that does not answer, or whose transaction has an unknown outcome, is asked
// again for the run with the same id, for 28 seconds at most. Where that is not enough
// the error is a [control.Error] of kind Unavailable, which says how to find out.
func (d *Daemon) Start(ctx context.Context, source string, order producer.Order) (run control.Run, err error) {
	order.Asked = time.Now().UTC()
	order.ID = producer.NewID(order.Asked) // here, so that an owner who hears of it twice knows
	asking, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		asked := d.ask(asking, source, verbRun, order, &run)
		if err == nil || !errors.Is(asked, context.DeadlineExceeded) {
			err = asked // else what was said before tells more
		}
		if !mayBeDone(err) || !shard.Wait(asking, startAgain) {
			break
		}
		order.Again = true
	}
	switch {
	case err == nil:
		return run, d.await(ctx, func(m *control.Memory) bool { _, _, found := m.RunByID(run.ID); return found })
	case ctx.Err() == nil && mayBeDone(err):
		err = &control.Error{Kind: control.Unavailable, Message: fmt.Sprintf("run %s of source %s: %v. When Kafka answers, "+
			"`notion-kafka runs %s` shows it if it began; trigger it again if it does not", order.ID, source, err, source)}
	}
	return control.Run{}, err
}

// mayBeDone says that what was asked for may be done or not, or may be done a
// little later: the same may be asked again.
func mayBeDone(err error) bool {
	told, is := errors.AsType[*control.Error](err)
	switch {
	case is:
		return told.Kind == control.Unavailable && told.Message != errControlGone.Error()
	case errors.Is(err, kafka.ErrUnknown), errors.Is(err, context.DeadlineExceeded):
		return true
	}
	return false
}

// orderedBefore is the run of an order that the owner hears of again; nothing where
// it cannot say yet whether it heard of it.
func (r *runner) orderedBefore(order producer.Order) (control.Run, error) {
	for _, queued := range r.queue {
		if queued.ID == order.ID {
			return r.queuedRun(queued), nil
		}
	}
	if run, running := r.running[order.ID]; running {
		return r.runningRun(order.ID, run), nil
	}
	if known, err := r.d.FindRun(order.ID); err == nil {
		return known, nil
	}
	if order.Again && !r.isCaughtUp() {
		return control.Run{}, &control.Error{Kind: control.Unavailable, Message: "the owner of source " + r.task.Name + " has not read yet what the one before it was asked for: try again in a moment"}
	}
	return control.Run{}, nil
}
