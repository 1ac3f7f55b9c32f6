package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"notion-kafka/notion"
	"notion-kafka/producer"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// detailPatience is how long each part of a table's details may take.
const detailPatience = 5 * time.Second

// mostVersions is how many versions of a subject are shown.
const mostVersions = 20

// Table returns a topic of the catalog with all that is known of it.
func (c *Catalog) Table(ctx context.Context, topic string) (control.TableDetail, error) {
	entries, err := c.entries(ctx)
	if err != nil {
		return control.TableDetail{}, err
	}
	at := slices.IndexFunc(entries, func(e entry) bool { return e.Topic == topic })
	if at < 0 {
		return control.TableDetail{}, notAmong(entries, topic)
	}
	detail := control.TableDetail{Table: entries[at].Table, About: entries[at].about, Versions: []control.SchemaVersion{}}
	var asking errgroup.Group
	for _, part := range []func(context.Context){
		func(ctx context.Context) { detail.Kafka = c.topic(ctx, topic) },
		func(ctx context.Context) { detail.Versions, detail.VersionsUnknown = c.versions(ctx, detail.Subject) },
		func(ctx context.Context) {
			detail.DataSources, detail.Properties = c.properties(ctx, entries[at], entries)
		},
	} {
		asking.Go(func() error {
			return notion.Guard(func() error {
				ctx, cancel := context.WithTimeout(ctx, detailPatience)
				defer cancel()
				part(ctx)
				return nil
			})
		})
	}
	err = asking.Wait()
	if detail.Typed && len(detail.Versions) > 0 {
		detail.Schema = detail.Versions[0].Schema
	}
	return detail, err
}

// topic returns how a topic is set up; nil where it is missing, or Kafka does not say.
func (c *Catalog) topic(ctx context.Context, topic string) *control.KafkaTopic {
	existing, _ := c.cluster.Existing(ctx, []string{topic}) // what is not known is left out
	info, exists := existing[topic]
	if !exists {
		return nil
	}
	return &control.KafkaTopic{ID: info.ID, Partitions: int(info.Partitions), Cleanup: strings.Join(info.Cleanup, ",")}
}

// versions returns the versions of a subject, or why they are not known.
func (c *Catalog) versions(ctx context.Context, subject string) (versions []control.SchemaVersion, unknown string) {
	versions = []control.SchemaVersion{}
	found, err := c.registry.Versions(ctx, subject, mostVersions)
	if err != nil {
		return versions, err.Error()
	}
	for _, v := range found {
		versions = append(versions, control.SchemaVersion{Version: v.Version, ID: v.ID, Schema: asJSON(v.Schema)})
	}
	return versions, ""
}

// asJSON returns a schema's text as a JSON value: Avro allows the bare name of a type too.
func asJSON(schema string) json.RawMessage {
	if json.Valid([]byte(schema)) {
		return json.RawMessage(schema)
	}
	text, _ := json.Marshal(schema) // never fails on a string
	return text
}

// databaseReach is how many of the last records of the stream databases are searched for the
// one of a database.
const databaseReach = 5000

// properties returns what the last record of a stream's database says of its schema. That
// the database is deleted leaves the record before.
func (c *Catalog) properties(ctx context.Context, of entry, entries []entry) ([]control.FoundDataSource, []control.Property) {
	at := slices.IndexFunc(entries, func(e entry) bool { return e.Source == of.Source && e.Stream == producer.DatabasesStream })
	if at < 0 || of.Stream == producer.DatabasesStream {
		return nil, nil
	}
	records, err := c.cluster.Backward(ctx, entries[at].Topic, fromEnd)
	if err != nil {
		return nil, nil
	}
	for range databaseReach {
		record, more, err := records.Next(ctx)
		if err != nil || !more {
			return nil, nil
		}
		if string(record.Key) == producer.DatabaseOf(of.Stream) && record.Value != nil {
			return c.schemaIn(ctx, record, of, entries)
		}
	}
	return nil, nil
}

// schemaIn returns the data sources and properties in a record of the stream databases.
func (c *Catalog) schemaIn(ctx context.Context, record kafka.Stored, of entry, entries []entry) ([]control.FoundDataSource, []control.Property) {
	var database struct {
		Properties  string  `json:"properties"`
		DataSources *string `json:"data_sources"`
	}
	decoded := NewDecoder(c.registry).Record(ctx, record)
	if decoded.Error != "" || json.Unmarshal(decoded.Value, &database) != nil {
		return nil, nil
	}
	properties := propertiesIn(database.Properties)
	for i, p := range properties {
		properties[i].RelatedTopic = topicOf(p.RelatedDatabase, of, entries)
	}
	return dataSourcesIn(database.DataSources), properties
}

// topicOf returns the topic of a database, of the same source where it has one, else of
// another source of the workspace; "" where no stream publishes it.
func topicOf(database string, of entry, entries []entry) string {
	if database == "" {
		return ""
	}
	elsewhere := ""
	for _, e := range entries {
		switch {
		case e.Stream != producer.DatabaseStream(database):
		case e.Source == of.Source:
			return e.Topic
		case of.source.Workspace != "" && e.source.Workspace == of.source.Workspace:
			elsewhere = cmp.Or(elsewhere, e.Topic)
		}
	}
	return elsewhere
}

// notAmong says that a topic is not in the catalog, and of one that a stream left behind
// where it goes on.
func notAmong(entries []entry, topic string) error {
	for _, e := range entries {
		if e.about != nil && slices.Contains(e.about.Left, topic) {
			return &control.Error{Kind: control.NotFound, Message: fmt.Sprintf("source %s no longer publishes to topic %s: stream %s goes on in %s", e.Source, topic, e.Stream, e.Topic)}
		}
	}
	return unknownTopic(topic)
}

func unknownTopic(topic string) error {
	return &control.Error{Kind: control.NotFound, Message: "there is no topic " + topic + " in the catalog: GET /api/v1/catalog lists the topics"}
}
