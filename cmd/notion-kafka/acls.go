package main

import (
	"fmt"
	"strings"

	"notion-kafka/producer"
	"notion-kafka/producer/kafka"
)

// An acl is what a Kafka administrator grants: operations on one resource, or on all
// resources of a type with one prefix.
type acl struct {
	kind       kafka.ResourceType
	name       string
	prefixed   bool // name is a prefix (Kafka: resource pattern type PREFIXED)
	operations []kafka.Operation
	tried      []string // the resources to try it with
}

// acls returns everything that the program needs in Kafka, for these streams and for
// databases that their sources may get later. READ and WRITE include DESCRIBE.
func (a *App) acls(offers []producer.Offer) []acl {
	k := a.Config.Kafka
	ours := []kafka.Operation{kafka.Read, kafka.Write, kafka.DescribeConfigs}
	data := []kafka.Operation{kafka.Write, kafka.DescribeConfigs}
	if k.Topics.Create {
		ours, data = append(ours, kafka.Create), append(data, kafka.Create)
	}
	acls := []acl{
		{kind: kafka.GroupResource, name: k.Group, operations: []kafka.Operation{kafka.Read}, tried: []string{k.Group}},
		{
			kind: kafka.TransactionalIDResource, name: k.StateTopic + "-", prefixed: true,
			operations: []kafka.Operation{kafka.Write}, tried: []string{a.Cluster.CheckID()},
		},
		{kind: kafka.TopicResource, name: k.StateTopic, operations: ours, tried: []string{k.StateTopic}},
		{kind: kafka.TopicResource, name: k.ControlTopic, operations: ours, tried: []string{k.ControlTopic}},
	}
	prefixes := map[string]string{}
	for _, src := range a.Config.ResolvedSources() {
		prefixes[src.Name] = src.TopicPrefix
	}
	at := map[string]int{} // by the name of the acl
	for _, o := range offers {
		topics := acl{kind: kafka.TopicResource, name: prefixes[o.Source], prefixed: true, operations: data}
		if !strings.HasPrefix(o.Topic, topics.name) { // the stream has a `topic:`, or the prefix was another when the stream was first seen
			topics.name, topics.prefixed = o.Topic, false
		}
		if _, known := at[topics.name]; !known {
			at[topics.name] = len(acls)
			acls = append(acls, topics)
		}
		found := &acls[at[topics.name]]
		found.tried = append(found.tried, o.Topic)
	}
	return acls
}

// rights returns the single rights to try an acl with.
func (a acl) rights() []kafka.Right {
	var rights []kafka.Right
	for _, name := range a.tried {
		for _, operation := range a.operations {
			rights = append(rights, kafka.Right{Operation: operation, Type: a.kind, Name: name})
		}
	}
	return rights
}

// text describes an acl with some of its operations, in Kafka's terms.
func (a acl) text(operations ...kafka.Operation) string {
	names := make([]string, len(operations))
	for i, operation := range operations {
		names[i] = string(operation)
	}
	pattern := ""
	if a.prefixed {
		pattern = " (prefixed)"
	}
	return fmt.Sprintf("%s on %s %s%s", strings.Join(names, ", "), a.kind, a.name, pattern)
}
