package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A ResourceType is a kind of resource that rights apply to, by Kafka's name.
type ResourceType string

// The resource types that we need rights to (Kafka: Authorization and ACLs).
const (
	TopicResource           ResourceType = "topic"
	GroupResource           ResourceType = "group"
	TransactionalIDResource ResourceType = "transactional-id"
)

// An Operation is what a right allows, by Kafka's name.
type Operation string

// The operations we need. Read and Write include Kafka's DESCRIBE.
const (
	Read            Operation = "READ"
	Write           Operation = "WRITE"
	Create          Operation = "CREATE"
	DescribeConfigs Operation = "DESCRIBE_CONFIGS"
)

// A Right is one operation on one resource.
type Right struct {
	Operation Operation
	Type      ResourceType
	Name      string
}

// Denied tries rights and returns those that the cluster refuses us, in the order
// given. It changes nothing that others see: the creation of a topic is only
// validated, and a group gets the heartbeat of a member that does not exist. A
// transactional id is claimed, so it must be one that nobody writes under. Topics
// need not exist. A right that cannot be tried, or that the brokers do not report,
// is not among the denied.
//
// Rights that can be tried are READ, WRITE, CREATE and DESCRIBE_CONFIGS of a
// topic, READ of a group and WRITE of a transactional id.
func (c *Cluster) Denied(ctx context.Context, rights []Right) ([]Right, error) {
	denied := map[Right]bool{}
	for _, try := range []func(context.Context, []Right, map[Right]bool) error{
		c.tryTopics, c.tryCreating, c.tryDescribingConfigs, c.tryGroups, c.tryTransactions,
	} {
		bound, cancel := bounded(ctx)
		err := try(bound, rights, denied)
		cancel()
		if err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(rights), func(r Right) bool { return !denied[r] }), nil
}

// tryTopics requests the operations that we are allowed on topics (KIP-430). Brokers
// do not report them for a topic that we may not see. Then neither READ nor WRITE is
// allowed, because both include DESCRIBE.
func (c *Cluster) tryTopics(ctx context.Context, rights []Right, denied map[Right]bool) error {
	bits := map[Operation]kmsg.ACLOperation{Read: kmsg.ACLOperationRead, Write: kmsg.ACLOperationWrite}
	names := namesOf(rights, TopicResource, Read, Write)
	if len(names) == 0 {
		return nil
	}
	req := kmsg.NewPtrMetadataRequest()
	req.IncludeTopicAuthorizedOperations = true
	for _, name := range names {
		topic := kmsg.NewMetadataRequestTopic()
		topic.Topic = kmsg.StringPtr(name)
		req.Topics = append(req.Topics, topic)
	}
	resp, err := within(ctx, func() (*kmsg.MetadataResponse, error) { return req.RequestWith(ctx, c.client) })
	if err != nil {
		return fmt.Errorf("checking what is allowed on topics: %w", readable(err))
	}
	for _, topic := range resp.Topics {
		allowed := topic.AuthorizedOperations
		switch {
		case topic.ErrorCode == kerr.TopicAuthorizationFailed.Code:
			allowed = 0
		case allowed == math.MinInt32: // not reported
			continue
		}
		for operation, bit := range bits {
			if topic.Topic != nil && allowed&(1<<bit) == 0 {
				denied[Right{operation, TopicResource, *topic.Topic}] = true
			}
		}
	}
	return nil
}

// tryCreating validates topics as if they were to be created. Kafka checks the right
// first, so any other refusal means that we have it.
func (c *Cluster) tryCreating(ctx context.Context, rights []Right, denied map[Right]bool) error {
	const brokersDefault = -1
	names := namesOf(rights, TopicResource, Create)
	if len(names) == 0 {
		return nil
	}
	answers, err := within(ctx, func() (kadm.CreateTopicResponses, error) {
		return c.admin.ValidateCreateTopics(ctx, brokersDefault, brokersDefault, nil, names...)
	})
	if err != nil {
		return fmt.Errorf("checking whether topics may be created: %w", readable(err))
	}
	for _, topic := range answers.Sorted() {
		denied[Right{Create, TopicResource, topic.Topic}] = unauthorized(topic.Err)
	}
	return nil
}

func (c *Cluster) tryDescribingConfigs(ctx context.Context, rights []Right, denied map[Right]bool) error {
	names := namesOf(rights, TopicResource, DescribeConfigs)
	if len(names) == 0 {
		return nil
	}
	req := kmsg.NewPtrDescribeConfigsRequest()
	for _, name := range names {
		topic := kmsg.NewDescribeConfigsRequestResource()
		topic.ResourceType, topic.ResourceName = kmsg.ConfigResourceTypeTopic, name
		topic.ConfigNames = []string{"cleanup.policy"}
		req.Resources = append(req.Resources, topic)
	}
	resp, err := within(ctx, func() (*kmsg.DescribeConfigsResponse, error) { return req.RequestWith(ctx, c.client) })
	if err != nil {
		return fmt.Errorf("checking whether the configuration of topics may be read: %w", readable(err))
	}
	for _, topic := range resp.Resources {
		denied[Right{DescribeConfigs, TopicResource, topic.ResourceName}] = unauthorized(kerr.ErrorForCode(topic.ErrorCode))
	}
	return nil
}

// tryGroups sends heartbeats of a member that does not exist.
func (c *Cluster) tryGroups(ctx context.Context, rights []Right, denied map[Right]bool) error {
	for _, name := range namesOf(rights, GroupResource, Read) {
		req := kmsg.NewPtrHeartbeatRequest()
		req.Group, req.MemberID, req.Generation = name, "nobody", -1
		resp, err := within(ctx, func() (*kmsg.HeartbeatResponse, error) { return req.RequestWith(ctx, c.client) })
		if err == nil {
			err = kerr.ErrorForCode(resp.ErrorCode)
		}
		if _, answered := errors.AsType[*kerr.Error](err); err != nil && !answered {
			return fmt.Errorf("checking whether group %s may be joined: %w", name, readable(err))
		}
		denied[Right{Read, GroupResource, name}] = unauthorized(err)
	}
	return nil
}

func (c *Cluster) tryTransactions(ctx context.Context, rights []Right, denied map[Right]bool) error {
	for _, id := range namesOf(rights, TransactionalIDResource, Write) {
		err := c.initProducer(ctx, id)
		if _, answered := errors.AsType[*kerr.Error](err); err != nil && !answered {
			return fmt.Errorf("checking whether transactional id %s may be used: %w", id, readable(err))
		}
		denied[Right{Write, TransactionalIDResource, id}] = unauthorized(err)
	}
	return nil
}

// namesOf lists, each once, the resources of a type for which the rights have one of
// the operations.
func namesOf(rights []Right, kind ResourceType, operations ...Operation) []string {
	var names []string
	for _, r := range rights {
		if r.Type == kind && slices.Contains(operations, r.Operation) && !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	return names
}

func unauthorized(err error) bool {
	for _, kind := range []error{
		kerr.TopicAuthorizationFailed, kerr.GroupAuthorizationFailed,
		kerr.TransactionalIDAuthorizationFailed, kerr.ClusterAuthorizationFailed,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
