package kafka

import (
	"cmp"
	"context"
	"slices"
)

// mostShown bounds the keys and values that LastRecords returns, in bytes.
const mostShown = 32 << 20

// LastRecords returns the last committed records of a topic, at most n, the newest
// first. Beyond 32 MiB altogether it leaves out the values of older records and sets
// their LeftOut. A missing topic is [ErrTopicMissing].
func (c *Cluster) LastRecords(ctx context.Context, topic string, n int) ([]Stored, error) {
	all, err := c.spans(ctx, topic)
	if err != nil {
		return nil, err
	}
	var last []Stored
	if n < 1 {
		return nil, nil
	}
	for _, s := range all {
		records, err := c.lastOf(ctx, s, n)
		if err != nil {
			return nil, err
		}
		last = append(last, records...)
		slices.SortStableFunc(last, func(a, b Stored) int {
			return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.Partition, b.Partition), cmp.Compare(b.Offset, a.Offset))
		})
		last = last[:min(n, len(last))]
		makeRoom(last)
	}
	return last, nil
}

// lastOf reads the end of a span, further back each time until it finds enough
// records: aborted records, markers and compaction leave gaps. It keeps no more
// records than it returns, the newest first.
func (c *Cluster) lastOf(ctx context.Context, s span, n int) ([]Stored, error) {
	for back := int64(2 * n); ; back *= 8 {
		end := s
		end.from = max(s.from, s.to-back)
		var kept []Stored
		for record, err := range c.committed(ctx, end) {
			if err != nil {
				return nil, err
			}
			kept = slices.Insert(kept[:min(len(kept), n-1)], 0, record)
			makeRoom(kept)
		}
		if len(kept) >= n || end.from == s.from {
			return kept, nil
		}
	}
}

// makeRoom leaves out the values of older records that have no room beside the newer.
func makeRoom(newestFirst []Stored) {
	room := mostShown
	for i := range newestFirst {
		r := &newestFirst[i]
		if room -= len(r.Key) + len(r.Value); room < 0 && r.Value != nil {
			r.LeftOut, r.Value = len(r.Value), nil
			room += r.LeftOut
		}
	}
}
