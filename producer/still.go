package producer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"notion-kafka/producer/kafka"
)

// What follows is for shards that the group has given to this instance and that
// it cannot work on: their sources stand still, and that must show.

// cannotClaim says that the sources of a shard stand still, and why, where that
// lasts or takes a person, and answers with how long to wait before the next try.
func (d *Daemon) cannotClaim(log *slog.Logger, partition int32, claiming *kafka.Trouble, err error) (again time.Duration) {
	lasts, now := claiming.Tell()
	passes, again := kafka.Transient(err), min(max(retryClaim, lasts/4), retryClaimLong)
	if errors.Is(err, errLostState) {
		again = retryLostState
	}
	if !passes || lasts >= standsStillAfter || kafka.HeldUp(err) {
		d.standStill(partition, err.Error())
	}
	if now && passes {
		log.Warn("the shard could not be claimed; trying again", "for", lasts.Round(time.Second).String(), "error", err)
	} else if now {
		log.Error("the sources of this shard stand still until a person does something", "for", lasts.Round(time.Second).String(), "error", err)
	}
	return again
}

// retryClaimLong is how long to wait at most before a shard is claimed again that
// could not be claimed for long.
const retryClaimLong = 30 * time.Second

// standsStillAfter is how long trouble that may pass is not worth telling others.
const standsStillAfter = 30 * time.Second

// standStill notes why nobody works on a shard that the group has given to this
// instance; "": somebody does, or it is another's.
func (d *Daemon) standStill(partition int32, why string) {
	d.mu.Lock()
	before := d.still[partition]
	if d.still[partition] = why; why == "" {
		delete(d.still, partition)
	}
	d.mu.Unlock()
	if before != why {
		d.tellOthers()
	}
}

// Working is nil unless this instance was given a shard that it cannot work on.
func (d *Daemon) Working(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, partition := range slices.Sorted(maps.Keys(d.still)) {
		return fmt.Errorf("%d of the shards of this instance stand still: %s", len(d.still), d.still[partition])
	}
	return nil
}

// standingStill are the shards that this instance was given and cannot work on.
func (d *Daemon) standingStill() map[int32]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.still)
}
