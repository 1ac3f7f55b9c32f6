package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// instances looks at those of the group that live, and whether their files say
// the same as this one.
func (c *checklist) instances(ctx context.Context, app *App) {
	ctx, cancel := context.WithTimeout(ctx, kafkaPatience)
	defer cancel()
	memory := control.NewMemory()
	for record, err := range app.Cluster.ReadAll(ctx, app.Config.Kafka.ControlTopic) {
		if errors.Is(err, kafka.ErrTopicMissing) {
			return
		}
		if err != nil {
			c.warn("instances: %v", err)
			return
		}
		_ = memory.Apply(record.Key, record.Value) // what a newer version wrote is not for us
	}
	if n := len(memory.Definitions()); n > 0 {
		c.warn("%d source(s) made through the API are not looked at here: `notion-kafka sources` says how they do", n)
	}
	ours := digests(app.Config)
	for _, peer := range memory.Alive(time.Now()) {
		if differ := control.Differing(ours, peer.Sources); len(differ) > 0 {
			c.warn("instance %s has another definition of %s: give all instances of group %s the same sources; until then the owner's counts",
				peer.ID, strings.Join(differ, ", "), app.Config.Kafka.Group)
		} else {
			c.good("instance %s (%s): the same sources", peer.ID, peer.Version)
		}
	}
}
