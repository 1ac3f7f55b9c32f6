package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
)

// What follows is a running daemon as people and programs see it, the same on
// every instance: what anybody knows comes from the control topic, and what only
// the owner of a source can do is asked of it.

// Awake waits until this instance has read the control topic once, and so knows
// what there is; at most until ctx ends.
func (d *Daemon) Awake(ctx context.Context) error {
	select {
	case <-d.awake:
		return nil
	case <-ctx.Done():
		return &control.Error{Kind: control.Unavailable, Message: fmt.Sprintf("this instance has not read topic %s yet: is Kafka reachable? /readyz says more", d.opts.ControlTopic.Name)}
	}
}

// CatchUp waits until this instance has read what was written to the control topic
// before the call, and so knows what any other had answered; at most until ctx ends. All
// who call at a time cost one record, and there is at most one a second.
func (d *Daemon) CatchUp(ctx context.Context) error {
	err := d.opts.Control.CaughtUpTogether(ctx)
	if err == nil {
		return nil
	}
	return &control.Error{Kind: control.Unavailable, Message: fmt.Sprintf("this instance knows of no such thing, and may only not have heard of it yet: it could not read topic %s up to now; try again in a moment, /readyz says more", d.opts.ControlTopic.Name)}
}

// ask has something done by the owner of a source, which may be this instance.
func (d *Daemon) ask(ctx context.Context, source, verb string, body, answer any) error {
	if create := verb == verbPut || verb == verbCreate; !create && !d.HasSource(source) {
		return unknownSource(source) // without a request to its owner
	}
	command := control.Command{Source: source, Verb: verb, Question: verb == verbStreams || verb == verbPosition}
	var err error
	if command.Body, err = json.Marshal(body); err != nil {
		return err
	}
	var told control.Answer
	if s := d.supervisorOf(source); s != nil {
		told, err = s.ask(ctx, command)
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

func (s *supervisor) ask(ctx context.Context, command control.Command) (control.Answer, error) {
	answers := make(chan control.Answer, 1)
	next := "what was asked may have been done or not; look, and try again in a moment"
	if command.Question {
		next = "try again in a moment"
	}
	over := &control.Error{Kind: control.Unavailable, Message: fmt.Sprintf("the owner of source %s is changing: %s", command.Source, next)}
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

// Cancel ends a run and answers with what became of it.
func (d *Daemon) Cancel(ctx context.Context, id string) (control.Run, error) {
	run, err := d.FindRun(id)
	if err != nil {
		return run, err
	}
	if err := d.ask(ctx, run.Source, verbCancel, id, nil); err != nil {
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
	if err := d.ask(ctx, source, verb, nil, nil); err != nil {
		return err
	}
	return d.await(ctx, func(m *control.Memory) bool {
		s, _ := m.SourceState(source)
		return s.Paused == paused && (paused || s.Refused == "")
	})
}

// ResetStream makes the next run of a stream scan afresh; see [Daemon.Reset].
func (d *Daemon) ResetStream(ctx context.Context, source, stream string, forget bool) error {
	return d.ask(ctx, source, verbReset, reset{stream, forget}, nil)
}

// Confirm orders the run that looks again at what is held back of a stream, and
// deletes it.
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

// Dismiss keeps what was held back of a stream until the next scan, and answers
// with how many pages that were.
func (d *Daemon) Dismiss(ctx context.Context, source, stream string) (dismissed int, err error) {
	err = d.ask(ctx, source, verbDismiss, stream, &dismissed)
	return dismissed, err
}

// Streams are the streams of a source, of databases that it does not select too.
func (d *Daemon) Streams(ctx context.Context, source string) (streams []control.Stream, err error) {
	err = d.ask(ctx, source, verbStreams, nil, &streams)
	return streams, err
}

// Position is how far a stream has been read.
func (d *Daemon) Position(ctx context.Context, source, stream string) (at control.Position, err error) {
	err = d.ask(ctx, source, verbPosition, stream, &at)
	return at, err
}

// PutSource makes a source or changes it; with create it must not be there yet.
// A secret that the definition does not hold stays what it was.
func (d *Daemon) PutSource(ctx context.Context, name string, definition control.Definition, create bool) (made bool, err error) {
	verb := verbPut
	if create {
		verb = verbCreate
	}
	if err := d.ask(ctx, name, verb, definition, &made); err != nil {
		return false, err
	}
	return made, d.await(ctx, func(m *control.Memory) bool {
		_, defined := m.Definition(name)
		_, runs := m.SourceState(name)
		return defined && runs
	})
}

// DeleteSource forgets a source that was made through the API, and its history.
// Its topics and its state stay.
func (d *Daemon) DeleteSource(ctx context.Context, name string) error {
	if err := d.ask(ctx, name, verbDelete, nil, nil); err != nil {
		return err
	}
	return d.await(ctx, func(m *control.Memory) bool { _, ok := m.Definition(name); return !ok })
}
