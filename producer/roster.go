package producer

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/state"
)

// An openedSource is a source of the control topic, ready to be run.
type openedSource struct {
	definition control.Definition
	source     *Source
	problem    error // why it cannot be run
}

// sourcesOf are the sources of the file that are in a shard.
func (d *Daemon) sourcesOf(partition int32) []*Source {
	return slices.DeleteFunc(slices.Clone(d.opts.Sources), func(src *Source) bool { return d.shardOf(src.Name) != partition })
}

func (d *Daemon) shardOf(source string) int32 {
	return state.ShardOf(source, d.opts.StateTopic.Partitions)
}

// wanted are all sources of a shard, by name: those of the file, and those of the
// control topic that no source of the file shadows. The same definition is the
// same *Source every time.
func (d *Daemon) wanted(partition int32) map[string]*Source {
	out := map[string]*Source{}
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

// definitions are the sources that were made through the API, shadowed ones too.
func (d *Daemon) definitions() (definitions map[string]control.Definition) {
	if d.opts.Board != nil && d.opts.Open != nil {
		d.opts.Board.See(func(m *control.Memory) { definitions = maps.Clone(m.Definitions()) })
	}
	return definitions
}

// open makes a source of its definition, once for each.
func (d *Daemon) open(name string, definition control.Definition) openedSource {
	d.mu.Lock()
	defer d.mu.Unlock()
	known, ok := d.opened[name]
	if ok && reflect.DeepEqual(known.definition, definition) {
		return known
	}
	known = openedSource{definition: definition}
	if known.source, known.problem = d.opts.Open(name, definition); known.problem != nil {
		d.opts.Logger.Error("a source that was made through the API cannot be run", "source", name, "error", known.problem)
	}
	d.opened[name] = known
	return known
}

// fromFile says whether the file defines a source.
func (d *Daemon) fromFile(name string) bool {
	return slices.ContainsFunc(d.opts.Sources, func(src *Source) bool { return src.Name == name })
}

// awaitBusiness answers true once there is something to own a shard for: a source
// in it, or somebody who asks for one. False when ctx ends first.
func (d *Daemon) awaitBusiness(ctx context.Context, partition int32) bool {
	for ctx.Err() == nil {
		changed := d.boardChanged()
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

// boardChanged is closed at the next change of the control topic; never where
// there is none.
func (d *Daemon) boardChanged() <-chan struct{} {
	if d.opts.Board == nil {
		return nil
	}
	return d.opts.Board.Changed()
}

// pending are the commands for sources of a shard that wait for an answer.
func (d *Daemon) pending(partition int32) []control.PendingCommand {
	if d.opts.Board == nil {
		return nil
	}
	return d.opts.Board.Pending(func(source string) bool { return d.shardOf(source) == partition })
}

// boardTimeout bounds the wait of a new owner for what the one before wrote to the
// control topic.
const boardTimeout = 15 * time.Second

// readBoard waits until the control topic has been read as far as it was written
// before the call, and answers whether it was. Where it was not, the history may
// have a gap, and that must not hold up anything.
func (d *Daemon) readBoard(ctx context.Context) bool {
	if d.opts.Board == nil {
		return true
	}
	bounded, cancel := context.WithTimeout(ctx, boardTimeout)
	defer cancel()
	err := d.opts.Board.CaughtUp(bounded)
	if err != nil && ctx.Err() == nil {
		d.opts.Logger.Warn("the control topic could not be read up to now: the history of runs may have a gap", "error", err)
	}
	return err == nil
}

// leftOpen are the runs of a source that an owner before began and did not end.
func (d *Daemon) leftOpen(source string) (ids []string) {
	if d.opts.Board != nil {
		d.opts.Board.See(func(m *control.Memory) {
			for _, entry := range m.OpenRuns(source) {
				ids = append(ids, entry.Run.ID)
			}
		})
	}
	return ids
}
