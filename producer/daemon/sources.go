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

// An openedSource is a source of the control topic, ready to be run. source and
// problem count once ready is closed.
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

// wanted are all sources of a shard, by name: those of the file, and those of the
// control topic that no source of the file shadows. The same definition is the
// same *Source every time.
func (d *Daemon) wanted(partition int32) map[string]*producer.Source {
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

// definitions are the sources that were made through the API, shadowed ones too. Those
// that are gone are dropped: the connection of one holds its token.
func (d *Daemon) definitions() (definitions map[string]control.Definition) {
	if d.opts.Control == nil || d.opts.Open == nil {
		return nil
	}
	d.mu.Lock() // who looked before another one opened a source does not drop it
	defer d.mu.Unlock()
	d.opts.Control.View(func(m *control.Memory) { definitions = m.Definitions() })
	maps.DeleteFunc(d.opened, func(name string, _ *openedSource) bool {
		_, defined := definitions[name]
		return !defined
	})
	return definitions
}

// open makes a source of its definition, once for each. Who asks meanwhile waits for
// the same; all others are not held up, for a large source takes a while.
func (d *Daemon) open(name string, definition control.Definition) *openedSource {
	d.mu.Lock()
	known := d.opened[name]
	if known != nil && (reflect.DeepEqual(known.definition, definition) || known.definition.Updated.After(definition.Updated)) {
		d.mu.Unlock()
		<-known.ready // who asks may have looked a moment ago
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

// errNotOpened is the problem of a source whose opening panicked, for those who
// waited for it.
var errNotOpened = errors.New("opening it did not come to an end")

// dropBroken has a source be opened again whose opening panicked.
func (d *Daemon) dropBroken(name string, broken *openedSource) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if errors.Is(broken.problem, errNotOpened) && d.opened[name] == broken {
		delete(d.opened, name)
	}
}

// names are those of all sources, run or not.
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

// awaitBusiness answers true once there is something to own a shard for: a source
// in it, or somebody who asks for one. False when ctx ends first.
func (d *Daemon) awaitBusiness(ctx context.Context, partition int32) bool {
	for ctx.Err() == nil {
		changed := d.controlOrders()
		if len(d.wanted(partition)) > 0 || len(d.pending(partition)) > 0 {
			return true
		}
		select {
		case <-ctx.Done():
		case <-changed:
		}
	}
	return false
}

// controlOrders is closed when a source was defined or somebody asks for something;
// never where there is no control topic.
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

// controlTimeout bounds the wait of a new owner for what the one before wrote to the
// control topic.
const controlTimeout = 15 * time.Second

// readControl waits until the control topic has been read as far as it was written
// before the call, and answers whether it was. Where it was not, the history may
// have a gap, and that must not hold up anything.
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

// readUp reads the control topic for a shard that was just claimed, for a moment
// here and then beside its work; end stops that. caughtUp is closed when it has.
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

// leftOpen are the runs of a source that an owner before began and did not end.
func (d *Daemon) leftOpen(source string) (ids []string) {
	if d.opts.Control != nil {
		d.opts.Control.View(func(m *control.Memory) {
			for _, entry := range m.UnfinishedRuns(source) {
				ids = append(ids, entry.Run.ID)
			}
		})
	}
	return ids
}
