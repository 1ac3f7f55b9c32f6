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
func (j *job) encode(ctx context.Context, changes []change) (p publication, err error) {
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

// encodeDelete adds what the stream's settings want of a delete. A soft record
// shows the page as Notion still does, in the trash; of one that moved, or that
// Notion shows no more, there is only the tombstone.
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

// showsDeleted says whether a page that is deleted for a reason is shown once
// more, by a soft record.
func (j *job) showsDeleted(reason string) bool {
	return reason == ReasonTrashed && (j.settings.Deletes == DeleteSoft || j.settings.Deletes == DeleteBoth)
}

func (j *job) encodeValue(ctx context.Context, p *publication, i int, c change) error {
	if err := j.openEncoder(ctx); err != nil {
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

func (j *job) openEncoder(ctx context.Context) (err error) {
	if j.encodeItem != nil {
		return nil
	}
	encode, err := kindOf(j.name).encoder(ctx, j.task.env.Schemas, j.topic.Topic)
	if err == nil {
		j.encodeItem = encode
	}
	return err
}

// commit publishes changes and, in the same transaction, everything that becomes
// true with them. A page that is too large for its topic must not hold up the
// others: it is set aside as stuck, with the reason, and the rest is committed
// without it. The changes that were published are returned.
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
			return nil, fmt.Errorf("page %s: %w", refused.id, err)
		}
		if err := j.takesStill(ctx); err != nil {
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

// publishes says that there is something among changes that the topic is told of.
func publishes(changes []change) bool {
	return slices.ContainsFunc(changes, func(c change) bool { return c.op != "" })
}

// takesStill looks again how much the topic takes, after it refused something. If
// that has changed, the next commit says so: nothing is known of the page then.
func (j *job) takesStill(ctx context.Context) error {
	info, err := j.task.env.Cluster.Topic(ctx, j.topic.Topic)
	if err != nil {
		return err
	}
	j.task.Shard.SetMaxBytes(info.Name, info.MaxBytes)
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
func (j *job) commitOnce(ctx context.Context, b batch, changes []change, p publication) error {
	before := j.topicNow()
	scanned := b.scanned && !before.Scanned
	if len(changes) == 0 && len(b.notes) == 0 && !scanned {
		return j.task.Shard.Postpone(ctx, j.task.Name, b.advance...)
	}
	return j.task.Shard.Commit(ctx, p.records, func(written []kafka.Position) []state.Entry {
		topic := j.topicNow()
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
				entries = append(entries, state.Entry{Key: state.PageKey(j.task.Name, j.name, c.id.String())})
			} else {
				entries = append(entries, j.pageEntry(c.id, c.page))
			}
		}
		entries = append(entries, b.advance...)
		if len(written) > 0 || scanned {
			entries = append(entries, state.Entry{Key: state.TopicKey(j.task.Name, j.name), Value: topic})
		}
		return entries
	})
}

// topicNow is the stream's topic as it was remembered last: another job of the
// stream may have written to it since this one began.
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

// attentionError marks what does not heal by itself: a person has to decide.
type attentionError struct{ error }

func (e attentionError) Unwrap() error { return e.error }

func attention(err error) error { return attentionError{err} }
