package console

import (
	"context"
	"encoding/json"
	"fmt"

	"notion-kafka/producer/control"
)

func (b *fakeBackend) Catalog(context.Context) ([]control.Table, error) {
	return []control.Table{{
		Topic: topic, Source: "acme", Stream: stream, Title: "Engineering Tasks", Rows: -1, Subject: topic + "-value", Schema: json.RawMessage(`{"type":"string"}`),
		Today: control.Day{Day: "2026-11-20"}, Consumers: control.Consumers{Groups: []control.Consumer{{Group: "bi", State: "Stable", Members: 1, Lag: 12}}},
	}}, b.ask("acme", "catalog")
}

func noTopic(name string) error {
	return &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("there is no topic %q in the catalog", name)}
}

// aRecord is the only record of the topic: a tombstone.
func aRecord() control.TopicRecord {
	return control.TopicRecord{Topic: topic, Offset: 1, Timestamp: noon(), Key: "p", Headers: map[string]string{}, Value: json.RawMessage("null")}
}

func (b *fakeBackend) Records(_ context.Context, name string, query control.RecordQuery) (control.RecordPage, error) {
	if name != topic {
		return control.RecordPage{}, noTopic(name)
	}
	return control.RecordPage{Records: []control.TopicRecord{aRecord()}, Searched: 1}, b.ask("acme", "records %s %d", name, query.Limit)
}

func (b *fakeBackend) Table(_ context.Context, name string) (control.TableDetail, error) {
	if name != topic {
		return control.TableDetail{}, noTopic(name)
	}
	return control.TableDetail{
		Table:    control.Table{Topic: topic, Source: "acme", Stream: stream, Title: "Engineering Tasks", Subject: topic + "-value", Schema: json.RawMessage(`"string"`), Today: control.Day{Day: "2026-11-20"}, Consumers: control.Consumers{Groups: []control.Consumer{}, Unknown: "Why."}},
		About:    &control.Stream{Stream: stream, Topic: topic, Enabled: true},
		Kafka:    &control.KafkaTopic{ID: "00", Partitions: 1, Cleanup: "compact"},
		Versions: []control.SchemaVersion{{Version: 2, ID: 17, Schema: json.RawMessage(`"string"`)}}, VersionsUnknown: "Gone.",
		DataSources: []control.FoundDataSource{{ID: "d1", Title: "Tasks"}},
		Properties:  []control.Property{{ID: "title", Name: "Name", Type: "title"}, {ID: "a", Name: "Of", Type: "relation", RelatedDatabase: "d", RelatedDataSource: "s", RelatedTopic: topic}},
	}, b.ask("acme", "table %s", name)
}

func (b *fakeBackend) AsyncAPI(context.Context) (json.RawMessage, error) {
	return json.RawMessage(`{"asyncapi":"3.0.0"}`), b.ask("acme", "asyncapi")
}

func (b *fakeBackend) Usage(table control.TableDetail) ([]control.Snippet, error) {
	return []control.Snippet{{Name: "tail", Text: "notion-kafka tail " + table.Topic}}, b.ask("acme", "usage %s", table.Topic)
}

func (b *fakeBackend) Record(_ context.Context, name string, partition int32, offset int64) (control.TopicRecord, error) {
	if name != topic || partition != 0 || offset != 1 {
		return control.TopicRecord{}, &control.Error{Kind: control.NotFound, Message: "there is no such record"}
	}
	return aRecord(), b.ask("acme", "record %s %d %d", name, partition, offset)
}

func (b *fakeBackend) History(_ context.Context, name, key string) (control.History, error) {
	if name != topic {
		return control.History{}, noTopic(name)
	}
	return control.History{Key: key, Versions: []control.Version{{TopicRecord: aRecord()}}}, b.ask("acme", "history %s %s", name, key)
}

func (b *fakeBackend) Find(_ context.Context, page string) (control.Finding, error) {
	if page == "acme" || page == "run-1" {
		return control.Finding{}, &control.Error{Kind: control.Invalid, Message: "this is no link: paste a link"}
	}
	place := control.Place{Source: "acme", Stream: stream, Topic: topic, Answer: control.PageCurrent, Record: &control.FoundRecord{Offset: 1, Title: "Old"}}
	return control.Finding{ID: page, Answer: control.PageCurrent, Title: "Old", Places: []control.Place{place}}, b.ask("acme", "find %s", page)
}
