package producer

import (
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// FaultMet is the log message of a panic; its stack is an attribute.
const FaultMet = "a fault in notion-kafka: please report it with this stack"

// LogPanic logs a panic with its stack, if err comes from one.
func (r *Run) LogPanic(err error, attrs ...any) {
	if fault, is := errors.AsType[*notion.PanicError](err); is {
		r.log.ErrorContext(r.ctx, FaultMet, append(attrs, "panic", fault.Value, "stack", string(fault.Stack))...)
	}
}

// Lost is the report of a run that ended with a panic outside its streams. The shard's
// memory may then be incomplete, so the report's error has the shard claimed again.
func (r *Run) Lost(err error) Report {
	r.LogPanic(err)
	return Report{
		Run: control.Run{ID: r.id, Source: r.task.Name, Trigger: r.order.Trigger, Status: control.Failed, StartedAt: r.began, Streams: []control.StreamRun{}, Error: err.Error()},
		err: fmt.Errorf("%w: %w", kafka.ErrUnknown, err),
	}
}

// guarded runs work in a goroutine of the group, and turns a panic into its error.
func guarded(group *errgroup.Group, work func() error) {
	group.Go(func() error { return notion.Guard(work) })
}
