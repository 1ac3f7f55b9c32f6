package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
	"notion-kafka/producer/shard"
)

// A shard is stalled when the group has given it to this instance and the instance
// cannot claim it. Its sources do not run, and that must be visible.

// cannotClaim notes that a shard is stalled, where the fault lasts or only a person can
// repair it, and returns how long to wait before the next claim.
func (d *Daemon) cannotClaim(log *slog.Logger, partition int32, claiming *stall, err error) (again time.Duration) {
	passes := kafka.Transient(err)
	lasts, now := claiming.tell(err, passes)
	again = min(max(retryClaim, lasts/4), retryClaimLong)
	if !passes { // each try costs a login and a producer id, and all instances may try at once
		again = min(max(retryClaim, lasts/4), retryClaimStalled)
		again += rand.N(again/4 + 1)
	}
	if errors.Is(err, shard.ErrLostState) {
		again = retryLostState
	}
	if !passes || lasts >= stalledAfter || kafka.HeldUp(err) {
		d.setStalled(partition, err.Error())
	}
	if now && passes {
		log.Warn("the shard could not be claimed; trying again", "for", lasts.Round(time.Second).String(), "error", err)
	} else if now {
		log.Error("the sources of this shard stand still until a person does something", "for", lasts.Round(time.Second).String(), "error", err)
	}
	return again
}

// retryClaimLong is the longest wait before a shard is claimed again, where the fault may
// pass by itself.
const retryClaimLong = 30 * time.Second

// retryClaimStalled is the longest wait where a person has to do something first.
const retryClaimStalled = 5 * time.Minute

// A stall is a shard that cannot be claimed.
type stall struct {
	kafka.Trouble
	said string // the error that was logged last
	at   time.Time
}

// sayAgain is how often the same fault that only a person can repair is logged.
const sayAgain = time.Hour

// tell returns how long the stall has lasted, and whether to log it now.
func (s *stall) tell(err error, passes bool) (lasts time.Duration, now bool) {
	lasts, now = s.Tell()
	if !passes {
		now = err.Error() != s.said || time.Since(s.at) >= sayAgain
	}
	if now {
		s.said, s.at = err.Error(), time.Now()
	}
	return lasts, now
}

// losses counts how often in a row a shard was lost soon after its claim.
type losses int

// heldWell is how long a shard must be held for its loss not to count as soon.
const heldWell = time.Minute

// after notes a loss of a shard that was held for some time.
func (l *losses) after(held time.Duration) {
	if *l++; held >= heldWell {
		*l = 1
	}
}

// rest is the wait before the shard is claimed again: the cause of its loss may come
// again.
func (l *losses) rest() time.Duration {
	const mostDoublings = 10
	return min(retryClaim<<(min(*l, mostDoublings)-1), retryClaimLong)
}

// stalledAfter is how long a fault that may pass must last before a shard counts as
// stalled.
const stalledAfter = 30 * time.Second

// setStalled notes why a shard that the group has given to this instance is stalled;
// "": it is not, or the group has given it to another instance.
func (d *Daemon) setStalled(partition int32, why string) {
	d.mu.Lock()
	before := d.stalled[partition]
	if d.stalled[partition] = why; why == "" {
		delete(d.stalled, partition)
	}
	d.mu.Unlock()
	if before != why {
		d.tellOthers()
	}
}

// Working is an error while a shard of this instance is stalled.
func (d *Daemon) Working(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, partition := range slices.Sorted(maps.Keys(d.stalled)) {
		return fmt.Errorf("%d of the shards of this instance stand still: %s", len(d.stalled), d.stalled[partition])
	}
	return nil
}

// stalledShards are the stalled shards of this instance, with the reasons.
func (d *Daemon) stalledShards() map[int32]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.stalled)
}

// unserved says why no instance runs a source, as far as this instance can know: its
// shard is stalled here or elsewhere, or its owner's record, which is written every
// minute, does not arrive; "": its owner runs it. stalled are the stalled shards of this
// instance, which may not be in the control topic while Kafka does not answer.
func (d *Daemon) unserved(m *control.Memory, source string, stalled map[int32]string, now time.Time) string {
	shard := d.shardOf(source)
	if why := stalled[shard]; why != "" {
		return why
	}
	for _, peer := range m.Alive(now) {
		if why := peer.Stalled[shard]; why != "" {
			return why
		}
	}
	if d.silentFor(m, now) <= silentHere {
		return ""
	}
	state, _ := m.SourceState(source)
	owner, known := m.Instances()[state.Owner]
	silent := now.Sub(owner.At)
	alive := slices.ContainsFunc(m.Alive(now), func(p control.Peer) bool { return p.ID == state.Owner })
	switch {
	case !known: // the owner has not begun yet, or has ended and another instance takes over
		return ""
	case state.Owner == d.opts.Instance:
		return fmt.Sprintf("nothing that this instance, which has the source, writes to topic %s has arrived for %v: does Kafka answer it? /readyz says more",
			d.opts.ControlTopic.Name, silent.Round(time.Second))
	case !alive:
		return fmt.Sprintf("instance %s, which has the source, has not been heard of here for %v: does Kafka answer this instance? /readyz says more",
			state.Owner, silent.Round(time.Second))
	}
	return ""
}

// silentHere is the age of this instance's own record, written every minute, from which
// on the control topic counts as unreachable.
const silentHere = 90 * time.Second

// silentFor is the age of this instance's own record in the control topic.
func (d *Daemon) silentFor(m *control.Memory, now time.Time) time.Duration {
	self, known := m.Instances()[d.opts.Instance]
	if !known {
		return 0
	}
	return now.Sub(self.At)
}

// lookForWritten is how often Kafka is asked whether a stalled partition was written to.
const lookForWritten = time.Minute

// awaitWritten waits until a partition has been written to since a claim, or ctx ends.
func (d *Daemon) awaitWritten(ctx context.Context, partition int32, claimed int64) {
	const ours = 2 // the owner record, and the marker that commits it
	for shard.Wait(ctx, lookForWritten) {
		ends, err := d.opts.Cluster.EndOffsets(ctx, d.opts.StateTopic.Name)
		if end, known := ends[partition]; err == nil && known && end != claimed+ours {
			return
		}
	}
}
