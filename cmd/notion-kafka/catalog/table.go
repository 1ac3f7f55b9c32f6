package catalog

import (
	"context"
	"slices"

	"notion-kafka/producer/control"
)

// Table returns a topic of the catalog with all that is known of it.
func (c *Catalog) Table(ctx context.Context, topic string) (control.TableDetail, error) {
	tables, err := c.Tables(ctx)
	if err != nil {
		return control.TableDetail{}, err
	}
	at := slices.IndexFunc(tables, func(t control.Table) bool { return t.Topic == topic })
	if at < 0 {
		return control.TableDetail{}, unknownTopic(topic)
	}
	return control.TableDetail{Table: tables[at], Versions: []control.SchemaVersion{}}, nil
}

func unknownTopic(topic string) error {
	return &control.Error{Kind: control.NotFound, Message: "there is no topic " + topic + " in the catalog: GET /api/v1/catalog lists the topics"}
}
