package kafka

import (
	"context"
	"fmt"
)

// EndOffsets is, by partition, the offset after a topic's last record,
// committed or not (the high watermark).
func (c *Cluster) EndOffsets(ctx context.Context, topic string) (map[int32]int64, error) {
	ends, err := c.admin.ListEndOffsets(ctx, topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("asking where topic %s ends: %w", topic, readable(err))
	}
	out := map[int32]int64{}
	for p, end := range ends[topic] {
		out[p] = end.Offset
	}
	return out, nil
}
