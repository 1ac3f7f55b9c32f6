package producer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

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
// becomes true with them. A page that is too large for its topic must not hold
// up the others: it is set aside as stuck, with the reason, and the rest is
// committed without it. The changes that were published are returned.
func (s *shard) commit(ctx context.Context, st *stream, b batch, changes []change, records []kafka.Record) ([]change, error) {
	stuck := b.notes
	for {
		err := s.commitOnce(ctx, st, b, changes, records, stuck)
		aborted, certain := errors.AsType[*kafka.AbortedError](err)
		if !certain || aborted.Index < 0 {
			return changes, err
		}
		refused := changes[aborted.Index]
		if !aborted.TooLarge() {
			return changes, fmt.Errorf("page %s: %w", refused.row.id(), err)
		}
		s.log.Warn("a page is set aside as stuck", "source", st.src.Name, "stream", st.name, "page", refused.row.id(), "error", err)
		stuck = append(stuck, st.setAside(refused, fmt.Sprintf("too large for topic %s, raise its max.message.bytes", st.topic.Topic)))
		changes = slices.Delete(slices.Clone(changes), aborted.Index, aborted.Index+1)
		records = slices.Delete(records, aborted.Index, aborted.Index+1)
	}
}

// setAside is what is remembered of a page that could not be published. One
// that the topic has never had stays unknown to it.
func (st *stream) setAside(c change, reason string) state.Entry {
	if c.op == opCreate || c.op == opSnapshot {
		c.page.Marks |= state.Deleted
	}
	c.page.Stuck = reason
	return state.Entry{Key: state.PageKey(st.src.Name, st.name, c.row.id()), Value: c.page}
}

// commitOnce makes one transaction of records, the fingerprints of what they
// publish, the offsets they got, and how far the stream has been read.
func (s *shard) commitOnce(ctx context.Context, st *stream, b batch, changes []change, records []kafka.Record, stuck []state.Entry) error {
	firstScanDone := b.scanned && !st.topic.Scanned
	if len(records) == 0 && len(stuck) == 0 && len(b.advance) == 0 && !firstScanDone {
		return nil
	}
	topic := st.topic
	err := s.publish(ctx, records, func(written []kafka.Position) []state.Entry {
		topic.Scanned = topic.Scanned || b.scanned
		topic.Offsets = maps.Clone(topic.Offsets)
		if topic.Offsets == nil {
			topic.Offsets = map[int32]int64{}
		}
		entries := slices.Clone(stuck)
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
	if err == nil {
		st.topic = topic
	}
	return err
}

// attentionError marks what does not heal by itself: a person has to decide.
type attentionError struct{ error }

func (e attentionError) Unwrap() error { return e.error }

func attention(err error) error { return attentionError{err} }
