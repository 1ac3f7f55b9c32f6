package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/shard"
	"notion-kafka/producer/state"
)

// ErrNothingHeld says that no deletes of a stream wait for a person.
var ErrNothingHeld = errors.New("no deletes are held back")

// ConfirmDeletes confirms the held deletes of a stream: it makes a run that looks at
// every held page again and deletes those that are gone. Like [Daemon.Once], it is
// refused while an instance of the group lives. Where nothing is held it returns
// ErrNothingHeld and makes no run. begins receives the number of held pages, each of
// which takes a request.
func (d *Daemon) ConfirmDeletes(ctx context.Context, src *producer.Source, stream string, begins func(held int)) ([]producer.Report, error) {
	held, err := d.held(ctx, src.Name, stream)
	if err != nil {
		return nil, err
	}
	begins(held)
	opts := d.opts
	opts.Sources = []*producer.Source{src}
	return New(opts).Once(ctx, producer.Order{Trigger: control.ByHand, Confirm: true, Streams: []string{stream}}, 0)
}

// DismissDeletes dismisses the held deletes of a stream: the pages stay in the topic,
// and the next scan looks at them anew. It is refused while an instance of the group
// lives. It returns how many were held, or ErrNothingHeld.
func (d *Daemon) DismissDeletes(ctx context.Context, source, stream string) (dismissed int, err error) {
	if _, err := d.held(ctx, source, stream); err != nil {
		return 0, err
	}
	err = d.whileAlone(ctx, source, func(s *shard.Shard) (err error) {
		dismissed, err = dismiss(ctx, s, source, stream)
		return err
	})
	return dismissed, err
}

// dismiss clears the marks of a stream's held pages and returns how many there were.
func dismiss(ctx context.Context, s *shard.Shard, source, stream string) (dismissed int, err error) {
	var entries []state.Entry
	s.View(func(m *state.Memory) {
		if err = knownStream(m, source, stream); err == nil {
			entries = state.PresentAgain(m.Source(source).Stream(stream), source, stream)
		}
	})
	if err == nil && len(entries) == 0 {
		err = ErrNothingHeld
	}
	if err != nil {
		return 0, err
	}
	if err := s.Save(ctx, entries...); err != nil {
		return 0, fmt.Errorf("dismissing the held deletes of stream %s of source %s: %w", stream, source, err)
	}
	return len(entries), nil
}

// knownStream is ErrUnknownStream where nothing is remembered of a stream.
func knownStream(m *state.Memory, source, stream string) error {
	known := m.Source(source)
	names := slices.DeleteFunc(known.Streams(), func(name string) bool { return known.Stream(name).Topic == nil })
	switch {
	case slices.Contains(names, stream):
		return nil
	case len(names) == 0:
		return fmt.Errorf("%w: nothing is remembered of source %s: it has not been read yet", producer.ErrUnknownStream, source)
	case known.Databases[producer.DatabaseOf(stream)].Created != (time.Time{}):
		return fmt.Errorf("%w: stream %s of source %s has not been read yet: is it selected?", producer.ErrUnknownStream, stream, source)
	}
	return fmt.Errorf("%w: nothing is remembered of a stream %q of source %s; it has %s", producer.ErrUnknownStream, stream, source, producer.TitledStreams(names, producer.TitleIn(known)))
}

// held is how many deletes of the stream are held back; ErrNothingHeld where there are
// none.
func (d *Daemon) held(ctx context.Context, source, stream string) (int, error) {
	memory, err := d.remembered(ctx, source, stream)
	if err != nil {
		return 0, err
	}
	if memory.Counts.Held == 0 {
		return 0, ErrNothingHeld
	}
	return memory.Counts.Held, nil
}

// remembered is a stream's memory in the state topic, whichever instance owns it;
// ErrUnknownStream where there is none.
func (d *Daemon) remembered(ctx context.Context, source, stream string) (*state.StreamMemory, error) {
	if err := d.Prepare(ctx); err != nil {
		return nil, err
	}
	shards, err := d.shards().ReadAll(ctx)
	if err != nil {
		return nil, err
	}
	memory, ok := shards[d.shardOf(source)]
	if !ok {
		memory = state.NewMemory()
	}
	if err := knownStream(memory, source, stream); err != nil {
		return nil, err
	}
	return memory.Source(source).Stream(stream), nil
}
