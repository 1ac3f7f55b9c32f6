package kafka

import (
	"bytes"
	"context"
	"math"
	"slices"
)

// A Backward reads the committed records of a topic from the newest to the oldest: within a
// partition by descending offset, and of several partitions the one first whose next record
// has the latest time. It ends at the start that the topic had when it began. It is for one
// goroutine at a time.
//
// It holds about 8 MiB of records, of many partitions 64 KiB each. Of records that alone
// are larger it holds 32 MiB: beyond that it leaves out the value and sets its LeftOut.
type Backward struct {
	cluster *Cluster
	parts   []*backPart // by partition, empty ones too
}

// Backward begins to read a topic. The newest record of a partition is the last one before
// the offset that before returns for it: [FromEnd] for all of them, 0 for none. A missing
// topic is [ErrTopicMissing].
func (c *Cluster) Backward(ctx context.Context, topic string, before func(partition int32) int64) (*Backward, error) {
	all, err := c.allSpans(ctx, topic)
	if err != nil {
		return nil, err
	}
	b := &Backward{cluster: c}
	for _, s := range all {
		s.to = max(s.from, min(s.to, before(s.partition)))
		s.most = windowFetch
		b.parts = append(b.parts, &backPart{span: s, width: firstWindow, room: max(leastRoom, windowRoom/len(all))})
	}
	return b, nil
}

// FromEnd is the offset before which all records of a partition are.
const FromEnd = math.MaxInt64

// Next returns the next older record; more is false if there is none.
func (b *Backward) Next(ctx context.Context) (r Stored, more bool, err error) {
	if err := b.fill(ctx); err != nil {
		return Stored{}, false, err
	}
	var newest *backPart
	for _, p := range b.parts {
		if len(p.ready) > 0 && (newest == nil || p.ready[0].Time.After(newest.ready[0].Time)) {
			newest = p
		}
	}
	if newest == nil {
		return Stored{}, false, nil
	}
	return newest.take(), true, nil
}

// Rest returns for every partition the offset before which the records lie that Next did
// not return; nil if there are none.
func (b *Backward) Rest(ctx context.Context) (map[int32]int64, error) {
	if err := b.fill(ctx); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(b.parts, func(p *backPart) bool { return len(p.ready) > 0 }) {
		return nil, nil
	}
	return b.At(), nil
}

// At is Rest without reading: what it leads to may be nothing.
func (b *Backward) At() map[int32]int64 {
	at := map[int32]int64{}
	for _, p := range b.parts {
		at[p.partition] = p.to
		if len(p.ready) > 0 {
			at[p.partition] = p.ready[0].Offset + 1
		}
	}
	return at
}

// Leave makes Next return no more records of a partition.
func (b *Backward) Leave(partition int32) {
	for _, p := range b.parts {
		if p.partition == partition {
			p.ready, p.to = nil, p.from
		}
	}
}

// fill reads on wherever a partition's next record is not known.
func (b *Backward) fill(ctx context.Context) error {
	for _, p := range b.parts {
		if len(p.ready) > 0 || p.from >= p.to {
			continue
		}
		if err := b.cluster.load(ctx, p); err != nil {
			return err
		}
		b.leaveOut(p)
	}
	return nil
}

// leaveOut leaves out the values that were just read, if they are too much beside those of
// the other partitions. More than its room a partition holds only for a single record.
func (b *Backward) leaveOut(read *backPart) {
	held := 0
	for _, p := range b.parts {
		if len(p.ready) == 1 {
			held += len(p.ready[0].Value)
		}
	}
	if r := &read.ready; held > mostLarge && len(*r) == 1 {
		(*r)[0].LeftOut, (*r)[0].Value = len((*r)[0].Value), nil
	}
}

// Detached returns the record in memory of its own. A record that was read shares its
// memory with all others of its batch.
func (r Stored) Detached() Stored {
	r.Key, r.Value = bytes.Clone(r.Key), bytes.Clone(r.Value)
	return r
}

// Size is about how many bytes of memory the record takes.
func (r Stored) Size() int {
	size := len(r.Key) + len(r.Value) + 200
	for _, h := range r.Headers {
		size += len(h.Key) + len(h.Value) + 32
	}
	return size
}
