package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// SessionTimeout is how long an instance may be silent before its shards go to
// others. It is above Kafka's lower bound (group.min.session.timeout.ms, 6 s).
const SessionTimeout = 10 * time.Second

const heartbeatInterval = 2 * time.Second

// A Membership is what happens to an instance's shards. The calls come one at
// a time. Assigned must not block; Revoked returns when nothing of the shards
// is running any more, because the group goes on only then.
type Membership struct {
	Assigned func(shards []int32)
	Revoked  func(shards []int32)
	// Failed is told about every attempt to join that went wrong; the client
	// goes on trying.
	Failed func(error)
}

// Join takes part in a consumer group over the state topic's partitions until
// ctx ends, and then leaves it. The group says who should work; what makes it
// safe is the claim of each shard.
func (c *Cluster) Join(ctx context.Context, group, instance string, m Membership) error {
	shards := func(assigned map[string][]int32) []int32 { return assigned[c.opts.StateTopic] }
	revoked := func(_ context.Context, _ *kgo.Client, lost map[string][]int32) { m.Revoked(shards(lost)) }
	client, err := kgo.NewClient(c.clientOptions(
		kgo.ClientID(instance),
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(c.opts.StateTopic),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.SessionTimeout(SessionTimeout),
		kgo.HeartbeatInterval(heartbeatInterval),
		kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, got map[string][]int32) { m.Assigned(shards(got)) }),
		kgo.OnPartitionsRevoked(revoked),
		kgo.OnPartitionsLost(revoked),
		kgo.WithHooks(groupErrors(m.Failed)),
	)...)
	if err != nil {
		return fmt.Errorf("preparing to join group %s: %w", group, err)
	}
	// The group is for membership only: nothing is fetched through it.
	client.PauseFetchTopics(c.opts.StateTopic)
	<-ctx.Done()
	client.Close() // leaves the group; Revoked is called for what is still held
	return nil
}

// groupErrors is the franz-go hook behind [Membership.Failed].
type groupErrors func(error)

// OnGroupManageError implements kgo.HookGroupManageError.
func (f groupErrors) OnGroupManageError(err error) { f(readable(err)) }

// A Member is a living member of a group.
type Member struct{ Instance, Host string }

// Members lists the living members of a group; none where there is no such
// group.
func (c *Cluster) Members(ctx context.Context, group string) ([]Member, error) {
	described, err := c.admin.DescribeGroups(ctx, group)
	if err != nil {
		return nil, fmt.Errorf("asking who is in group %s: %w", group, readable(err))
	}
	if err := described.Error(); err != nil {
		return nil, fmt.Errorf("asking who is in group %s: %w", group, err)
	}
	var out []Member
	for _, m := range described[group].Members {
		out = append(out, Member{m.ClientID, m.ClientHost})
	}
	return out, nil
}
