package producer

import (
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// FaultMet is what is logged of a panic, with its stack.
const FaultMet = "a fault of notion-kafka was met: please report it with this stack"

// TellPanic logs the stack of an error that was a panic.
func (r *Run) TellPanic(err error, attrs ...any) {
	if fault, is := errors.AsType[*notion.PanicError](err); is {
		r.log.ErrorContext(r.ctx, FaultMet, append(attrs, "panic", fault.Value, "stack", string(fault.Stack))...)
	}
}

// Lost is the report of a run that ended by a panic in what holds it together: what the
// shard remembers may be half of what is true, so it is claimed again.
func (r *Run) Lost(err error) Report {
	r.TellPanic(err)
	return Report{
		Run: control.Run{ID: r.id, Source: r.task.Name, Trigger: r.order.Trigger, Status: Failed, StartedAt: r.began, Streams: []StreamReport{}, Error: err.Error()},
		err: fmt.Errorf("%w: %w", kafka.ErrUnknown, err),
	}
}

// guarded lets a goroutine of a group work, and makes a panic of it its error.
func guarded(group *errgroup.Group, work func() error) {
	group.Go(func() error { return notion.Guard(work) })
}
