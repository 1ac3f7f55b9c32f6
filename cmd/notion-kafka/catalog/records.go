package catalog

import (
	"context"
	"errors"
	"slices"

	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// Records returns the records of a topic of the catalog that a query chooses, the newest
// first.
func (c *Catalog) Records(ctx context.Context, topic string, query control.RecordQuery) (control.RecordPage, error) {
	page := control.RecordPage{Records: []control.TopicRecord{}}
	tables, err := c.Tables(ctx)
	if err != nil {
		return page, err
	}
	if !slices.ContainsFunc(tables, func(t control.Table) bool { return t.Topic == topic }) {
		return page, unknownTopic(topic)
	}
	records, err := c.cluster.LastRecords(ctx, topic, query.Limit)
	if err != nil && !errors.Is(err, kafka.ErrTopicMissing) {
		return page, &control.Error{Kind: control.Unavailable, Message: err.Error()}
	}
	decoder := NewDecoder(c.registry)
	for _, record := range records {
		page.Records = append(page.Records, decoder.Record(ctx, record))
	}
	return page, nil
}

// Record returns one committed record of a topic of the catalog.
func (c *Catalog) Record(context.Context, string, int32, int64) (control.TopicRecord, error) {
	return control.TopicRecord{}, errors.ErrUnsupported
}

// History returns the records of a key, and what each changed.
func (c *Catalog) History(context.Context, string, string) (control.History, error) {
	return control.History{}, errors.ErrUnsupported
}
