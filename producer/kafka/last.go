package kafka

import (
	"cmp"
	"context"
	"slices"
)

// LastRecords are the last committed records of a topic, at most n, the newest
// first. A missing topic is [ErrTopicMissing].
func (c *Cluster) LastRecords(ctx context.Context, topic string, n int) ([]Stored, error) {
	all, err := c.spans(ctx, topic)
	if err != nil {
		return nil, err
	}
	var last []Stored
	for _, s := range all {
		records, err := c.lastOf(ctx, s, n)
		if err != nil {
			return nil, err
		}
		last = append(last, records...)
	}
	slices.SortStableFunc(last, func(a, b Stored) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.Partition, b.Partition), cmp.Compare(b.Offset, a.Offset))
	})
	return last[:min(n, len(last))], nil
}

// lastOf reads the end of a span, further back each time until there are enough
// records in it: aborted ones, markers and what compaction took leave gaps.
func (c *Cluster) lastOf(ctx context.Context, s span, n int) ([]Stored, error) {
	for back := int64(2 * n); ; back *= 8 {
		end := s
		end.from = max(s.from, s.to-back)
		var records []Stored
		for record, err := range c.committed(ctx, end) {
			if err != nil {
				return nil, err
			}
			records = append(records, record)
		}
		if len(records) >= n || end.from == s.from {
			return records[max(0, len(records)-n):], nil
		}
	}
}
