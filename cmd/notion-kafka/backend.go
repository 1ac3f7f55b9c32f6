package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"notion-kafka/cmd/notion-kafka/catalog"
	"notion-kafka/config"
	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/daemon"
)

// A backend gives the console access to this instance: what is not here is the daemon's
// own.
type backend struct {
	*daemon.Daemon

	app         *App
	topics      *catalog.Catalog
	definitions definitions
	authorizer  *authorizer
	finishing   finishing
}

// Sources implements console.Backend.
func (b *backend) Sources() []control.Source {
	written := map[string]json.RawMessage{}
	for _, spec := range b.app.Config.Sources {
		written[spec.Name] = config.DescribeSource(spec)
	}
	sources := b.Daemon.Sources()
	for i, src := range sources {
		if src.Origin == control.FromFile {
			sources[i].Definition = written[src.Name]
		}
	}
	return sources
}

// PutSource implements console.Backend.
func (b *backend) PutSource(ctx context.Context, name string, spec json.RawMessage, create bool) (created bool, err error) {
	if b.isFromFile(name) {
		return false, daemon.DefinedInFile(name)
	}
	kept, _ := b.Daemon.Definition(name)
	if create {
		kept = control.Definition{}
	}
	definition, err := b.definitions.define(spec, kept, b.others(name))
	if err != nil {
		return false, err
	}
	return b.Daemon.PutSource(ctx, name, definition, create)
}

// others returns all sources but one.
func (b *backend) others(name string) (others []config.Source) {
	others = slices.DeleteFunc(b.app.Config.ResolvedSources(), func(src config.Source) bool { return src.Name == name })
	for _, src := range b.Daemon.Sources() {
		kept, made := b.Daemon.Definition(src.Name)
		if !made || src.Name == name || src.Shadowed {
			continue
		}
		if parsed, err := b.definitions.parse(src.Name, kept); err == nil {
			others = append(others, parsed)
		}
	}
	return others
}

// Run implements console.Backend.
func (b *backend) Run(id string) (control.Run, *control.Log, error) {
	run, err := b.FindRun(id)
	return run, b.Log(id), err
}

// Start implements console.Backend.
func (b *backend) Start(ctx context.Context, source string, order control.Order) (control.Run, error) {
	if _, err := b.Runs(source); err != nil {
		return control.Run{}, err
	}
	given, err := orderOf(order)
	if err != nil {
		return control.Run{}, err
	}
	return b.Daemon.Start(ctx, source, given)
}

// orderOf returns the order of a caller of the API, or why it makes no sense.
func orderOf(order control.Order) (producer.Order, error) {
	switch {
	case order.Republish && !order.Full:
		return producer.Order{}, &control.Error{Kind: control.Invalid, Message: "republish needs full: only a scan sees unchanged pages"}
	case order.Failed && len(order.Streams) > 0:
		return producer.Order{}, &control.Error{Kind: control.Invalid, Message: "failed chooses the streams: leave out streams, or name them without failed"}
	}
	given := producer.Order{Full: order.Full, Republish: order.Republish, Failed: order.Failed}
	for _, name := range order.Streams {
		given.Streams = append(given.Streams, streamName(name))
	}
	return given, nil
}

// Position implements console.Backend.
func (b *backend) Position(ctx context.Context, source, stream string) (control.Position, error) {
	return b.Daemon.Position(ctx, source, streamName(stream))
}

// Reset implements console.Backend.
func (b *backend) Reset(ctx context.Context, source, stream string, forget bool) error {
	return b.ResetStream(ctx, source, streamName(stream), forget)
}

// Held implements console.Backend.
func (b *backend) Held(ctx context.Context, source, stream string, look int) (control.HeldDeletes, error) {
	return b.Daemon.Held(ctx, source, streamName(stream), look)
}

// ConfirmDeletes implements console.Backend.
func (b *backend) ConfirmDeletes(ctx context.Context, source, stream string) (control.Run, error) {
	return b.Confirm(ctx, source, streamName(stream))
}

// DismissDeletes implements console.Backend.
func (b *backend) DismissDeletes(ctx context.Context, source, stream string) (int, error) {
	return b.Dismiss(ctx, source, streamName(stream))
}

// readyPatience is how long each check of Ready may take.
const readyPatience = 3 * time.Second

var errNotReadyYet = fmt.Errorf("no answer within %v", readyPatience)

// Ready implements console.Backend.
func (b *backend) Ready(ctx context.Context) map[string]error {
	return wrongAmong(ctx, map[string]func(context.Context) error{
		"kafka": b.Reachable, "registry": b.app.Registry.Ping, "group": b.Joined, "shards": b.Working,
	})
}

// wrongAmong runs checks concurrently, so that a slow one does not take the others'
// time, and returns those that fail.
func wrongAmong(ctx context.Context, checks map[string]func(context.Context) error) map[string]error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyPatience, errNotReadyYet)
	defer cancel()
	var (
		looking sync.WaitGroup
		mu      sync.Mutex
		wrong   = map[string]error{}
	)
	for name, look := range checks {
		looking.Go(func() {
			if err := notion.Guard(func() error { return look(ctx) }); err != nil {
				mu.Lock()
				defer mu.Unlock()
				wrong[name] = err
			}
		})
	}
	looking.Wait()
	return wrong
}
