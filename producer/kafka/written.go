package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// LastWritten returns when the newest record of each topic was written, by Kafka's own
// index (KIP-734), with two requests however many topics there are. The record may be the
// marker of a transaction. A topic that is empty, missing or hidden from us is left out.
func (c *Cluster) LastWritten(ctx context.Context, topics []string) (map[string]time.Time, error) {
	written := map[string]time.Time{}
	if len(topics) == 0 { // would be all topics
		return written, nil
	}
	listed, err := within(ctx, func() (kadm.ListedOffsets, error) { return c.admin.ListMaxTimestampOffsets(ctx, topics...) })
	if err != nil && len(listed) == 0 {
		return written, fmt.Errorf("listing the newest records of %d topics: %w", len(topics), readable(err))
	}
	listed.Each(func(newest kadm.ListedOffset) {
		at := time.UnixMilli(newest.Timestamp).UTC()
		if newest.Err == nil && newest.Timestamp >= 0 && at.After(written[newest.Topic]) {
			written[newest.Topic] = at
		}
	})
	return written, nil
}
