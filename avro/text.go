package avro

import (
	"fmt"
	"unicode/utf8"
	"unsafe"
)

// texts turns the fields of one record into Avro strings and remembers the first
// field that is not UTF-8. Neither Kafka nor the Avro library would notice it, and
// a consumer would fail on it.
//
// Bytes become strings without a copy. That is sound because notion's byte
// slices never change, and because the strings are gone when Append returns.
type texts struct {
	lent []string // what the record's pointers point to
	err  error
}

// reset forgets the previous record.
func (t *texts) reset() {
	clear(t.lent)
	t.lent, t.err = t.lent[:0], nil
}

// text is a required field of plain text.
func (t *texts) text(field, s string) string {
	if t.err == nil && !utf8.ValidString(s) {
		t.err = fmt.Errorf("field %s is not valid UTF-8", field)
	}
	return s
}

// json is a required field of JSON text. Where Notion sent nothing it is the JSON
// text null.
func (t *texts) json(field string, b []byte) string {
	if len(b) == 0 {
		return "null"
	}
	return t.text(field, unsafe.String(unsafe.SliceData(b), len(b))) //nolint:gosec // the bytes are read before they change
}

// optionalJSON is a nullable field of JSON text; nil where Notion sent none.
func (t *texts) optionalJSON(field string, b []byte) *string {
	if len(b) == 0 {
		return nil
	}
	return t.lend(t.json(field, b))
}

// optionalText is a nullable field of plain text.
func (t *texts) optionalText(field string, s *string) *string {
	if s != nil {
		t.text(field, *s)
	}
	return s
}

// optionalID is a nullable field for an id; "" stands for none.
func (t *texts) optionalID(field, id string) *string {
	if id == "" {
		return nil
	}
	return t.lend(t.text(field, id))
}

// lend gives s an address that is valid as long as the record, without a separate
// allocation. Earlier addresses stay valid when lent grows.
func (t *texts) lend(s string) *string {
	t.lent = append(t.lent, s)
	return &t.lent[len(t.lent)-1]
}
