package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"notion-kafka/avro"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// kafkaBinding is the version of AsyncAPI's bindings of Kafka that the document follows.
const kafkaBinding = "0.5.0"

// An object is an object of an AsyncAPI document.
type object map[string]any

func ref(path ...string) object { return object{"$ref": "#/" + strings.Join(path, "/")} }

// AsyncAPI returns the topics of the catalog as an AsyncAPI document (3.0.0), for a program
// of some version. Kafka is asked of all topics at once; of what it does not tell in three
// seconds the document says nothing.
func (c *Catalog) AsyncAPI(ctx context.Context, version string) (json.RawMessage, error) {
	tables, err := c.Tables(ctx)
	if err != nil {
		return nil, err
	}
	topics := make([]string, len(tables))
	for i, t := range tables {
		topics[i] = t.Topic
	}
	bound, cancel := context.WithTimeout(ctx, activityPatience)
	defer cancel()
	existing, _ := c.cluster.Existing(bound, topics) // what is not known is left out
	text, err := json.Marshal(document(tables, existing, c.access, version))
	if err != nil {
		return nil, fmt.Errorf("writing the AsyncAPI document: %w", err)
	}
	return text, nil
}

// document returns the AsyncAPI document of tables.
func document(tables []control.Table, existing map[string]kafka.TopicInfo, access Access, version string) object {
	channels, operations := object{}, object{}
	for i, table := range tables {
		if i > 0 && tables[i-1].Topic == table.Topic { // two sources name it, and one of them publishes to it
			continue
		}
		id := freeID(channels, table.Topic)
		channels[id] = channel(table, existing[table.Topic])
		operations["publish_"+id] = object{
			"action": "send", "channel": ref("channels", id), "summary": "Publish what changed in Notion.",
			"messages": []object{ref("channels", id, "messages", "upsert"), ref("channels", id, "messages", "tombstone")},
		}
	}
	doc := object{
		"asyncapi": "3.0.0",
		"info": object{
			"title": "Notion in Kafka", "version": version,
			"description": "One topic for each database of Notion, and one for the databases themselves. Records are written exactly once: read with isolation.level=read_committed.",
		},
		"servers": servers(access), "channels": channels, "operations": operations,
		"components": object{"messages": messages()},
	}
	if schemes := securitySchemes(access); len(schemes) > 0 {
		doc["components"].(object)["securitySchemes"] = schemes
	}
	return doc
}

// freeID returns an identifier for a topic that no channel has. Topics that differ in signs
// alone, which Kafka does not allow, get a number.
func freeID(taken object, topic string) string {
	id := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, topic)
	for free, n := id, 2; ; free, n = fmt.Sprintf("%s_%d", id, n), n+1 {
		if _, is := taken[free]; !is {
			return free
		}
	}
}

// channel returns a topic as a channel.
func channel(table control.Table, info kafka.TopicInfo) object {
	binding := object{"topic": table.Topic, "bindingVersion": kafkaBinding}
	if info.Partitions > 0 {
		binding["partitions"] = info.Partitions
	}
	cleanup := slices.DeleteFunc(slices.Clone(info.Cleanup), func(policy string) bool { return policy != "compact" && policy != "delete" })
	if len(cleanup) > 0 {
		binding["topicConfiguration"] = object{"cleanup.policy": cleanup}
	}
	row, title := "page", table.Title
	if table.Stream == producer.DatabasesStream {
		row, title = "database", "Databases"
	}
	is := object{
		"address": table.Topic, "description": fmt.Sprintf("Stream %s of source %s.", table.Stream, table.Source),
		"messages": object{"upsert": ref("components", "messages", row), "tombstone": ref("components", "messages", "tombstone")},
		"bindings": object{"kafka": binding},
	}
	if table.Typed {
		is["description"] = fmt.Sprintf("%v Its records have a column for each property of the database too: subject %s has their schema.", is["description"], table.Subject)
	}
	if title != "" {
		is["title"] = title
	}
	return is
}

// messages returns the three messages of all channels.
func messages() object {
	return object{
		"page":     upsert("A page as it is now.", avro.PageSchema, control.Ops),
		"database": upsert("A database as it is now.", avro.DatabaseSchema, control.Ops),
		"tombstone": object{
			"title": "Deleted", "summary": "The page or database of the key is gone.", "headers": headers([]string{"delete"}, "notion-kafka.reason"),
			"payload": object{"type": "null"}, "bindings": object{"kafka": object{"key": key(), "bindingVersion": kafkaBinding}},
		},
	}
}

func upsert(summary, schema string, operations []string) object {
	return object{
		"title": "Upsert", "summary": summary,
		"description": "Avro in Confluent's wire format: a zero byte, the schema's id in four bytes, the body. With notion-kafka.op delete it is the last state of a page that is gone.",
		"contentType": "application/vnd.apache.avro",
		"headers":     headers(operations),
		"payload":     object{"schemaFormat": "application/vnd.apache.avro;version=1.9.0", "schema": json.RawMessage(schema)},
		"bindings": object{"kafka": object{
			"key": key(), "schemaIdLocation": "payload", "schemaIdPayloadEncoding": "confluent", "schemaLookupStrategy": "TopicNameStrategy", "bindingVersion": kafkaBinding,
		}},
	}
}

func key() object {
	return object{"type": "string", "description": "Notion's id of the page or database, dashed and in lower case."}
}

// headers returns the schema of the headers of a message with one of some operations, which
// has all of the others too.
func headers(operations []string, more ...string) object {
	text := func(says string) object { return object{"type": "string", "description": says} }
	return object{
		"type": "object",
		"properties": object{
			"notion-kafka.op":     object{"type": "string", "enum": operations},
			"notion-kafka.source": text("The source."),
			"notion-kafka.stream": text("The stream: databases or database_{id}."),
			"notion-kafka.run":    text("The run that published it."),
			"notion-kafka.reason": object{"type": "string", "enum": []string{"trashed", "moved", "gone"}, "description": "Why it is deleted."},
		},
		"required": append([]string{"notion-kafka.op", "notion-kafka.source", "notion-kafka.stream", "notion-kafka.run"}, more...),
	}
}
