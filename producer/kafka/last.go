package kafka

import "context"

// LastRecords returns the last committed records of a topic, at most n, the newest first,
// without their values. A missing topic is [ErrTopicMissing].
func (c *Cluster) LastRecords(ctx context.Context, topic string, n int) ([]Stored, error) {
	records, err := c.Backward(ctx, topic, func(int32) int64 { return FromEnd })
	if err != nil {
		return nil, err
	}
	var last []Stored
	for len(last) < n {
		r, more, err := records.Next(ctx)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		r.Value = nil
		last = append(last, r.Detached())
	}
	return last, nil
}
