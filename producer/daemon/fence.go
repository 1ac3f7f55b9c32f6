package daemon

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"notion-kafka/producer/shard"
)

// mayClaimAgain decides what follows when Kafka fenced this process out of a
// shard. The last owner record tells by whom:
//
//   - by our own claim: our transaction outlived its timeout, so claim again;
//   - by another instance of our group: the group has moved the shard, and we
//     may only not have heard of it. Wait until heartbeats have been answered
//     since; if the shard is not ours any more, ctx has ended by then;
//   - by another group: somebody runs two installations on one state topic. They
//     would fence each other for ever, so the one that came later keeps the
//     shard and this one stops working on it until it is restarted.
//
// It says by whom also where ctx has ended: a process that was stopped for long
// often hears from the group and from its writer in one moment.
func (d *Daemon) mayClaimAgain(ctx context.Context, partition int32, nonce string) bool {
	log := d.opts.Logger.With("shard", partition)
	owner, err := d.shards().FencedBy(ctx, partition)
	for err != nil && ctx.Err() == nil {
		log.Warn("reading who owns the shard now failed, trying again", "error", err)
		shard.Wait(ctx, retryClaim)
		owner, err = d.shards().FencedBy(ctx, partition)
	}
	switch {
	case err != nil:
		return false
	case owner.Nonce == nonce:
		log.Warn("Kafka ended our claim of the shard: a transaction outlived kafka.transaction_timeout")
		return true
	case owner.Group == d.opts.Group:
		log.Warn("another instance took the shard over", "instance", owner.Instance, "since", owner.At)
		return d.pulse.wait(ctx, answeredHeartbeats)
	}
	log.Error("the shard is written by another group on the same state topic: this instance stops working on it until it is restarted. "+
		"Give each installation a kafka.state_topic of its own", "group", owner.Group, "instance", owner.Instance, "since", owner.At)
	d.setStalled(partition, fmt.Sprintf("shard %d is written by another group on the same state topic, %s: give each installation a kafka.state_topic of its own, and start this one again", partition, owner.Group))
	return false
}

// answeredHeartbeats is how many heartbeats must be answered before a shard is
// surely still ours: when the second is, the first one's answer was acted on.
const answeredHeartbeats = 2

// A pulse lets goroutines wait for the group's heartbeats.
type pulse struct {
	mu   sync.Mutex
	next chan struct{} // closed at the next heartbeat
	last time.Time     // of the last one; zero before the first
}

func newPulse() *pulse { return &pulse{next: make(chan struct{})} }

func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.next)
	p.next, p.last = make(chan struct{}), time.Now()
}

// joined says that the group has just given us shards, which is a sign of life too.
func (p *pulse) joined() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
}

// silent is how long no heartbeat was answered.
func (p *pulse) silent(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last.IsZero() {
		return forever
	}
	return now.Sub(p.last)
}

// forever is how long a group is silent that was not joined.
const forever = time.Duration(math.MaxInt64)

// wait answers true after n heartbeats from now, or false as soon as ctx ends.
func (p *pulse) wait(ctx context.Context, n int) bool {
	for range n {
		p.mu.Lock()
		next := p.next
		p.mu.Unlock()
		select {
		case <-ctx.Done():
			return false
		case <-next:
		}
	}
	return true
}
