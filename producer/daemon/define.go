package daemon

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/shard"
)

// readBack bounds the wait until a record that was just written to the control topic
// has been read back, so that the next request finds it.
const readBack = 10 * time.Second

// define creates or changes a source. A secret that the definition does not hold stays
// as it was. It returns an error only when the shard is lost.
func (s *supervisor) define(ctx context.Context, req request) error {
	made, err := withBody(req.command.Body, func(definition control.Definition) (bool, error) {
		verb := req.command.Verb
		return s.write(ctx, req.command.Source, definition, storing{create: verb == verbCreate, existing: verb == verbReplace})
	})
	req.reply(answerOf(made, err))
	return shard.Lost(err)
}

func (s *supervisor) write(ctx context.Context, name string, definition control.Definition, with storing) (made bool, err error) {
	d := s.d
	before, known := d.Definition(name)
	switch {
	case d.fromFile(name):
		return false, DefinedInFile(name)
	case !known && with.existing:
		return false, unknownSource(name)
	case known && with.create:
		return false, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("there is a source %s already: PUT /api/v1/sources/%s replaces it", name, name)}
	case !known && d.opts.MostSources > 0 && len(d.definitions()) >= d.opts.MostSources:
		return false, &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("there are %d sources made through the API, which is the most that it takes: remove some, or define sources in the configuration file", d.opts.MostSources)}
	}
	sealed := maps.Clone(before.Sealed)
	if sealed == nil {
		sealed = map[string]string{}
	}
	maps.Copy(sealed, definition.Sealed)
	if known && bytes.Equal(before.Spec, definition.Spec) && maps.Equal(before.Sealed, sealed) {
		return false, nil // nothing changes, so no run is disturbed
	}
	definition.Sealed, definition.Updated = sealed, time.Now().UTC()
	if _, err := d.opts.Open(name, definition); err != nil {
		return false, &control.Error{Kind: control.Invalid, Message: err.Error()}
	}
	if err := with.commit(ctx, s, name, definition); err != nil {
		return false, err
	}
	return !known, d.await(ctx, func(m *control.Memory) bool {
		now, ok := m.Definition(name)
		return ok && now.Updated.Equal(definition.Updated)
	})
}

// reseal seals the secrets of sources that have no runner yet with the current key, so
// that previous keys can be removed from the configuration. It returns an error only
// when the shard is lost.
func (s *supervisor) reseal(ctx context.Context) error {
	d := s.d
	if d.opts.Reseal == nil {
		return nil
	}
	for name, definition := range d.definitions() {
		if d.shardOf(name) != s.shard.Partition || s.runners[name] != nil {
			continue
		}
		fresh, changed := d.opts.Reseal(name, definition)
		if !changed {
			continue
		}
		fresh.Updated = time.Now().UTC()
		err := d.write(ctx, s.shard, control.Record{Key: control.DefinitionKey(name), Value: fresh})
		if err == nil {
			err = d.await(ctx, func(m *control.Memory) bool {
				now, ok := m.Definition(name)
				return !ok || !now.Updated.Before(fresh.Updated)
			})
		}
		if err != nil && shard.Lost(err) == nil {
			s.shard.Log.WarnContext(ctx, "sealing the secrets of a source with the current secrets.key failed: they stay sealed with a previous one", "source", name, "error", err)
		}
		if err := shard.Lost(err); err != nil {
			return err
		}
	}
	return nil
}

// remove removes a source that was made through the API, and its history. Its topics
// and its state stay. It returns an error only when the shard is lost.
func (s *supervisor) remove(ctx context.Context, req request) error {
	err := s.forget(ctx, req.command.Source)
	req.reply(answerOf(nil, err))
	return shard.Lost(err)
}

func (s *supervisor) forget(ctx context.Context, name string) error {
	d := s.d
	_, known := d.Definition(name)
	switch {
	case !known && d.fromFile(name):
		return DefinedInFile(name)
	case !known:
		return unknownSource(name)
	}
	records := []control.Record{{Key: control.DefinitionKey(name)}}
	if !d.fromFile(name) { // else the runner is of the file's source and goes on
		if s.runners[name] != nil {
			s.close(name, errSourceChanged)
			d.opts.Observer.Forget(name)
		}
		records = append(records, control.Record{Key: control.SourceStateKey(name)}, control.Record{Key: control.LastLogKey(name)}, control.Record{Key: control.FailedLogKey(name)}, control.Record{Key: control.DaysKey(name)})
		d.opts.Control.View(func(m *control.Memory) {
			records = append(records, forgetGrants(m, name, "")...)
			for _, entry := range m.Runs(name) {
				records = append(records, control.Record{Key: control.RunKey(name, entry.N)})
			}
		})
		delete(s.memories, name) // the next run of a source of this name begins a new history
		s.shard.Owes(name, false)
		if err := setPaused(ctx, s.shard, name, false); err != nil { // or a later source of this name would begin paused
			return err
		}
	}
	if err := d.write(ctx, s.shard, records...); err != nil {
		return err
	}
	return d.await(ctx, func(m *control.Memory) bool {
		_, still := m.Definition(name)
		return !still
	})
}

// await waits until good is true of the control topic's memory, at most ten seconds.
func (d *Daemon) await(ctx context.Context, good func(*control.Memory) bool) error {
	if d.opts.Control.Gone() {
		return errControlGone
	}
	ctx, cancel := context.WithTimeout(ctx, readBack)
	defer cancel()
	if err := d.opts.Control.Await(ctx, good); err != nil {
		return &control.Error{Kind: control.Unavailable, Message: fmt.Sprintf("it was written to topic %s, but could not be read back yet: look again in a moment", d.opts.ControlTopic.Name)}
	}
	return nil
}

// DefinedInFile is the error for a change of a source of the configuration file.
func DefinedInFile(name string) error {
	return &control.Error{Kind: control.Conflict, Message: fmt.Sprintf("source %s is defined in the configuration file: change or remove it there", name)}
}

func unknownSource(name string) error {
	return &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("there is no source %q", name)}
}
