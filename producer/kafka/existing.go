package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Existing returns those of the named topics that exist, by name, with two requests
// however many there are. It is for a look, not for a decision: a topic that was just
// created may be missing, because one broker answers for all. So is a topic that we may
// not see. MaxBytes and Cleanup are missing where we may not read the configuration.
func (c *Cluster) Existing(ctx context.Context, names []string) (map[string]TopicInfo, error) {
	found := map[string]TopicInfo{}
	req := kmsg.NewPtrMetadataRequest()
	for _, name := range names {
		req.Topics = append(req.Topics, metadataOf(name).Topics...)
	}
	if len(req.Topics) == 0 { // would be all topics
		return found, nil
	}
	bound, cancel := bounded(ctx)
	defer cancel()
	resp, err := within(bound, func() (*kmsg.MetadataResponse, error) { return req.RequestWith(bound, c.client) })
	if err != nil {
		return nil, fmt.Errorf("looking up %d topics: %w", len(names), readable(err))
	}
	var known []string
	for _, topic := range resp.Topics {
		if topic.Topic == nil || topic.ErrorCode != 0 {
			continue
		}
		known = append(known, *topic.Topic)
		found[*topic.Topic] = TopicInfo{Name: *topic.Topic, ID: fmt.Sprintf("%x", topic.TopicID), Partitions: int32(len(topic.Partitions))} //nolint:gosec // small
	}
	return found, c.addConfigs(ctx, found, known)
}

// addConfigs fills in the settings of topics, where they may be read.
func (c *Cluster) addConfigs(ctx context.Context, topics map[string]TopicInfo, names []string) error {
	if len(names) == 0 {
		return nil
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	described, err := within(ctx, func() (kadm.ResourceConfigs, error) { return c.admin.DescribeTopicConfigs(ctx, names...) })
	if errors.As(err, new(*kadm.AuthError)) || errors.Is(err, kerr.TopicAuthorizationFailed) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the configuration of %d topics: %w", len(names), readable(err))
	}
	for _, resource := range described {
		if info, ok := topics[resource.Name]; ok && resource.Err == nil {
			info.take(resource.Configs)
			topics[resource.Name] = info
		}
	}
	return nil
}

// take sets what the configuration of a topic says.
func (info *TopicInfo) take(configs []kadm.Config) {
	info.MaxBytes = defaultMaxMessageBytes
	for _, config := range configs {
		switch config.Key {
		case "max.message.bytes":
			if n, err := strconv.ParseInt(config.MaybeValue(), 10, 32); err == nil {
				info.MaxBytes = int32(n)
			}
		case "cleanup.policy":
			info.Cleanup = slices.Sorted(strings.SplitSeq(config.MaybeValue(), ","))
		}
	}
}
