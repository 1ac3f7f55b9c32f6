package catalog

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notion-kafka/avro"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// documented returns a document as a reader of its JSON sees it.
func documented(t *testing.T, tables []control.Table, existing map[string]kafka.TopicInfo, access Access) (text string, at func(path ...string) any) {
	t.Helper()
	encoded, err := json.Marshal(document(tables, existing, access, "v1.2.3"))
	if err != nil {
		t.Fatal(err)
	}
	var read any
	if err := json.Unmarshal(encoded, &read); err != nil {
		t.Fatal(err)
	}
	return string(encoded), func(path ...string) any {
		here := read
		for _, name := range path {
			object, _ := here.(map[string]any)
			here = object[name]
		}
		return here
	}
}

// twoTables are the stream of databases and one of a database with a hostile title.
func twoTables() []control.Table {
	return []control.Table{
		{Topic: "notion.acme.databases", Source: "acme", Stream: "databases"},
		{Topic: "notion.acme.tasks", Source: "acme", Stream: "database_1", Title: "</script>{{.}}\u202e"},
	}
}

// The document has a channel for each topic, with what Kafka says of it, its messages, and
// an operation that sends them.
func TestAsyncAPIOfTopics(t *testing.T) {
	existing := map[string]kafka.TopicInfo{"notion.acme.tasks": {Partitions: 3, Cleanup: []string{"compact", "delete"}}}
	_, at := documented(t, twoTables(), existing, Access{Brokers: []string{"kafka-1:9092", "[::1]:9093"}, Registry: "http://registry:8080/apis/ccompat/v7"})
	want := map[string]any{
		"notion_acme_databases": map[string]any{
			"address": "notion.acme.databases", "title": "Databases", "description": "Stream databases of source acme.",
			"messages": map[string]any{"upsert": map[string]any{"$ref": "#/components/messages/database"}, "tombstone": map[string]any{"$ref": "#/components/messages/tombstone"}},
			"bindings": map[string]any{"kafka": map[string]any{"topic": "notion.acme.databases", "bindingVersion": "0.5.0"}},
		},
		"notion_acme_tasks": map[string]any{
			"address": "notion.acme.tasks", "title": "</script>{{.}}\u202e", "description": "Stream database_1 of source acme.",
			"messages": map[string]any{"upsert": map[string]any{"$ref": "#/components/messages/page"}, "tombstone": map[string]any{"$ref": "#/components/messages/tombstone"}},
			"bindings": map[string]any{"kafka": map[string]any{
				"topic": "notion.acme.tasks", "partitions": 3.0, "topicConfiguration": map[string]any{"cleanup.policy": []any{"compact", "delete"}}, "bindingVersion": "0.5.0",
			}},
		},
	}
	if diff := cmp.Diff(want, at("channels")); diff != "" {
		t.Errorf("channels (-want +got):\n%s", diff)
	}
	operation := map[string]any{
		"action": "send", "summary": "Publish what changed in Notion.", "channel": map[string]any{"$ref": "#/channels/notion_acme_tasks"},
		"messages": []any{map[string]any{"$ref": "#/channels/notion_acme_tasks/messages/upsert"}, map[string]any{"$ref": "#/channels/notion_acme_tasks/messages/tombstone"}},
	}
	if diff := cmp.Diff(operation, at("operations", "publish_notion_acme_tasks")); diff != "" {
		t.Errorf("operation (-want +got):\n%s", diff)
	}
	registry := map[string]any{"schemaRegistryUrl": "http://registry:8080/apis/ccompat/v7", "schemaRegistryVendor": "apicurio", "bindingVersion": "0.5.0"}
	servers := map[string]any{
		"broker-1": map[string]any{"host": "kafka-1:9092", "protocol": "kafka", "bindings": map[string]any{"kafka": registry}},
		"broker-2": map[string]any{"host": "[::1]:9093", "protocol": "kafka", "bindings": map[string]any{"kafka": registry}},
	}
	if diff := cmp.Diff(servers, at("servers")); diff != "" {
		t.Errorf("servers (-want +got):\n%s", diff)
	}
	if version := at("info", "version"); version != "v1.2.3" {
		t.Errorf("version %v", version)
	}
}

