package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// SessionTimeout is how long an instance may be silent before its shards go to
// others. It is above Kafka's lower bound (group.min.session.timeout.ms, 6 s).
const SessionTimeout = 10 * time.Second

const (
	heartbeatInterval = 2 * time.Second
	leaveTimeout      = 5 * time.Second
)

// A Membership holds the callbacks for what happens to an instance's shards. The
// calls come one at a time. Assigned must not block. Revoked returns when all work
// on the shards has stopped: the rebalance goes on only then.
type Membership struct {
	Assigned func(shards []int32)
	Revoked  func(shards []int32)
	// Ended is called when ctx has ended, before leaving the group. It returns when
	// all work has stopped.
	Ended func()
	// Heartbeat is called after every heartbeat that the group's coordinator
	// answered, before the answer is decoded. It may be nil.
	Heartbeat func()
	// Failed is called with the error of every failed attempt to join, while the
	// client keeps trying, and of a failed attempt to leave.
	Failed func(error)
}

// Join takes part in a consumer group over the state topic's partitions until
// ctx ends, and then leaves it. The group only assigns shards; safety comes from
// the claim of each shard.
func (c *Cluster) Join(ctx context.Context, group, instance string, m Membership) error {
	if group == "" {
		return errors.New("joining a group: it has no name: set kafka.group")
	}
	shards := func(assigned map[string][]int32) []int32 { return assigned[c.opts.StateTopic] }
	revoked := func(_ context.Context, _ *kgo.Client, lost map[string][]int32) { m.Revoked(shards(lost)) }
	alive, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	client, err := kgo.NewClient(c.clientOptions(
		kgo.WithContext(alive),
		kgo.ClientID(instance),
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(c.opts.StateTopic),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.SessionTimeout(SessionTimeout),
		kgo.HeartbeatInterval(heartbeatInterval),
		// The group goes on without members that take longer than this. Such a
		// member is fenced if it is still ending a commit, which is safe.
		kgo.RebalanceTimeout(SessionTimeout),
		kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, got map[string][]int32) { m.Assigned(shards(got)) }),
		kgo.OnPartitionsRevoked(revoked),
		kgo.OnPartitionsLost(revoked),
		kgo.WithHooks(groupErrors(m.Failed), heartbeats(m.Heartbeat)),
	)...)
	if err != nil {
		return fmt.Errorf("preparing to join group %s: %w", group, err)
	}
	// The group is for membership only: nothing is fetched through it.
	client.PauseFetchTopics(c.opts.StateTopic)
	<-ctx.Done()
	m.Ended()
	leave, cancel := context.WithTimeout(alive, leaveTimeout)
	defer cancel()
	if err := doWithin(leave, func() error { return client.LeaveGroupContext(leave) }); err != nil {
		// A group that waits for dead members answers nobody until it gives them
		// up. It then gives us up too.
		m.Failed(fmt.Errorf("leaving the group: %w", readable(err)))
	}
	end()
	closeClient(client)
	return nil
}

// groupErrors is the franz-go hook behind [Membership.Failed].
type groupErrors func(error)

// OnGroupManageError implements kgo.HookGroupManageError.
func (f groupErrors) OnGroupManageError(err error) { f(readable(err)) }

// heartbeats is the franz-go hook behind [Membership.Heartbeat].
type heartbeats func()

// OnBrokerE2E implements kgo.HookBrokerE2E.
func (f heartbeats) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e2e kgo.BrokerE2E) {
	if f != nil && key == kmsg.Heartbeat.Int16() && e2e.Err() == nil {
		f()
	}
}

// A Member is a living member of a group.
type Member struct{ Instance, Host string }

// coordinatorTimeout bounds the wait for a group's coordinator. A new cluster has
// none until it has created __consumer_offsets, which it does for the first group.
// A coordinator that moves to another broker is away for a moment.
const (
	coordinatorTimeout = 30 * time.Second
	coordinatorPause   = 200 * time.Millisecond
)

// Members lists the living members of a group, or none if there is no such group.
func (c *Cluster) Members(ctx context.Context, group string) ([]Member, error) {
	giveUp := time.Now().Add(coordinatorTimeout)
	described, err := c.describe(ctx, group)
	for withoutCoordinator(err) && time.Now().Before(giveUp) && pause(ctx, coordinatorPause) == nil {
		described, err = c.describe(ctx, group)
	}
	if withoutCoordinator(err) {
		return nil, fmt.Errorf("listing the members of group %s: %w (can Kafka create __consumer_offsets? "+
			"With fewer than three brokers it needs a smaller offsets.topic.replication.factor)", group, err)
	}
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return nil, fmt.Errorf("listing the members of group %s: %w", group, readable(err))
	}
	var out []Member
	for _, m := range described.Members {
		out = append(out, Member{m.ClientID, m.ClientHost})
	}
	return out, nil
}

func (c *Cluster) describe(ctx context.Context, group string) (kadm.DescribedGroup, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	groups, err := within(ctx, func() (kadm.DescribedGroups, error) { return c.admin.DescribeGroups(ctx, group) })
	return groups[group], errors.Join(err, groups.Error())
}

// withoutCoordinator reports whether no broker coordinates the group at the moment.
func withoutCoordinator(err error) bool {
	return errors.Is(err, kerr.CoordinatorNotAvailable) || errors.Is(err, kerr.CoordinatorLoadInProgress) || errors.Is(err, kerr.NotCoordinator)
}
