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

// A publication is what a transaction writes to a stream's topic.
type publication struct {
	records []kafka.Record
	of      []int // by record: the change it belongs to
}

// encode turns changes into records. Only here, where there is something to
// publish, is the registry asked for the topic's schema.
func (st *stream) encode(ctx context.Context, changes []change) (p publication, err error) {
	for i, c := range changes {
		switch c.op {
		case "":
			continue
		case OpDelete:
			err = st.encodeDelete(ctx, &p, i, c)
		default:
			err = st.encodeValue(ctx, &p, i, c)
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// encodeDelete adds what the stream's settings want of a delete. A soft record
// shows the page as Notion still does, in the trash; of one that moved, or that
// Notion shows no more, there is only the tombstone.
func (st *stream) encodeDelete(ctx context.Context, p *publication, i int, c change) error {
	mode := st.settings.Deletes
	if st.showsDeleted(c.reason) && !c.tooLarge {
		if err := st.encodeValue(ctx, p, i, c); err != nil {
			return err
		}
		if mode == DeleteSoft {
			return nil
		}
	}
	if mode != DeleteNone {
		p.add(st, i, c, nil)
	}
	return nil
}

// showsDeleted says whether a page that is deleted for a reason is shown once
// more, by a soft record.
func (st *stream) showsDeleted(reason string) bool {
	return reason == ReasonTrashed && (st.settings.Deletes == DeleteSoft || st.settings.Deletes == DeleteBoth)
}

func (st *stream) encodeValue(ctx context.Context, p *publication, i int, c change) error {
	if err := st.openEncoder(ctx); err != nil {
		return fmt.Errorf("preparing the schema of topic %s: %w", st.topic.Topic, err)
	}
	value, err := st.value(c.row)
	if err != nil {
		return fmt.Errorf("encoding %s for topic %s: %w", c.id, st.topic.Topic, err)
	}
	p.add(st, i, c, value)
	return nil
}

func (p *publication) add(st *stream, i int, c change, value []byte) {
	headers := []kafka.Header{
		{Key: "notion-kafka.op", Value: c.op},
		{Key: "notion-kafka.source", Value: st.task.Name},
		{Key: "notion-kafka.stream", Value: st.name},
		{Key: "notion-kafka.run", Value: st.runID},
	}
	if c.op == OpDelete {
		headers = append(headers, kafka.Header{Key: "notion-kafka.reason", Value: c.reason})
	}
	p.of = append(p.of, i)
	p.records = append(p.records, kafka.Record{
		Topic: st.topic.Topic, Partitions: st.topic.Partitions, Key: []byte(c.id.String()), Value: value, Headers: headers,
	})
}

func (st *stream) openEncoder(ctx context.Context) (err error) {
	schemas := st.task.env.Schemas
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

// commit publishes changes and, in the same transaction, everything that becomes
// true with them. A page that is too large for its topic must not hold up the
// others: it is set aside as stuck, with the reason, and the rest is committed
// without it. The changes that were published are returned.
func (st *stream) commit(ctx context.Context, b batch, changes []change) ([]change, error) {
	if publishes(changes) && !st.topicSeen {
		if err := st.openTopic(ctx); err != nil {
			return nil, err
		}
	}
	for {
		p, err := st.encode(ctx, changes)
		if err == nil && len(p.records) > 0 {
			err = st.run.tell.Publishing(ctx)
		}
		if err != nil {
			return nil, err
		}
		err = st.commitOnce(ctx, b, changes, p)
		aborted, certain := errors.AsType[*kafka.AbortedError](err)
		switch {
		case err == nil:
			st.task.Jobs.published(st.jobKey, changes, b.sent)
			return changes, nil
		case !certain || aborted.Index < 0:
			return nil, err
		}
		at := p.of[aborted.Index]
		refused := changes[at]
		if !aborted.TooLarge() {
			return nil, fmt.Errorf("page %s: %w", refused.id, err)
		}
		if err := st.takesStill(ctx); err != nil {
			return nil, err
		}
		changes = slices.Clone(changes)
		if refused.op == OpDelete {
			changes[at].tooLarge = true
			continue
		}
		st.task.Shard.Log.WarnContext(ctx, "a page is set aside as stuck", "source", st.task.Name, "stream", st.name, "page", refused.id.String(), "error", err)
		changes[at] = setAside(refused, fmt.Sprintf("too large for topic %s, raise its max.message.bytes", st.topic.Topic))
	}
}

// publishes says that there is something among changes that the topic is told of.
func publishes(changes []change) bool {
	return slices.ContainsFunc(changes, func(c change) bool { return c.op != "" })
}

// takesStill looks again how much the topic takes, after it refused something. If
// that has changed, the next commit says so: nothing is known of the page then.
func (st *stream) takesStill(ctx context.Context) error {
	info, err := st.task.env.Cluster.Topic(ctx, st.topic.Topic)
	if err != nil {
		return err
	}
	st.task.Shard.SetMaxBytes(info.Name, info.MaxBytes)
	return nil
}

// setAside is a change that could not be published. A page that the topic has
// never had stays unknown to it.
func setAside(c change, reason string) change {
	if !c.had {
		c.page.Marks |= state.Deleted
	}
	c.op, c.setAside, c.page.Stuck = "", true, reason
	return c
}

// commitOnce makes one transaction of records, the fingerprints of what they
// publish, the offsets they got, and how far the stream has been read.
func (st *stream) commitOnce(ctx context.Context, b batch, changes []change, p publication) error {
	before := st.topicNow()
	scanned := b.scanned && !before.Scanned
	if len(changes) == 0 && len(b.notes) == 0 && !scanned {
		return st.task.Shard.Postpone(ctx, st.task.Name, b.advance...)
	}
	return st.task.Shard.Commit(ctx, p.records, func(written []kafka.Position) []state.Entry {
		topic := st.topicNow()
		topic.Scanned = topic.Scanned || b.scanned
		topic.Offsets = maps.Clone(topic.Offsets)
		if topic.Offsets == nil {
			topic.Offsets = map[int32]int64{}
		}
		for _, at := range written {
			topic.Offsets[at.Partition] = max(topic.Offsets[at.Partition], at.Offset)
		}
		entries := slices.Clone(b.notes)
		for _, c := range changes {
			if c.forget {
				entries = append(entries, state.Entry{Key: state.PageKey(st.task.Name, st.name, c.id.String())})
			} else {
				entries = append(entries, st.pageEntry(c.id, c.page))
			}
		}
		entries = append(entries, b.advance...)
		if len(written) > 0 || scanned {
			entries = append(entries, state.Entry{Key: state.TopicKey(st.task.Name, st.name), Value: topic})
		}
		return entries
	})
}

// topicNow is the stream's topic as it was remembered last: another job of the
// stream may have written to it since this one began.
func (st *stream) topicNow() state.Topic {
	topic := st.topic
	st.task.Shard.View(func(m *state.Memory) {
		if now := m.Source(st.task.Name).Stream(st.name).Topic; now != nil {
			topic = *now
		}
	})
	if topic.ID == "" {
		topic.ID, topic.Partitions = st.topic.ID, st.topic.Partitions
	}
	return topic
}

// attentionError marks what does not heal by itself: a person has to decide.
type attentionError struct{ error }

func (e attentionError) Unwrap() error { return e.error }

func attention(err error) error { return attentionError{err} }
