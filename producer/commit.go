package producer

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"notion-kafka/producer/kafka"
	"notion-kafka/producer/state"
)

// encode turns changes into records. Only here, where there is something to
// publish, is the registry asked for the topic's schema.
func (s *shard) encode(ctx context.Context, st *stream, changes []change) ([]kafka.Record, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	if err := s.openEncoder(ctx, st); err != nil {
		return nil, fmt.Errorf("preparing the schema of topic %s: %w", st.topic.Topic, err)
	}
	records := make([]kafka.Record, len(changes))
	for i, c := range changes {
		value, err := st.value(c.row)
		if err != nil {
			return nil, fmt.Errorf("encoding %s for topic %s: %w", c.row.id(), st.topic.Topic, err)
		}
		records[i] = kafka.Record{
			Topic: st.topic.Topic, Partitions: st.topic.Partitions, Key: []byte(c.row.id()), Value: value,
			Headers: []kafka.Header{
				{Key: "notion-kafka.op", Value: c.op},
				{Key: "notion-kafka.source", Value: st.src.Name},
				{Key: "notion-kafka.stream", Value: st.name},
				{Key: "notion-kafka.run", Value: st.runID},
			},
		}
	}
	return records, nil
}

func (s *shard) openEncoder(ctx context.Context, st *stream) (err error) {
	schemas := s.daemon.opts.Schemas
	switch {
	case st.name == DatabasesStream && st.encodeDatabase == nil:
		st.encodeDatabase, err = schemas.Databases(ctx, st.topic.Topic)
	case st.name != DatabasesStream && st.encodePage == nil:
		st.encodePage, err = schemas.Pages(ctx, st.topic.Topic)
	}
	return err
}

func (st *stream) value(r row) ([]byte, error) {
	if r.page != nil {
		return st.encodePage(nil, r.page)
	}
	return st.encodeDatabase(nil, r.database)
}

// commit publishes records and, in the same transaction, everything that
// becomes true with them: the fingerprints, the offsets they got, and how far
// the stream has been read.
func (s *shard) commit(ctx context.Context, st *stream, b batch, changes []change, records []kafka.Record) error {
	firstScanDone := b.scanned && !st.topic.Scanned
	if len(records) == 0 && len(b.advance) == 0 && !firstScanDone {
		return nil
	}
	topic := st.topic
	err := s.publish(ctx, records, func(written []kafka.Position) []state.Entry {
		topic.Scanned = topic.Scanned || b.scanned
		topic.Offsets = maps.Clone(topic.Offsets)
		if topic.Offsets == nil {
			topic.Offsets = map[int32]int64{}
		}
		var entries []state.Entry
		for i, c := range changes {
			topic.Offsets[written[i].Partition] = max(topic.Offsets[written[i].Partition], written[i].Offset)
			entries = append(entries, state.Entry{Key: state.PageKey(st.src.Name, st.name, c.row.id()), Value: c.page})
		}
		entries = append(entries, b.advance...)
		if len(changes) > 0 || firstScanDone {
			entries = append(entries, state.Entry{Key: state.TopicKey(st.src.Name, st.name), Value: topic})
		}
		return entries
	})
	if aborted := (*kafka.AbortedError)(nil); errors.As(err, &aborted) && aborted.Index >= 0 && aborted.Topic == topic.Topic {
		return fmt.Errorf("page %s: %w", changes[aborted.Index].row.id(), err)
	}
	if err != nil {
		return err
	}
	st.topic = topic
	return nil
}

// attentionError marks what does not heal by itself: a person has to decide.
type attentionError struct{ error }

func (e attentionError) Unwrap() error { return e.error }

func attention(err error) error { return attentionError{err} }
