package daemon

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// An openedSource is a source of the control topic that is being opened, or is open.
// source and problem are set once ready is closed.
type openedSource struct {
	definition control.Definition
	ready      chan struct{}
	source     *producer.Source
	problem    error // why it cannot be run
}

// sourcesOf are the sources of the file that are in a shard.
func (d *Daemon) sourcesOf(partition int32) []*producer.Source { return d.byShard()[partition] }

// sourcesByShard are the sources of the file, which never change.
func (d *Daemon) sourcesByShard() map[int32][]*producer.Source {
	out := map[int32][]*producer.Source{}
	for _, src := range d.opts.Sources {
		shard := d.shardOf(src.Name)
		out[shard] = append(out[shard], src)
	}
	return out
}

func (d *Daemon) shardOf(source string) int32 {
	return state.ShardOf(source, d.opts.StateTopic.Partitions)
}

// runnable are all sources of a shard that can be run, by name: those of the file, and
// those of the control topic that no source of the file shadows. The same definition
// always has the same *Source.
func (d *Daemon) runnable(partition int32) map[string]*producer.Source {
	out := map[string]*producer.Source{}
	for name, definition := range d.definitions() {
		if d.shardOf(name) != partition {
			continue
		}
		if opened := d.open(name, definition); opened.problem == nil {
			out[name] = opened.source
		}
	}
	for _, src := range d.sourcesOf(partition) {
		out[src.Name] = src
	}
	return out
}

// definitions are the sources that were made through the API, shadowed ones too. It drops
// the opened sources that were removed, because their connections hold tokens.
func (d *Daemon) definitions() (definitions map[string]control.Definition) {
	if d.opts.Control == nil || d.opts.Open == nil {
		return nil
	}
	d.mu.Lock() // so that an old look at the definitions does not drop a source opened after it
	defer d.mu.Unlock()
	d.opts.Control.View(func(m *control.Memory) { definitions = m.Definitions() })
	maps.DeleteFunc(d.opened, func(name string, _ *openedSource) bool {
		_, defined := definitions[name]
		return !defined
	})
	return definitions
}

// open makes a source from its definition, once for each definition. Concurrent calls
// for the same source wait for it. Calls for others do not, because opening a large
// source takes a while.
func (d *Daemon) open(name string, definition control.Definition) *openedSource {
	d.mu.Lock()
	known := d.opened[name]
	if known != nil && (reflect.DeepEqual(known.definition, definition) || known.definition.Updated.After(definition.Updated)) {
		d.mu.Unlock()
		<-known.ready // the caller's definition may be older than the opened one
		return known
	}
	fresh := &openedSource{definition: definition, ready: make(chan struct{}), problem: errNotOpened}
	d.opened[name] = fresh
	d.mu.Unlock()
	defer close(fresh.ready)
	defer d.dropBroken(name, fresh)
	fresh.source, fresh.problem = d.opts.Open(name, definition)
	if fresh.problem != nil {
		d.opts.Logger.Error("a source that was made through the API cannot be run", "source", name, "error", fresh.problem)
	}
	if d.fromFile(name) {
		d.opts.Logger.Warn("a source that was made through the API is not run: the configuration file has one of the same name", "source", name)
	}
	return fresh
}

// errNotOpened is the problem of a source whose opening panicked, for concurrent
// callers.
var errNotOpened = errors.New("opening it did not come to an end")

// dropBroken drops a source whose opening panicked, so that it is opened again.
func (d *Daemon) dropBroken(name string, broken *openedSource) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if errors.Is(broken.problem, errNotOpened) && d.opened[name] == broken {
		delete(d.opened, name)
	}
}

// names are the names of all sources, including those that cannot be run.
func (d *Daemon) names() (names []string) {
	for _, src := range d.opts.Sources {
		names = append(names, src.Name)
	}
	for name := range d.definitions() {
		if !d.fromFile(name) {
			names = append(names, name)
		}
	}
	return names
}

// fromFile says whether the file defines a source.
func (d *Daemon) fromFile(name string) bool {
	return slices.ContainsFunc(d.opts.Sources, func(src *producer.Source) bool { return src.Name == name })
}

// awaitBusiness returns true once there is a reason to claim a shard: a source in it, or
// a command for one. False when ctx ends first.
func (d *Daemon) awaitBusiness(ctx context.Context, partition int32) bool {
	for ctx.Err() == nil {
		changed := d.controlOrders()
		if len(d.runnable(partition)) > 0 || len(d.pending(partition)) > 0 {
			return true
		}
		select {
		case <-ctx.Done():
		case <-changed:
		}
	}
	return false
}

// controlOrders is closed when a source was defined or a command came; never where there
// is no control topic.
func (d *Daemon) controlOrders() <-chan struct{} {
	if d.opts.Control == nil {
		return nil
	}
	return d.opts.Control.Ordered()
}

// pending are the commands for sources of a shard that wait for an answer.
func (d *Daemon) pending(partition int32) []control.PendingCommand {
	if d.opts.Control == nil {
		return nil
	}
	return d.opts.Control.Pending(func(source string) bool { return d.shardOf(source) == partition })
}

// controlTimeout bounds the wait of a new owner for the control topic's records of the
// previous owner.
const controlTimeout = 15 * time.Second

// readControl waits until every record of the control topic from before the call has been
// read, and returns false where that took too long. The history may then have a gap,
// which must not delay any run.
func (d *Daemon) readControl(ctx context.Context) bool {
	if d.opts.Control == nil {
		return true
	}
	bounded, cancel := context.WithTimeout(ctx, controlTimeout)
	defer cancel()
	err := d.opts.Control.CaughtUp(bounded)
	if err == nil {
		d.deaf.Over()
	} else if _, now := d.deaf.Tell(); now && ctx.Err() == nil {
		d.opts.Logger.Warn("the control topic could not be read up to now: the history of runs may have a gap", "error", err)
	}
	return err == nil
}

// readUp reads the control topic up to now for a shard that was just claimed. Where that
// takes longer than controlTimeout it goes on in a goroutine until end. caughtUp is
// closed when the topic has been read.
func (d *Daemon) readUp(ctx context.Context) (caughtUp <-chan struct{}, end func()) {
	read := make(chan struct{})
	if d.readControl(ctx) {
		close(read)
		return read, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if d.readControl(ctx) {
				close(read)
				return
			}
		}
	}()
	return read, func() { cancel(); <-done }
}

// interruptedRuns are the ids of the runs that a previous owner of a source did not end.
func (d *Daemon) interruptedRuns(source string) (ids []string) {
	if d.opts.Control != nil {
		d.opts.Control.View(func(m *control.Memory) {
			for _, entry := range m.UnfinishedRuns(source) {
				ids = append(ids, entry.Run.ID)
			}
		})
	}
	return ids
}
