package catalog

import (
	"context"
	"encoding/json"
	"fmt"

	"notion-kafka/avro"
	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// A Decoder decodes the values of records with the registry's schemas. It is for one
// goroutine at a time.
type Decoder struct {
	registry *avro.Registry
	decoders map[int]*avro.Decoder // by schema id
}

// NewDecoder returns a decoder.
func NewDecoder(registry *avro.Registry) *Decoder {
	return &Decoder{registry: registry, decoders: map[int]*avro.Decoder{}}
}

// Record decodes a record. One that cannot be decoded has the reason and its bytes; a value
// that a view has no room for is left out.
func (d *Decoder) Record(ctx context.Context, r kafka.Stored) control.TopicRecord {
	record := control.TopicRecord{
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: r.Time.UTC(), Key: string(r.Key), Headers: map[string]string{},
		Value: json.RawMessage("null"),
	}
	for _, h := range r.Headers {
		record.Headers[h.Key] = h.Value
	}
	if r.LeftOut > 0 {
		record.Error = fmt.Sprintf("its value of %d bytes is left out: the response is full", r.LeftOut)
		return record
	}
	value, id, err := d.value(ctx, r.Value)
	record.Schema = id
	if err != nil {
		record.Error, record.Raw = err.Error(), r.Value
		return record
	}
	record.Value = value
	return record
}

// value returns a record's value as JSON: null for a tombstone, an Avro record decoded by
// its registered schema, JSON as it is (our state topic), anything else as text.
func (d *Decoder) value(ctx context.Context, value []byte) (text json.RawMessage, schema int, err error) {
	if value == nil {
		return json.RawMessage("null"), 0, nil
	}
	id, body, err := avro.SplitFrame(value)
	if err != nil {
		if json.Valid(value) {
			return value, 0, nil
		}
		text, err = json.Marshal(string(value))
		return text, 0, err
	}
	decoder, err := d.of(ctx, id)
	if err != nil {
		return nil, id, err
	}
	text, err = decoder.JSON(body)
	return text, id, err
}

// of returns the decoder of a schema.
func (d *Decoder) of(ctx context.Context, id int) (*avro.Decoder, error) {
	if known := d.decoders[id]; known != nil {
		return known, nil
	}
	schema, err := d.registry.SchemaByID(ctx, id)
	if err != nil {
		return nil, err
	}
	decoder, err := avro.NewDecoder(schema)
	if err != nil {
		return nil, fmt.Errorf("reading schema %d of topic values: %w", id, err)
	}
	d.decoders[id] = decoder
	return decoder, nil
}