// The messages have the schemas that are registered, and every header that is written.
func TestAsyncAPIOfMessages(t *testing.T) {
	text, at := documented(t, twoTables(), nil, Access{})
	for name, schema := range map[string]string{"page": avro.PageSchema, "database": avro.DatabaseSchema} {
		var want any
		if err := json.Unmarshal([]byte(schema), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, at("components", "messages", name, "payload", "schema")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if payload := at("components", "messages", "tombstone", "payload", "type"); payload != "null" {
		t.Errorf("a tombstone is %v", payload)
	}
	for name, ops := range map[string]string{"page": "snapshot create update delete", "database": "snapshot create update delete", "tombstone": "delete"} {
		properties, _ := at("components", "messages", name, "headers", "properties").(map[string]any)
		for _, header := range []string{"op", "source", "stream", "run", "reason"} {
			if properties["notion-kafka."+header] == nil {
				t.Errorf("%s has no header %s", name, header)
			}
		}
		var got []string
		for _, op := range properties["notion-kafka.op"].(map[string]any)["enum"].([]any) {
			got = append(got, op.(string))
		}
		if strings.Join(got, " ") != ops {
			t.Errorf("%s has the operations %v", name, got)
		}
		if key := at("components", "messages", name, "bindings", "kafka", "key", "type"); key != "string" {
			t.Errorf("the key of %s is %v", name, key)
		}
	}
	for _, reference := range regexp.MustCompile(`"\$ref":"#/([^"]+)"`).FindAllStringSubmatch(text, -1) {
		if at(strings.Split(reference[1], "/")...) == nil {
			t.Errorf("%s leads nowhere", reference[1])
		}
	}
}

// The ids of channels and operations are safe for any name of a topic, and unique.
func TestAsyncAPIOfHostileTopics(t *testing.T) {
	names := []string{"a.b", "a_b", "a-b", "a/b", "a~1b", "a b", "{{.}}", "é", "", "a.b"}
	var tables []control.Table
	for _, name := range names {
		tables = append(tables, control.Table{Topic: name})
	}
	_, at := documented(t, append(tables, control.Table{Topic: "a.b"}), nil, Access{})
	channels := at("channels").(map[string]any)
	if len(channels) != len(names) {
		t.Errorf("%d channels of %d topics: %v", len(channels), len(names), channels)
	}
	for id, channel := range channels {
		if !regexp.MustCompile(`^[A-Za-z0-9_]*$`).MatchString(id) || at("operations", "publish_"+id, "action") != "send" {
			t.Errorf("the topic %v has the id %q", channel.(map[string]any)["address"], id)
		}
	}
}

// How clients log in is in the document, and no secret.
func TestAsyncAPIOfSecuredBrokers(t *testing.T) {
	for name, test := range map[string]struct {
		access         Access
		protocol, kind string
	}{
		"nothing":       {Access{}, "kafka", ""},
		"TLS":           {Access{TLS: true}, "kafka-secure", ""},
		"certificate":   {Access{TLS: true, Certificate: true}, "kafka-secure", "X509"},
		"plain":         {Access{TLS: true, Mechanism: "plain"}, "kafka-secure", "plain"},
		"scram-sha-256": {Access{Mechanism: "scram-sha-256"}, "kafka-secure", "scramSha256"},
		"scram-sha-512": {Access{TLS: true, Mechanism: "scram-sha-512"}, "kafka-secure", "scramSha512"},
		"oauthbearer":   {Access{TLS: true, Mechanism: "oauthbearer", TokenURL: "https://login/token", Scopes: []string{"kafka"}}, "kafka-secure", "oauth2"},
	} {
		test.access.Brokers, test.access.Registry = []string{"kafka:9092"}, "https://user:secret@psrc-1.eu.aws.confluent.cloud"
		text, at := documented(t, nil, nil, test.access)
		kind, _ := at("components", "securitySchemes", "kafka", "type").(string)
		if at("servers", "broker-1", "protocol") != test.protocol || kind != test.kind || (at("servers", "broker-1", "security") != nil) != (test.kind != "") {
			t.Errorf("%s: %s", name, text)
		}
		if strings.Contains(text, "secret@") || !strings.Contains(text, `"schemaRegistryUrl":"https://psrc-1.eu.aws.confluent.cloud","schemaRegistryVendor":"confluent"`) {
			t.Errorf("%s: the registry in %s", name, text)
		}
	}
}

// What Kafka does not tell is left out.
func TestAsyncAPIWithoutKafka(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.source(control.Source{Name: "acme"}, control.Stream{Stream: "database_1", Topic: "notion.acme.tasks"})
		w.hangs.Store(true)
		text, err := w.AsyncAPI(t.Context(), "v1")
		if err != nil || !strings.Contains(string(text), `"address":"notion.acme.tasks"`) || strings.Contains(string(text), `"partitions"`) {
			t.Errorf("%s, %v", text, err)
		}
	})
}
