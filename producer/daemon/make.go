package daemon

import (
	"context"
	"fmt"
	"slices"
	"time"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// A Making is a source that a person makes of a draft.
type Making struct {
	// Definition names the draft. Making the same draft again changes what it made before.
	Definition control.Definition
	// Granted is what Notion granted for it at GrantedAt; nil: it reads with a token.
	Granted   *notion.Grant
	GrantedAt time.Time
	// Paused makes a source that is paused from the beginning.
	Paused bool
}

// making is the body of a request to make a source.
type making struct {
	Definition control.Definition `json:"definition"`
	Connect    *connecting        `json:"connect,omitempty"`
	Paused     bool               `json:"paused,omitzero"`
}

// MakeSource makes a source, its connection and whether it is paused in one transaction, so
// no run can begin before all of that is true. It is refused if there is a source of that
// name, unless the same draft made it, and if another source has the connection. That source
// gets the pair if it is newer than its own, because Notion may refuse its own now.
func (d *Daemon) MakeSource(ctx context.Context, name string, what Making) error {
	body := making{Definition: what.Definition, Paused: what.Paused}
	if what.Granted != nil {
		if err := d.holdsNobody(ctx, name, what.Granted, what.GrantedAt); err != nil {
			return err
		}
		sealed, err := d.opts.Grants.Seal(name, what.Granted, what.GrantedAt)
		if err != nil {
			return notSealed(name, err)
		}
		body.Connect = &connecting{what.Granted.BotID, sealed}
	}
	if err := d.request(ctx, name, verbMake, body, nil); err != nil {
		return err
	}
	return d.awaitRunner(ctx, name)
}

// ReplaceSource changes a source that was made through the API, and never makes one.
func (d *Daemon) ReplaceSource(ctx context.Context, name string, definition control.Definition) error {
	if err := d.request(ctx, name, verbReplace, definition, nil); err != nil {
		return err
	}
	return d.awaitRunner(ctx, name)
}

// awaitRunner waits until this instance knows a source and its first state.
func (d *Daemon) awaitRunner(ctx context.Context, name string) error {
	return d.await(ctx, func(m *control.Memory) bool {
		_, defined := m.Definition(name)
		_, runs := m.SourceState(name)
		return defined && runs
	})
}

// IsPaused reports whether a source is paused, as far as this instance knows.
func (d *Daemon) IsPaused(source string) (paused bool) {
	d.opts.Control.View(func(m *control.Memory) {
		s, _ := m.SourceState(source)
		paused = s.Paused
	})
	return paused
}

// HolderOf is the source that has the connection that Notion granted; "" if there is none. A
// source that has an older pair gets the granted one.
func (d *Daemon) HolderOf(ctx context.Context, granted *notion.Grant, at time.Time) (holder string) {
	if holder = d.holderOf("", granted.BotID); holder == "" {
		return ""
	}
	var held control.Grant
	d.opts.Control.View(func(m *control.Memory) { held, _ = m.Grant(granted.BotID) })
	if held.Stored.Before(at) {
		d.keepNewest(ctx, d.opts.Control.View, granted)
	}
	return holder
}

// holdsNobody refuses a connection that another source has.
func (d *Daemon) holdsNobody(ctx context.Context, name string, granted *notion.Grant, at time.Time) error {
	if holder := d.HolderOf(ctx, granted, at); holder != "" && holder != name {
		return HeldBy("source "+name, holder)
	}
	return nil
}

func notSealed(source string, err error) error {
	return &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s is not connected, because its tokens could not be sealed: %v", source, err)}
}

// makeSource carries out a request to make a source. It returns an error only when the shard
// is lost.
func (s *supervisor) makeSource(ctx context.Context, req request) error {
	made, err := withBody(req.command.Body, func(what making) (bool, error) { return s.made(ctx, req.command.Source, what) })
	req.reply(answerOf(made, err))
	return shard.Lost(err)
}

func (s *supervisor) made(ctx context.Context, name string, what making) (bool, error) {
	d := s.d
	if before, known := d.Definition(name); known && !d.fromFile(name) {
		if before.Draft == "" || before.Draft != what.Definition.Draft {
			return false, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("there is a source %s already: choose another name, or change that source", name)}
		}
		return s.write(ctx, name, what.Definition, storing{})
	}
	with := storing{create: true}
	if what.Connect != nil {
		if holder := d.holderOf(name, what.Connect.Bot); holder != "" {
			return false, HeldBy("source "+name, holder)
		}
		var err error
		if _, with.records, err = connection(name, s.shard.Source(name), *what.Connect, d.opts.Control.View); err != nil {
			return false, err
		}
	}
	if what.Paused {
		pinned := s.shard.Source(name)
		pinned.Paused = true
		with.state = []state.Entry{{Key: state.SourceKey(name), Value: pinned}}
	}
	return s.write(ctx, name, what.Definition, with)
}

// storing says how a definition is written, and what is written in the same transaction.
type storing struct {
	create   bool // there must be none yet
	existing bool // there must be one
	records  []control.Record
	state    []state.Entry
}

// commit writes a definition behind what belongs to it, so whoever has read it knows the rest.
func (w storing) commit(ctx context.Context, s *supervisor, name string, definition control.Definition) error {
	records := slices.Concat(w.records, []control.Record{{Key: control.DefinitionKey(name), Value: definition}})
	return s.d.writeWith(ctx, s.shard, func([]kafka.Position) []state.Entry { return w.state }, records...)
}
