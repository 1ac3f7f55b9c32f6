package kafka

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A group is a consumer group as a broker lists it.
type group struct{ name, state, kind string }

// The kinds of group (Kafka: GroupType). Brokers before Kafka 3.8 do not tell it.
const (
	classicGroup  = "classic"
	consumerGroup = "consumer" // KIP-848
	shareGroup    = "share"    // KIP-932: it commits no offsets
)

// groups lists the groups that we may see, those with members first.
func (c *Cluster) groups(ctx context.Context) (groups []group, unseen sentences, err error) {
	shards, silent := c.sharded(ctx, kmsg.NewPtrListGroupsRequest()), 0
	for _, shard := range shards {
		listed, failed := groupsIn(shard)
		if failed != nil {
			err = failed
			silent++
		}
		groups = append(groups, listed...)
	}
	if silent == len(shards) {
		return nil, nil, fmt.Errorf("listing the consumer groups: %w", cmp.Or(readable(err), errNoAnswer))
	}
	if silent > 0 {
		unseen.add("%d of %d brokers did not list their consumer groups: %v.", silent, len(shards), readable(err))
	}
	if !c.listsAll(ctx) {
		unseen.add("There may be other consumer groups: Kafka lists all of them only to whom it allows DESCRIBE on the cluster, and otherwise those with DESCRIBE on the group.")
	}
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(compareBool(a.state == "Empty", b.state == "Empty"), cmp.Compare(a.name, b.name))
	})
	return groups, unseen, nil
}

// groupsIn returns the groups that one broker listed.
func groupsIn(shard kgo.ResponseShard) (groups []group, err error) {
	resp, ok := shard.Resp.(*kmsg.ListGroupsResponse)
	if shard.Err != nil || !ok {
		return nil, cmp.Or(shard.Err, errNoAnswer)
	}
	for _, g := range resp.Groups {
		if g.GroupType != shareGroup {
			groups = append(groups, group{g.Group, g.GroupState, g.GroupType})
		}
	}
	return groups, kerr.ErrorForCode(resp.ErrorCode)
}

// listsAll reports whether the list of groups is whole: we may DESCRIBE the cluster. A
// cluster that does not report what is allowed (KIP-430) allows everything.
func (c *Cluster) listsAll(ctx context.Context) bool {
	req := kmsg.NewPtrDescribeClusterRequest()
	req.IncludeClusterAuthorizedOperations = true
	resp, err := within(ctx, func() (*kmsg.DescribeClusterResponse, error) { return req.RequestWith(ctx, c.client) })
	if err != nil {
		return false
	}
	allowed := resp.ClusterAuthorizedOperations
	return allowed == math.MinInt32 || allowed&(1<<kmsg.ACLOperationDescribe) != 0
}

// members returns how many members groups have, by group. A group of another protocol than
// the two for consumers is left out, and so is one that may not be described.
func (c *Cluster) members(ctx context.Context, groups []group, unseen *sentences) map[string]int {
	older, newer := kmsg.NewPtrDescribeGroupsRequest(), kmsg.NewPtrConsumerGroupDescribeRequest()
	for _, g := range groups {
		switch g.kind {
		case classicGroup, "":
			older.Groups = append(older.Groups, g.name)
		case consumerGroup:
			newer.Groups = append(newer.Groups, g.name)
		}
	}
	members := map[string]int{}
	if len(older.Groups) > 0 {
		for _, shard := range c.sharded(ctx, older) {
			if resp, ok := shard.Resp.(*kmsg.DescribeGroupsResponse); ok && shard.Err == nil {
				for _, g := range resp.Groups {
					members = counted(members, g.Group, len(g.Members), g.ErrorCode)
				}
			}
		}
	}
	if len(newer.Groups) > 0 {
		for _, shard := range c.sharded(ctx, newer) {
			if resp, ok := shard.Resp.(*kmsg.ConsumerGroupDescribeResponse); ok && shard.Err == nil {
				for _, g := range resp.Groups {
					members = counted(members, g.Group, len(g.Members), g.ErrorCode)
				}
			}
		}
	}
	if missing := len(groups) - len(members); missing > 0 {
		unseen.add("Of %d consumer groups it is not known how many members they have.", missing)
	}
	return members
}

func counted(members map[string]int, group string, n int, code int16) map[string]int {
	if code == 0 {
		members[group] = n
	}
	return members
}

// sharded sends a request to all brokers that it concerns. What does not come in time is
// left out.
func (c *Cluster) sharded(ctx context.Context, req kmsg.Request) []kgo.ResponseShard {
	shards, _ := within(ctx, func() ([]kgo.ResponseShard, error) { return c.client.RequestSharded(ctx, req), nil })
	return shards
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
