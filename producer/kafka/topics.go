package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A TopicSpec is a topic to create.
type TopicSpec struct {
	Name              string
	Partitions        int32
	ReplicationFactor int16 // -1: the broker's default
	Config            map[string]string
	Create            bool // false: the topic must exist already
}

// A TopicInfo is a topic as the cluster has it.
type TopicInfo struct {
	Name       string
	ID         string // Kafka's topic id (KIP-516), 32 hex digits
	Partitions int32
	MaxBytes   int32    // max.message.bytes: the largest record batch it takes
	Cleanup    []string // cleanup.policy, sorted
}

// ErrTopicMissing means that a topic does not exist and was not to be created.
var ErrTopicMissing = errors.New("topic does not exist")

// EnsureTopic returns the topic as it is, and first creates it if it is missing and
// may be created. Two instances may do so at once.
func (c *Cluster) EnsureTopic(ctx context.Context, spec TopicSpec) (TopicInfo, error) {
	info, err := c.Topic(ctx, spec.Name)
	if err == nil || !errors.Is(err, ErrTopicMissing) {
		return info, err
	}
	if !spec.Create {
		return TopicInfo{}, fmt.Errorf("%w: create %s, or set kafka.topics.create: true", err, spec.describe())
	}
	config := map[string]*string{}
	for key, value := range spec.Config {
		config[key] = &value
	}
	bound, cancel := bounded(ctx)
	err = doWithin(bound, func() error {
		_, err := c.admin.CreateTopic(bound, spec.Partitions, spec.ReplicationFactor, config, spec.Name)
		return err
	})
	cancel()
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return TopicInfo{}, fmt.Errorf("creating topic %s: %w%s", spec.describe(), readable(err), topicHint(err, "CREATE on it, or create it beforehand"))
	}
	return c.awaitTopic(ctx, spec.Name)
}

// Topic looks a topic up. A missing one is [ErrTopicMissing].
func (c *Cluster) Topic(ctx context.Context, name string) (TopicInfo, error) {
	found, err := c.lookUp(ctx, name)
	if err != nil {
		return TopicInfo{}, err
	}
	info := TopicInfo{Name: name, ID: fmt.Sprintf("%x", found.TopicID), Partitions: int32(len(found.Partitions))} //nolint:gosec // small
	err = c.retryDenied(ctx, name, func() error {
		info, err = c.withConfig(ctx, info)
		return err
	})
	return info, err
}

// Exists reports whether a topic certainly exists. It is false too while Kafka does not tell
// us: because of an error, or because we are not allowed to see the topic.
func (c *Cluster) Exists(ctx context.Context, name string) bool {
	_, err := c.lookUp(ctx, name)
	return err == nil
}

// lookUp requests a topic's metadata from a broker, because the client's cache may be
// seconds old. A topic is missing when no broker knows it.
func (c *Cluster) lookUp(ctx context.Context, name string) (kmsg.MetadataResponseTopic, error) {
	bound, cancel := bounded(ctx)
	resp, err := within(bound, func() (*kmsg.MetadataResponse, error) { return metadataOf(name).RequestWith(bound, c.client) })
	cancel()
	if err != nil {
		return kmsg.MetadataResponseTopic{}, fmt.Errorf("looking up topic %s: %w", name, readable(err))
	}
	if len(resp.Topics) != 1 {
		return kmsg.MetadataResponseTopic{}, fmt.Errorf("looking up topic %s: the broker answered without it", name)
	}
	found := resp.Topics[0]
	if err := kerr.ErrorForCode(found.ErrorCode); errors.Is(err, kerr.UnknownTopicOrPartition) {
		if found, known := c.knownElsewhere(ctx, name); known {
			return found, nil
		}
		return found, fmt.Errorf("topic %s: %w", name, ErrTopicMissing)
	} else if err != nil {
		return found, fmt.Errorf("looking up topic %s: %w%s", name, err, topicHint(err, "WRITE on it, or READ: both let us see it (DESCRIBE)"))
	}
	return found, nil
}

func (c *Cluster) withConfig(ctx context.Context, info TopicInfo) (TopicInfo, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	described, err := within(ctx, func() (kadm.ResourceConfigs, error) { return c.admin.DescribeTopicConfigs(ctx, info.Name) })
	if err != nil {
		return info, fmt.Errorf("reading the configuration of topic %s: %w%s", info.Name, readable(err), topicHint(err, "DESCRIBE_CONFIGS on it"))
	}
	resource, err := described.On(info.Name, func(r *kadm.ResourceConfig) error { return r.Err })
	if err != nil {
		return info, fmt.Errorf("reading the configuration of topic %s: %w%s", info.Name, err, topicHint(err, "DESCRIBE_CONFIGS on it"))
	}
	info.take(resource.Configs)
	return info, nil
}

// defaultMaxMessageBytes is Kafka's default of max.message.bytes.
const defaultMaxMessageBytes = 1048588

func (s TopicSpec) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (partitions %d", s.Name, s.Partitions)
	if s.ReplicationFactor > 0 {
		fmt.Fprintf(&b, ", replication factor %d", s.ReplicationFactor)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Config)) {
		fmt.Fprintf(&b, ", %s=%s", key, s.Config[key])
	}
	return b.String() + ")"
}

// topicHint says what to do about a topic's error; right is the right that the
// request needs.
func topicHint(err error, right string) string {
	switch {
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return " (grant " + right + ")"
	case errors.Is(err, kerr.InvalidReplicationFactor):
		return " (set kafka.topics.replication_factor and kafka.internal_topics.replication_factor to at most the number of brokers)"
	case errors.Is(err, kerr.InvalidConfig):
		return " (look at kafka.topics.config and kafka.internal_topics.config)"
	}
	return ""
}
