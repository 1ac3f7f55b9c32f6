package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
)

// EndOffsets returns, by partition, the offset after a topic's last record,
// committed or not (the high watermark).
func (c *Cluster) EndOffsets(ctx context.Context, topic string) (map[int32]int64, error) {
	ends, err := c.listOffsets(ctx, topic, c.admin.ListEndOffsets)
	return offsets(ends, err, "end", topic)
}

// StartOffsets returns, by partition, the offset of the first record that a topic
// may still hold. Compaction does not move it; deleting records does.
func (c *Cluster) StartOffsets(ctx context.Context, topic string) (map[int32]int64, error) {
	starts, err := c.listOffsets(ctx, topic, c.admin.ListStartOffsets)
	return offsets(starts, err, "start", topic)
}

func offsets(listed kadm.ListedOffsets, err error, kind, topic string) (map[int32]int64, error) {
	if err != nil {
		return nil, fmt.Errorf("listing the %s offsets of topic %s: %w", kind, topic, readable(err))
	}
	out := map[int32]int64{}
	for p, at := range listed[topic] {
		out[p] = at.Offset
	}
	return out, nil
}
