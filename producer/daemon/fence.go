package daemon

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"notion-kafka/producer/shard"
)

// mayClaimAgain decides whether to claim a shard again after Kafka fenced this
// process. The last owner record names the claim that did:
//
//   - our own claim: our transaction outlived its timeout, so claim again;
//   - another instance of our group: the group has moved the shard, and its answer may
//     not have reached us yet. Wait for answered heartbeats; if the shard is no longer
//     ours, ctx has ended by then;
//   - another group: two installations use one state topic. They would fence each
//     other for ever, so the later one keeps the shard, and this one leaves it alone
//     until it is restarted.
//
// It logs the other owner even where ctx has ended: a process that was suspended for
// long often hears from the group and from Kafka at the same moment.
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
// certainly still ours: by the second answer, the first has taken effect.
const answeredHeartbeats = 2

// A pulse lets goroutines wait for the group's heartbeats.
type pulse struct {
	mu   sync.Mutex
	next chan struct{} // closed at the next heartbeat
	last time.Time     // when the last came; zero before the first
}

func newPulse() *pulse { return &pulse{next: make(chan struct{})} }

func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.next)
	p.next, p.last = make(chan struct{}), time.Now()
}

// joined notes that the group has just given us shards, which is a sign of life too.
func (p *pulse) joined() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
}

// silent is the time since the last answered heartbeat.
func (p *pulse) silent(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last.IsZero() {
		return forever
	}
	return now.Sub(p.last)
}

// forever is the silence of a group that was not joined yet.
const forever = time.Duration(math.MaxInt64)

// wait returns true after n heartbeats, or false as soon as ctx ends.
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
