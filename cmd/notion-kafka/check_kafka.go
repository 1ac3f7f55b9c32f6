package main

import (
	"context"
	"errors"
	"slices"

	"notion-kafka/producer"
	"notion-kafka/producer/kafka"
)

// kafka checks the brokers, our rights, and the topics. unread is why the state could
// not be read, nil if it was read.
func (c *checklist) kafka(ctx context.Context, app *App, offers []producer.Offer, unread error) {
	ctx, cancel := context.WithTimeout(ctx, kafkaPatience)
	defer cancel()
	brokers, err := app.Cluster.Brokers(ctx)
	if err != nil {
		c.bad("Kafka: %v", err)
		return
	}
	for _, broker := range brokers {
		c.good("Kafka: broker %s", broker)
	}
	denied, err := c.rights(ctx, app, offers)
	if err != nil {
		c.bad("Kafka: %v", err)
		return
	}
	if !denied.of(app.Cluster.CheckID()) {
		if err := app.Cluster.CheckTransactions(ctx); err != nil {
			c.bad("Kafka: %v", err)
		}
	}
	if unread != nil && !denied.of(app.Config.Kafka.StateTopic) {
		c.bad("%v: the topics below are the names that a first run would choose", unread)
	}
	c.internal(ctx, app, app.stateTopic(), denied)
	c.internal(ctx, app, app.controlTopic(), denied)
	for _, o := range offers {
		c.data(ctx, app, o.Topic, denied)
	}
}

// rights tries every right that we need in Kafka. The embedded broker allows everything.
func (c *checklist) rights(ctx context.Context, app *App, offers []producer.Offer) (denials, error) {
	if app.embedded != nil {
		return nil, nil
	}
	acls := app.acls(offers)
	var wanted []kafka.Right
	for _, a := range acls {
		wanted = append(wanted, a.rights()...)
	}
	denied, err := app.Cluster.Denied(ctx, wanted)
	if err != nil {
		return nil, err
	}
	needed := slices.DeleteFunc(slices.Clone(denied), func(r kafka.Right) bool { return needless(ctx, app, r) })
	for _, a := range acls {
		spared := slices.ContainsFunc(denied, func(r kafka.Right) bool { return r.Operation == kafka.Create && slices.Contains(a.tried, r.Name) })
		missed := slices.ContainsFunc(needed, func(r kafka.Right) bool { return r.Operation == kafka.Create && slices.Contains(a.tried, r.Name) })
		if spared && !missed { // CREATE is denied and not needed
			a.operations = slices.DeleteFunc(slices.Clone(a.operations), func(o kafka.Operation) bool { return o == kafka.Create })
		}
		c.acl(a, needed)
	}
	denied = needed
	return denied, nil
}

// needless reports whether a right is CREATE on a topic that exists.
func needless(ctx context.Context, app *App, r kafka.Right) bool {
	return r.Operation == kafka.Create && r.Type == kafka.TopicResource && app.Cluster.Exists(ctx, r.Name)
}

// acl prints one line for the allowed operations of an acl, and a line for every denied
// one.
func (c *checklist) acl(a acl, denied denials) {
	var allowed []kafka.Operation
	for _, operation := range a.operations {
		at := slices.IndexFunc(denied, func(r kafka.Right) bool {
			return r.Type == a.kind && r.Operation == operation && slices.Contains(a.tried, r.Name)
		})
		if at < 0 {
			allowed = append(allowed, operation)
			continue
		}
		c.bad("right: %s on %s %s is missing: grant %s", operation, a.kind, denied[at].Name, a.text(operation))
	}
	if len(allowed) > 0 {
		c.good("right: %s", a.text(allowed...))
	}
}

func (c *checklist) internal(ctx context.Context, app *App, spec kafka.TopicSpec, denied denials) {
	info, err := app.Cluster.Topic(ctx, spec.Name)
	switch {
	case errors.Is(err, kafka.ErrTopicMissing) && spec.Create:
		c.willBeCreated(spec.Name, denied)
	case errors.Is(err, kafka.ErrTopicMissing):
		c.bad("topic %s is missing: create it with %d partition(s) and cleanup.policy=compact, or set kafka.topics.create: true", spec.Name, spec.Partitions)
	case err != nil && denied.of(spec.Name): // rights has reported it
	case err != nil:
		c.bad("%v", err)
	default:
		c.judge(ctx, app, info, denied)
	}
}

// judge prints the remarks that a daemon would make about an internal topic at start.
func (c *checklist) judge(ctx context.Context, app *App, info kafka.TopicInfo, denied denials) {
	unreadable := slices.Contains(denied, kafka.Right{Operation: kafka.Read, Type: kafka.TopicResource, Name: info.Name})
	checked, err := app.Daemon(nil, nil).CheckTopic(ctx, info)
	switch {
	case err != nil && unreadable: // rights has reported it
	case err != nil:
		c.bad("%v", err)
	case len(checked.Remarks) > 0:
		for _, remark := range checked.Remarks {
			c.warn("%s", remark)
		}
	default:
		c.good("topic %s: %d partition(s), compacted", info.Name, info.Partitions)
	}
}

func (c *checklist) data(ctx context.Context, app *App, topic string, denied denials) {
	info, err := app.Cluster.Topic(ctx, topic)
	switch {
	case errors.Is(err, kafka.ErrTopicMissing) && app.Config.Kafka.Topics.Create:
		c.willBeCreated(topic, denied)
	case errors.Is(err, kafka.ErrTopicMissing):
		c.bad("topic %s is missing: create it (cleanup.policy=compact), or set kafka.topics.create: true", topic)
	case err != nil && denied.of(topic):
	case err != nil:
		c.bad("%v", err)
	case slices.Contains(info.Cleanup, "delete"):
		c.warn("topic %s deletes old records (cleanup.policy=%v): pages that do not change disappear from it", topic, info.Cleanup)
	default:
		c.good("topic %s: %d partition(s)", topic, info.Partitions)
	}
}

func (c *checklist) willBeCreated(topic string, denied denials) {
	if !slices.Contains(denied, kafka.Right{Operation: kafka.Create, Type: kafka.TopicResource, Name: topic}) {
		c.good("topic %s: will be created", topic)
	}
}

// denials are the rights that Kafka refuses us.
type denials []kafka.Right

// of reports whether one of them is about the resource of this name.
func (d denials) of(name string) bool {
	return slices.ContainsFunc(d, func(r kafka.Right) bool { return r.Name == name })
}
