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

// startWithin bounds [Daemon.Start]; it is a little less than the API waits. startAgain
// is the wait before the order is sent again to an owner that gave no answer.
const (
	startWithin = 28 * time.Second
	startAgain  = time.Second
)

// Start orders a run of a source. It returns a queued run with the same order, or the
// first run of a new source while that reads everything. When the owner does not answer,
// or the outcome of its transaction is unknown, the order is sent again with the same run
// id, for 28 seconds at most. After that the error is a [control.Error] of kind
// Unavailable, which says how to find out whether the run began.
func (d *Daemon) Start(ctx context.Context, source string, order producer.Order) (run control.Run, err error) {
	order.RequestedAt = time.Now().UTC()
	order.ID = producer.NewID(order.RequestedAt) // here, so that an owner recognises an order that comes twice
	asking, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		asked := d.request(asking, source, verbRun, order, &run)
		if err == nil || !errors.Is(asked, context.DeadlineExceeded) {
			err = asked // else the error before is more specific
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

// mayBeDone says that a request may have been carried out, or may be carried out a
// little later, so it may be sent again.
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

// orderedBefore is the run of an order that came before; zero where the order is new.
// It is an error where the owner cannot know yet.
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
