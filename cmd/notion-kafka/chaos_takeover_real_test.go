//go:build real

package main_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/producer/state"
)

// A takeover is a shard that moved from a harmed daemon to another one, from the harm
// to the first commit of the new owner.
type takeover struct {
	kind      faultKind
	took      time.Duration
	disturbed bool // the broker was broken meanwhile
}

// takeovers are read from the state topic, whose owner records say which process
// claimed a shard. A paused daemon that the group did not miss keeps its shards.
func (c *campaign) takeovers() []takeover {
	c.t.Helper()
	byShard := map[int32][]*kgo.Record{}
	for _, r := range c.history(c.topic("state")) {
		byShard[r.Partition] = append(byShard[r.Partition], r)
	}
	var all []takeover
	for _, h := range c.harms {
		if h.ofBroker() {
			continue
		}
		for _, records := range byShard {
			if committed, ok := c.takenOver(records, h); ok {
				all = append(all, takeover{h.kind, committed.Sub(h.done), c.brokerInTrouble(h.done, committed)})
			}
		}
	}
	return all
}

// takenOver returns when another process committed in a shard of the harmed daemon;
// false if the daemon did not have the shard, or kept it.
func (c *campaign) takenOver(records []*kgo.Record, h harm) (committed time.Time, ok bool) {
	c.t.Helper()
	had, claimed := false, false
	for _, r := range records {
		mine, isOwner := c.claimedBy(r, h.pid)
		switch {
		case r.Timestamp.Before(h.done):
			if isOwner {
				had = mine
			}
		case !had || isOwner && mine:
			return time.Time{}, false
		case isOwner:
			claimed = true
		case claimed:
			return r.Timestamp, true
		}
	}
	return time.Time{}, false
}

// claimedBy reports whether a record of the state topic is a claim, and whether the
// process of a pid made it.
func (c *campaign) claimedBy(r *kgo.Record, pid string) (mine, isOwner bool) {
	c.t.Helper()
	if string(r.Key) != state.OwnerKey() {
		return false, false
	}
	memory := state.NewMemory()
	if err := memory.Apply(r.Key, r.Value); err != nil {
		c.t.Fatalf("state topic, partition %d, offset %d: %v", r.Partition, r.Offset, err)
	}
	return strings.HasSuffix(memory.Owner.Instance, "-"+pid), true
}

func (c *campaign) brokerInTrouble(from, to time.Time) bool {
	return slices.ContainsFunc(c.harms, func(h harm) bool {
		return h.ofBroker() && h.done.Before(to) && h.ended.After(from)
	})
}

// spread returns the median and the maximum of some takeovers.
func spread(all []takeover) string {
	if len(all) == 0 {
		return "none"
	}
	slices.SortFunc(all, func(a, b takeover) int { return int(a.took - b.took) })
	return fmt.Sprintf("%d, median %.1f s, worst %.1f s", len(all), all[len(all)/2].took.Seconds(), all[len(all)-1].took.Seconds())
}

// report prints takeovers by the harm to the owner.
func report(all []takeover) string {
	var lines []string
	for _, kind := range []faultKind{killDaemon, stopDaemon, endDaemon} {
		var calm, disturbed []takeover
		for _, one := range all {
			switch {
			case one.kind != kind:
			case one.disturbed:
				disturbed = append(disturbed, one)
			default:
				calm = append(calm, one)
			}
		}
		lines = append(lines, fmt.Sprintf("takeovers after %s: %s; while the broker was in trouble: %s", kind, spread(calm), spread(disturbed)))
	}
	return strings.Join(lines, "\n")
}
