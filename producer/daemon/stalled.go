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

// What follows is for shards that the group has given to this instance and that
// it cannot work on: their sources stand still, and that must show.

// cannotClaim says that the sources of a shard stand still, and why, where that
// lasts or takes a person, and answers with how long to wait before the next try.
func (d *Daemon) cannotClaim(log *slog.Logger, partition int32, claiming *stall, err error) (again time.Duration) {
	passes := kafka.Transient(err)
	lasts, now := claiming.tell(err, passes)
	again = min(max(retryClaim, lasts/4), retryClaimLong)
	if !passes { // each try is a login and a producer id, and all instances may be at it
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

// retryClaimLong is how long to wait at most before a shard is claimed again that
// could not be claimed for long.
const retryClaimLong = 30 * time.Second

// retryClaimStalled is that where a person has to do something first.
const retryClaimStalled = 5 * time.Minute

// A stall is a shard that cannot be claimed.
type stall struct {
	kafka.Trouble
	said string // what was logged last
	at   time.Time
}

// sayAgain is how often it is logged that a person still has to do the same.
const sayAgain = time.Hour

// tell says how long it has lasted, and whether now is a time to log it.
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

// losses are how often in a row a shard was lost soon after it was claimed.
type losses int

// heldWell is how long a shard is held whose loss is not laid to what was begun with it.
const heldWell = time.Minute

// after takes note of a loss.
func (l *losses) after(held time.Duration) {
	if *l++; held >= heldWell {
		*l = 1
	}
}

// rest is how long to wait before the shard is claimed again: what cost it comes again,
// as likely as not.
func (l *losses) rest() time.Duration {
	const mostDoublings = 10
	return min(retryClaim<<(min(*l, mostDoublings)-1), retryClaimLong)
}

// stalledAfter is how long trouble that may pass is not worth telling others.
const stalledAfter = 30 * time.Second

// setStalled notes why nobody works on a shard that the group has given to this
// instance; "": somebody does, or it is another's.
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

// Working is nil unless this instance was given a shard that it cannot work on.
func (d *Daemon) Working(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, partition := range slices.Sorted(maps.Keys(d.stalled)) {
		return fmt.Errorf("%d of the shards of this instance stand still: %s", len(d.stalled), d.stalled[partition])
	}
	return nil
}

// stalledShards are the shards that this instance was given and cannot work on.
func (d *Daemon) stalledShards() map[int32]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.stalled)
}

// unserved says why nobody works on a source, as far as this instance can know: the
// shard stands still, here or elsewhere, or what its owner says of itself every
// minute does not arrive; "": its owner works on it. still are the shards that stand
// still here, which cannot be told while Kafka does not answer.
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
	case !known: // it has not begun, or it has ended and another one takes over
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

// silentHere is how long nothing that this instance says of itself has arrived when
// something is wrong: it says so every minute.
const silentHere = 90 * time.Second

// silentFor is how long nothing has arrived that this instance says of itself.
func (d *Daemon) silentFor(m *control.Memory, now time.Time) time.Duration {
	self, known := m.Instances()[d.opts.Instance]
	if !known {
		return 0
	}
	return now.Sub(self.At)
}

// lookForWritten is how often it is asked whether a partition that stands still was
// written to.
const lookForWritten = time.Minute

// awaitWritten waits until somebody has written to a partition since a claim, or ctx
// ends.
func (d *Daemon) awaitWritten(ctx context.Context, partition int32, claimed int64) {
	const ours = 2 // the owner record, and the marker that commits it
	for shard.Wait(ctx, lookForWritten) {
		ends, err := d.opts.Cluster.EndOffsets(ctx, d.opts.StateTopic.Name)
		if end, known := ends[partition]; err == nil && known && end != claimed+ours {
			return
		}
	}
}
