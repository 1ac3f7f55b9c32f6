package control

import (
	stdjson "encoding/json"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A Record is one record of the control topic before it is bytes. Value is one
// of this package's record types ([Definition], [Standing], [Entry], [Log],
// [Instance], [Command], [Answer]), or nil to forget the key.
type Record struct {
	Key   string
	Value any
}

// An Entry is a run in its source's history.
type Entry struct {
	N   int `json:"n"` // counts the entries of the source, from 0 on
	Run Run `json:"run"`
	// Order is what the run was asked to do, until it has ended, so that the next
	// owner can go on with it; see producer.
	Order stdjson.RawMessage `json:"order,omitempty"`
}

// maxRecord is how many bytes a value may have: with key and framing it is still
// within a batch (franz-go: ProducerBatchMaxBytes, 1,000,012; Kafka:
// max.message.bytes, 1,048,588).
const maxRecord = 990_000

// written is how values become JSON: the same value always as the same bytes,
// and a title with broken text still becomes a record.
var written = json.JoinOptions(json.Deterministic(true), jsontext.AllowInvalidUTF8(true))

// Encode turns the record into a key and a value; the value is nil where the key
// is to be forgotten. A run is made to [Fit], a log is cut in the middle.
func (r Record) Encode() (key, value []byte, err error) {
	content := r.Value
	switch v := content.(type) {
	case nil:
		return []byte(r.Key), nil, nil
	case Entry:
		v.Run = Fit(v.Run)
		content = v
	case Log:
		content = fitLog(v)
	}
	if value, err = json.Marshal(content, written); err != nil {
		return nil, nil, fmt.Errorf("encoding control record %s: %w", r.Key, err)
	}
	if len(value) > maxRecord {
		return nil, nil, fmt.Errorf("control record %s has %d bytes: at most %d are taken", r.Key, len(value), maxRecord)
	}
	return []byte(r.Key), value, nil
}

func decode[T any](value []byte) (T, error) {
	var v T
	err := json.Unmarshal(value, &v, jsontext.AllowInvalidUTF8(true))
	return v, err
}
