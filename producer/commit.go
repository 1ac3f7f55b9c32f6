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
	of      []int // by record: index of the change that it belongs to
}

// encode turns changes into records. The topic's schema is requested from the
// registry only here, when there is something to publish. Where pages need columns that
// the schema did not have, all of them are encoded again with one that has.
func (j *job) encode(ctx context.Context, changes []change) (publication, error) {
	for {
		j.learnColumns(changes)
		p, err := j.encodeOnce(ctx, changes)
		if err != nil || !j.columnsGrew() {
			return p, err
		}
	}
}

func (j *job) encodeOnce(ctx context.Context, changes []change) (p publication, err error) {
	p = publication{records: make([]kafka.Record, 0, len(changes)), of: make([]int, 0, len(changes))}
	for i, c := range changes {
		switch c.op {
		case "":
			continue
		case OpDelete:
			err = j.encodeDelete(ctx, &p, i, c)
		default:
			err = j.encodeValue(ctx, &p, i, c)
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// encodeDelete adds the records of a delete: a soft record, a tombstone or both, as
// the stream's settings say. A soft record shows the page as it is in Notion's trash.
// A page that moved, or that Notion no longer shows, gets only the tombstone.
func (j *job) encodeDelete(ctx context.Context, p *publication, i int, c change) error {
	mode := j.settings.Deletes
	if j.showsDeleted(c.reason) && !c.tooLarge {
		if err := j.encodeValue(ctx, p, i, c); err != nil {
			return err
		}
		if mode == DeleteSoft {
			return nil
		}
	}
	if mode != DeleteNone {
		p.add(j, i, c, nil)
	}
	return nil
}

// showsDeleted reports whether a delete with this reason gets a soft record.
func (j *job) showsDeleted(reason string) bool {
	return reason == ReasonTrashed && (j.settings.Deletes == DeleteSoft || j.settings.Deletes == DeleteBoth)
}

func (j *job) encodeValue(ctx context.Context, p *publication, i int, c change) error {
	if err := j.ensureEncoder(ctx); err != nil {
		return fmt.Errorf("preparing the schema of topic %s: %w", j.topic.Topic, err)
	}
	value, err := j.encodeItem(c.row.item)
	if err != nil {
		return fmt.Errorf("encoding %s for topic %s: %w", c.id, j.topic.Topic, err)
	}
	p.add(j, i, c, value)
	return nil
}

func (p *publication) add(j *job, i int, c change, value []byte) {
	headers := []kafka.Header{
		{Key: "notion-kafka.op", Value: c.op},
		{Key: "notion-kafka.source", Value: j.task.Name},
		{Key: "notion-kafka.stream", Value: j.name},
		{Key: "notion-kafka.run", Value: j.runID},
	}
	if c.op == OpDelete {
		headers = append(headers, kafka.Header{Key: "notion-kafka.reason", Value: c.reason})
	}
	p.of = append(p.of, i)
	p.records = append(p.records, kafka.Record{
		Topic: j.topic.Topic, Partitions: j.topic.Partitions, Key: []byte(c.id.String()), Value: value, Headers: headers,
	})
}

func (j *job) ensureEncoder(ctx context.Context) (err error) {
	if j.encodeItem != nil {
		return nil
	}
	encode, err := kindOf(j.name).encoder(ctx, j)
	if err == nil {
		j.encodeItem = encode
	}
	return err
}

// commit publishes changes and, in the same transaction, the state that they make
// true. A page that is too large for its topic must not hold up the others: it is set
// aside as stuck, with the reason, and the rest is committed without it. commit returns
// the changes it made.
func (j *job) commit(ctx context.Context, b batch, changes []change) ([]change, error) {
	if publishes(changes) && !j.topicSeen {
		if err := j.ensureTopic(ctx); err != nil {
			return nil, err
		}
	}
	for {
		p, err := j.encode(ctx, changes)
		if err == nil && len(p.records) > 0 {
			err = j.run.listener.Publishing(ctx)
		}
		if err != nil {
			return nil, err
		}
		err = j.commitOnce(ctx, b, changes, p)
		aborted, certain := errors.AsType[*kafka.AbortedError](err)
		switch {
		case err == nil:
			j.task.Jobs.published(j.jobKey, changes, b.sent)
			return changes, nil
		case !certain || aborted.Index < 0:
			return nil, err
		}
		at := p.of[aborted.Index]
		refused := changes[at]
		if !aborted.TooLarge() {
			return nil, fmt.Errorf("publishing page %s: %w", refused.id, err)
		}
		if err := j.updateMaxBytes(ctx); err != nil {
			return nil, err
		}
		changes = slices.Clone(changes)
		if refused.op == OpDelete {
			changes[at].tooLarge = true
			continue
		}
		j.task.Shard.Log.WarnContext(ctx, "a page is set aside as stuck", "source", j.task.Name, "stream", j.name, "page", refused.id.String(), "error", err)
		changes[at] = setAside(refused, fmt.Sprintf("too large for topic %s, raise its max.message.bytes", j.topic.Topic))
	}
}

// publishes reports whether any of the changes has a record.
func publishes(changes []change) bool {
	return slices.ContainsFunc(changes, func(c change) bool { return c.op != "" })
}

// updateMaxBytes reads the topic's size limit again, after the topic refused a record.
// If the limit has changed, the next commit decides about the page anew.
func (j *job) updateMaxBytes(ctx context.Context) error {
	info, err := j.task.env.Cluster.Topic(ctx, j.topic.Topic)
	if err != nil {
		return err
	}
	j.task.Shard.SetMaxBytes(info.Name, info.MaxBytes)
	return nil
}

// setAside returns the change without its record: the page is stuck. A page that the
// topic does not have is marked as deleted.
func setAside(c change, reason string) change {
	if !c.had {
		c.page.Marks |= state.Unpublished
	}
	c.op, c.setAside, c.page.Stuck = "", true, reason
	return c
}

// commitOnce writes one transaction: the records, their fingerprints, their offsets,
// and how far the stream has been read.
func (j *job) commitOnce(ctx context.Context, b batch, changes []change, p publication) error {
	before := j.topicNow()
	scanned := b.scanned && !before.Scanned
	bot := j.task.presentBot()
	accepted := b.accepts && before.Bot != bot
	if len(changes) == 0 && len(b.notes) == 0 && !scanned && !accepted {
		return j.task.Shard.Postpone(ctx, j.task.Name, b.advance...)
	}
	return j.task.Shard.Commit(ctx, p.records, func(written []kafka.Position) []state.Entry {
		topic := j.topicNow()
		topic.Scanned = topic.Scanned || b.scanned
		if accepted {
			topic.Bot = bot
		}
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
				entries = append(entries, state.Entry{Key: state.PageKey(j.task.Name, j.name, c.id.String())})
			} else {
				entries = append(entries, j.pageEntry(c.id, c.page))
			}
		}
		entries = append(entries, b.advance...)
		if len(written) > 0 || scanned || accepted {
			entries = append(entries, state.Entry{Key: state.TopicKey(j.task.Name, j.name), Value: topic})
		}
		return entries
	})
}

// topicNow is the stream's topic as last remembered: another job of the stream may have
// written to it since this one began.
func (j *job) topicNow() state.Topic {
	topic := j.topic
	j.view(func(memory *state.StreamMemory) {
		if now := memory.Topic; now != nil {
			topic = *now
		}
	})
	if topic.ID == "" {
		topic.ID, topic.Partitions = j.topic.ID, j.topic.Partitions
	}
	return topic
}

// An attentionError does not go away by itself: a person has to decide.
type attentionError struct{ error }

func (e attentionError) Unwrap() error { return e.error }

func attention(err error) error { return attentionError{err} }
