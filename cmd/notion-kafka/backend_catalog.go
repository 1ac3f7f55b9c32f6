package main

import (
	"context"
	"encoding/json"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

// Catalog implements console.Backend.
func (b *backend) Catalog(ctx context.Context) ([]control.Table, error) { return b.topics.Tables(ctx) }

// Table implements console.Backend.
func (b *backend) Table(ctx context.Context, topic string) (control.TableDetail, error) {
	return b.topics.Table(ctx, topic)
}

// AsyncAPI implements console.Backend.
func (b *backend) AsyncAPI(ctx context.Context) (json.RawMessage, error) {
	return b.topics.AsyncAPI(ctx, version())
}

// Usage implements console.Backend.
func (b *backend) Usage(table control.TableDetail) ([]control.Snippet, error) {
	return b.topics.Usage(table)
}

// Records implements console.Backend.
func (b *backend) Records(ctx context.Context, topic string, query control.RecordQuery) (control.RecordPage, error) {
	query.Key = keyOf(query.Key)
	return b.topics.Records(ctx, topic, query)
}

// Record implements console.Backend.
func (b *backend) Record(ctx context.Context, topic string, partition int32, offset int64) (control.TopicRecord, error) {
	return b.topics.Record(ctx, topic, partition, offset)
}

// History implements console.Backend.
func (b *backend) History(ctx context.Context, topic, key string) (control.History, error) {
	return b.topics.History(ctx, topic, keyOf(key))
}

// keyOf is the key that a person means: a link of Notion stands for the id that it leads to.
func keyOf(text string) string {
	if id, is := notion.LinkedID(text); is {
		return id
	}
	return text
}
