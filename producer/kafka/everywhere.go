package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Brokers learn of topics one after another (KRaft: each replays the metadata log
// by itself), so one broker may deny a new topic that another one knows.
const (
	newTopicTimeout  = 30 * time.Second // until all brokers know a topic that was just created
	denialTimeout    = 10 * time.Second // while a broker denies a topic that another one knows
	oneBrokerTimeout = 5 * time.Second  // for the answer of one broker among several
)

// awaitTopic waits until every broker that answers knows a new topic and its
// configuration.
func (c *Cluster) awaitTopic(ctx context.Context, name string) (TopicInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, newTopicTimeout)
	defer cancel()
	var why error
	for {
		err := c.knownEverywhere(ctx, name)
		if err == nil {
			return c.Topic(ctx, name)
		}
		if why == nil || ctx.Err() == nil { // an error after the end of the wait is not the cause
			why = err
		}
		if pause(ctx, metadataPause) != nil {
			return TopicInfo{}, fmt.Errorf("waiting for new topic %s to appear: %w", name, why)
		}
	}
}

// knownEverywhere returns nil once no broker denies a topic. A broker that does not
// answer denies nothing: it is away, and requests that need it report that.
func (c *Cluster) knownEverywhere(ctx context.Context, name string) error {
	_, err := c.lookUp(ctx, name)
	if err != nil && !errors.Is(err, ErrTopicMissing) {
		return err
	}
	for _, id := range c.brokerIDs(ctx) {
		if denied := c.deniedBy(ctx, id, name); denied != nil {
			return denied
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %w", err, kerr.UnknownTopicOrPartition) // it may pass
	}
	return nil
}

// deniedBy returns an error if a broker answers that it does not know a topic.
func (c *Cluster) deniedBy(ctx context.Context, id int, name string) error {
	ctx, cancel := context.WithTimeout(ctx, oneBrokerTimeout)
	defer cancel()
	broker := c.client.Broker(id)
	answer, err := within(ctx, func() (kmsg.Response, error) { return broker.Request(ctx, metadataOf(name)) })
	if resp, ok := answer.(*kmsg.MetadataResponse); err == nil && ok && len(resp.Topics) == 1 {
		err = kerr.ErrorForCode(resp.Topics[0].ErrorCode)
	}
	if err == nil {
		answer, err = within(ctx, func() (kmsg.Response, error) { return broker.Request(ctx, configsOf(name)) })
		if resp, ok := answer.(*kmsg.DescribeConfigsResponse); err == nil && ok && len(resp.Resources) == 1 {
			err = kerr.ErrorForCode(resp.Resources[0].ErrorCode)
		}
	}
	if errors.Is(err, kerr.UnknownTopicOrPartition) {
		return fmt.Errorf("broker %d does not know it yet: %w", id, err)
	}
	return nil
}

// brokerIDs returns the brokers that the cluster has now, or none if the request
// fails.
func (c *Cluster) brokerIDs(ctx context.Context) (ids []int) {
	ctx, cancel := context.WithTimeout(ctx, oneBrokerTimeout)
	defer cancel()
	req := kmsg.NewPtrMetadataRequest()
	req.Topics = []kmsg.MetadataRequestTopic{} // none; nil would be all
	resp, err := within(ctx, func() (*kmsg.MetadataResponse, error) { return req.RequestWith(ctx, c.client) })
	if err != nil {
		return nil
	}
	for _, b := range resp.Brokers {
		ids = append(ids, int(b.NodeID))
	}
	return ids
}

func metadataOf(topic string) *kmsg.MetadataRequest {
	req := kmsg.NewPtrMetadataRequest()
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = kmsg.StringPtr(topic)
	req.Topics = append(req.Topics, t)
	return req
}

func configsOf(topic string) *kmsg.DescribeConfigsRequest {
	req := kmsg.NewPtrDescribeConfigsRequest()
	resource := kmsg.NewDescribeConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeTopic, topic
	resource.ConfigNames = []string{"cleanup.policy"}
	req.Resources = append(req.Resources, resource)
	return req
}

// knownElsewhere looks a topic up at all brokers, after one has denied it.
func (c *Cluster) knownElsewhere(ctx context.Context, name string) (found kmsg.MetadataResponseTopic, known bool) {
	ids := c.brokerIDs(ctx)
	if len(ids) < 2 {
		return found, false
	}
	for _, id := range ids {
		ctx, cancel := context.WithTimeout(ctx, oneBrokerTimeout)
		answer, err := within(ctx, func() (kmsg.Response, error) { return c.client.Broker(id).Request(ctx, metadataOf(name)) })
		cancel()
		resp, ok := answer.(*kmsg.MetadataResponse)
		if err == nil && ok && len(resp.Topics) == 1 && resp.Topics[0].ErrorCode == 0 {
			return resp.Topics[0], true
		}
	}
	return found, false
}

// retryDenied makes a request about a topic to one broker, and repeats it while
// that broker denies the topic although others know it.
func (c *Cluster) retryDenied(ctx context.Context, topic string, request func() error) error {
	ctx, cancel := context.WithTimeout(ctx, denialTimeout)
	defer cancel()
	for {
		err := request()
		if !errors.Is(err, kerr.UnknownTopicOrPartition) {
			return err
		}
		if _, gone := c.lookUp(ctx, topic); gone != nil || pause(ctx, metadataPause) != nil {
			return err
		}
	}
}

// listOffsets lists offsets of a topic.
func (c *Cluster) listOffsets(ctx context.Context, topic string, list func(context.Context, ...string) (kadm.ListedOffsets, error)) (offsets kadm.ListedOffsets, err error) {
	err = c.retryDenied(ctx, topic, func() error {
		ctx, cancel := bounded(ctx)
		defer cancel()
		if offsets, err = within(ctx, func() (kadm.ListedOffsets, error) { return list(ctx, topic) }); err == nil {
			err = offsets.Error()
		}
		return err
	})
	return offsets, err
}
