package catalog

import (
	"context"
	"encoding/json"
	"errors"
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
	failures *failures             // nil: every record may ask the registry
}

// failures are the schemas that could not be read. A registry that does not answer costs a
// request one wait, not one for each record.
type failures struct {
	byID map[int]error
	away error // why the registry was not reached; then it is not asked again
}

// NewDecoder returns a decoder.
func NewDecoder(registry *avro.Registry) *Decoder {
	return &Decoder{registry: registry, decoders: map[int]*avro.Decoder{}}
}

// newRequestDecoder returns a decoder for the records of one request.
func newRequestDecoder(registry *avro.Registry) *Decoder {
	d := NewDecoder(registry)
	d.failures = &failures{byID: map[int]error{}}
	return d
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
	if err := d.failures.before(id); err != nil {
		return nil, err
	}
	schema, err := d.registry.SchemaByID(ctx, id)
	if err != nil {
		d.failures.remember(id, err)
		return nil, err
	}
	decoder, err := avro.NewDecoder(schema)
	if err != nil {
		err = fmt.Errorf("reading schema %d of topic values: %w", id, err)
		d.failures.remember(id, err)
		return nil, err
	}
	d.decoders[id] = decoder
	return decoder, nil
}

// before returns why a schema is not requested again; nil: it may be.
func (f *failures) before(id int) error {
	switch {
	case f == nil:
		return nil
	case f.byID[id] != nil:
		return f.byID[id]
	case f.away != nil:
		return fmt.Errorf("schema %d was not requested, because the registry did not answer a moment before: %w", id, f.away)
	}
	return nil
}

func (f *failures) remember(id int, err error) {
	if f == nil {
		return
	}
	f.byID[id] = err
	if errors.Is(err, avro.ErrUnreachable) {
		f.away = err
	}
}
