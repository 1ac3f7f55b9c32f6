package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// The methods below are for the API, and do the same on every instance: what every
// instance knows they read from the control topic, and what only the owner of a source
// can do they request from the owner.

// Awake waits until this instance has read the control topic once, at most until ctx
// ends.
func (d *Daemon) Awake(ctx context.Context) error {
	select {
	case <-d.awake:
		return nil
	case <-ctx.Done():
		return &control.Error{Kind: control.Unavailable, Message: fmt.Sprintf("this instance has not read topic %s yet: is Kafka reachable? /readyz says more", d.opts.ControlTopic.Name)}
	}
}

// CatchUp waits until this instance has read everything that was written to the control
// topic before the call, and so knows what any other instance had answered; at most until
// ctx ends. Concurrent calls share one record, and there is at most one record a second.
func (d *Daemon) CatchUp(ctx context.Context) error {
	err := d.opts.Control.CaughtUpTogether(ctx)
	if err == nil {
		return nil
	}
	return &control.Error{Kind: control.Unavailable, Message: fmt.Sprintf("this instance knows of no such thing, and may only not have heard of it yet: it could not read topic %s up to now; try again in a moment, /readyz says more", d.opts.ControlTopic.Name)}
}

// request sends a command to the owner of a source, which may be this instance.
func (d *Daemon) request(ctx context.Context, source, verb string, body, answer any) error {
	if create := verb == verbPut || verb == verbCreate || verb == verbMake; !create && !d.HasSource(source) {
		return unknownSource(source) // without a request to its owner
	}
	command := control.Command{Source: source, Verb: verb, Question: isQuestion(verb)}
	var err error
	if command.Body, err = json.Marshal(body); err != nil {
		return err
	}
	var told control.Answer
	if s := d.supervisorOf(source); s != nil {
		told, err = s.request(ctx, command)
	} else {
		told, err = d.opts.Control.Request(ctx, command)
	}
	switch {
	case err != nil:
		return err
	case told.Error != nil:
		return told.Error
	case answer == nil:
		return nil
	}
	return json.Unmarshal(told.Body, answer)
}

func (s *supervisor) request(ctx context.Context, command control.Command) (control.Answer, error) {
	answers := make(chan control.Answer, 1)
	next := "the request may have been carried out or not; look, and try again in a moment"
	if command.Question {
		next = "try again in a moment"
	}
	over := ownerChanges(command.Source, next)
	select {
	case s.requests <- request{command, func(a control.Answer) { answers <- a }}:
	case <-s.done:
		return control.Answer{}, over
	case <-ctx.Done():
		return control.Answer{}, context.Cause(ctx)
	}
	select {
	case answer := <-answers:
		return answer, nil
	case <-s.done:
		return control.Answer{}, over
	case <-ctx.Done():
		return control.Answer{}, context.Cause(ctx)
	}
}

// ownerChanges refuses a request because the owner of the source is changing. next is what
// the person does.
func ownerChanges(source, next string) error {
	return &control.Error{Kind: control.Unavailable, Message: fmt.Sprintf("the owner of source %s is changing: %s", source, next)}
}

// Cancel ends a run and returns how it ended.
func (d *Daemon) Cancel(ctx context.Context, id string) (control.Run, error) {
	run, err := d.FindRun(id)
	if err != nil {
		return run, err
	}
	if err := d.request(ctx, run.Source, verbCancel, id, nil); err != nil {
		return run, err
	}
	err = d.await(ctx, func(m *control.Memory) bool {
		_, entry, found := m.RunByID(id)
		run = entry.Run
		return found && run.Status.Ended()
	})
	return run, err
}

// Pause stops everything of a source until [Daemon.Resume].
func (d *Daemon) Pause(ctx context.Context, source string) error {
	return d.setPaused(ctx, source, verbPause, true)
}

// Resume lets a paused source go on.
func (d *Daemon) Resume(ctx context.Context, source string) error {
	return d.setPaused(ctx, source, verbResume, false)
}

func (d *Daemon) setPaused(ctx context.Context, source, verb string, paused bool) error {
	if err := d.request(ctx, source, verb, nil, nil); err != nil {
		return err
	}
	return d.await(ctx, func(m *control.Memory) bool {
		s, _ := m.SourceState(source)
		return s.Paused == paused && (paused || s.Refused == "")
	})
}

// ResetStream makes the next run of a stream scan afresh; see [Daemon.Reset].
func (d *Daemon) ResetStream(ctx context.Context, source, stream string, forget bool) error {
	return d.request(ctx, source, verbReset, reset{stream, forget}, nil)
}

// Confirm orders a run that looks again at the held deletes of a stream, and carries
// out those whose pages are gone.
func (d *Daemon) Confirm(ctx context.Context, source, stream string) (control.Run, error) {
	streams, err := d.Streams(ctx, source)
	if err != nil {
		return control.Run{}, err
	}
	at := slices.IndexFunc(streams, func(s control.Stream) bool { return s.Stream == stream })
	switch {
	case at < 0:
		return control.Run{}, &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("source %s has no stream %q", source, stream)}
	case streams[at].Held == 0:
		return control.Run{}, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("stream %s of source %s: %v", stream, source, ErrNothingHeld)}
	}
	return d.Start(ctx, source, producer.Order{Confirm: true, Streams: []string{stream}})
}

// Dismiss dismisses the held deletes of a stream, and returns how many there were. The
// pages stay until the next scan.
func (d *Daemon) Dismiss(ctx context.Context, source, stream string) (dismissed int, err error) {
	err = d.request(ctx, source, verbDismiss, stream, &dismissed)
	return dismissed, err
}

// Streams are the streams of a source, including those of databases that it does not
// select.
func (d *Daemon) Streams(ctx context.Context, source string) (streams []control.Stream, err error) {
	err = d.request(ctx, source, verbStreams, nil, &streams)
	return streams, err
}

// Position is how far a stream has been read.
func (d *Daemon) Position(ctx context.Context, source, stream string) (at control.Position, err error) {
	err = d.request(ctx, source, verbPosition, stream, &at)
	return at, err
}

// PutSource creates or changes a source; with create the source must not exist yet. A
// secret that the definition does not hold stays as it was.
func (d *Daemon) PutSource(ctx context.Context, name string, definition control.Definition, create bool) (made bool, err error) {
	verb := verbPut
	if create {
		verb = verbCreate
	}
	if err := d.request(ctx, name, verb, definition, &made); err != nil {
		return false, err
	}
	return made, d.awaitRunner(ctx, name)
}

// DeleteSource removes a source that was made through the API, and its history. Its
// topics and its state stay.
func (d *Daemon) DeleteSource(ctx context.Context, name string) error {
	if err := d.request(ctx, name, verbDelete, nil, nil); err != nil {
		return err
	}
	return d.await(ctx, func(m *control.Memory) bool { _, ok := m.Definition(name); return !ok })
}
