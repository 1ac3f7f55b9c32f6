package control

import (
	stdjson "encoding/json"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A Record is one record of the control topic before it is bytes. Value is one
// of this package's record types ([Definition], [SourceState], [Grant], [Handover], [Entry], [Log],
// [Days], [Instance], [Command], [Answer], [SealedDraft]), or nil to forget the key.
type Record struct {
	Key   string
	Value any
}

// An Entry is a run in its source's history.
type Entry struct {
	N   int `json:"n"` // counts the entries of the source, from 0 on
	Run Run `json:"run"`
	// Order is the order of a run that has not ended, so that the next owner can go on
	// with it; it is the JSON of producer's type.
	Order stdjson.RawMessage `json:"order,omitempty"`
}

// maxRecord is the most bytes that a value may have. With key and framing such a value
// still fits into a batch (franz-go: ProducerBatchMaxBytes, 1,000,012; Kafka:
// max.message.bytes, 1,048,588).
const maxRecord = 990_000

// written are the options for encoding JSON: the same value always becomes the same
// bytes, and invalid UTF-8 in a title is no error.
var written = json.JoinOptions(json.Deterministic(true), jsontext.AllowInvalidUTF8(true))

// Encode turns the record into a key and a value; the value is nil for a record that
// forgets its key. A run is shortened by [Fit], and a long log is cut in the middle.
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
		return nil, nil, fmt.Errorf("encoding control record %s: it has %d bytes, at most %d are allowed", r.Key, len(value), maxRecord)
	}
	return []byte(r.Key), value, nil
}

func decode[T any](value []byte) (T, error) {
	var v T
	err := json.Unmarshal(value, &v, jsontext.AllowInvalidUTF8(true))
	return v, err
}
