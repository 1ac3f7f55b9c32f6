package avro

import (
	"encoding/binary"
	"errors"
	"fmt"

	hamba "github.com/hamba/avro/v2"
)

// frameHeader is the length of what precedes the record: the magic byte 0 and
// the schema id, four bytes, big endian (Confluent: wire format).
const frameHeader = 5

// SplitFrame splits a record's value into the id of its schema and the Avro body,
// which aliases value. It fails on a value that is not a Confluent frame.
func SplitFrame(value []byte) (id int, body []byte, err error) {
	if len(value) < frameHeader {
		return 0, nil, fmt.Errorf("value of %d bytes is too short for an Avro record with a schema id", len(value))
	}
	if value[0] != 0 {
		return 0, nil, fmt.Errorf("value starts with byte %#02x, not with 0 as an Avro record with a schema id does", value[0])
	}
	return int(binary.BigEndian.Uint32(value[1:frameHeader])), value[frameHeader:], nil
}

// frameWriter writes structs as frames of one schema.
type frameWriter struct {
	header  [frameHeader]byte
	out     sink
	encoder *hamba.Encoder
}

// newFrameWriter is for the schemas of this package. It panics on a text that does
// not parse: that is a bug.
func newFrameWriter(schemaText string, schemaID int) *frameWriter {
	schema, err := parse(schemaText)
	if err != nil {
		panic(err)
	}
	w := &frameWriter{}
	binary.BigEndian.PutUint32(w.header[1:], uint32(schemaID)) //nolint:gosec // registries count ids from 1 in 31 bits
	w.encoder = hamba.NewEncoderForSchema(schema, &w.out)
	return w
}

// append appends the frame of record, a pointer to a struct, to dst.
func (w *frameWriter) append(dst []byte, record any) ([]byte, error) {
	dst = append(dst, w.header[:]...)
	w.out.bytes = dst
	err := w.encoder.Encode(record)
	out := w.out.bytes
	w.out.bytes = nil
	return out, err
}

// A sink lets the library's encoder append to a slice.
type sink struct{ bytes []byte }

func (s *sink) Write(p []byte) (int, error) {
	s.bytes = append(s.bytes, p...)
	return len(p), nil
}

// deepestSchema bounds how deep the JSON of a schema nests. A level of records is
// three levels of JSON. To compare two schemas, the library prints everything below
// each level: 64 KiB of nested arrays would take it minutes.
const deepestSchema = 128

// parse parses a schema text with a new name cache. In the library's shared cache
// one record notion.Page would silently replace another.
func parse(schemaText string) (hamba.Schema, error) {
	if schemaText == "" {
		return nil, errors.New("parsing an Avro schema: the text is empty")
	}
	if nestsDeeper(schemaText, deepestSchema) {
		return nil, fmt.Errorf("parsing an Avro schema: it nests deeper than %d levels of JSON", deepestSchema)
	}
	schema, err := hamba.ParseWithCache(schemaText, "", &hamba.SchemaCache{})
	if err != nil {
		return nil, fmt.Errorf("parsing an Avro schema: %w", err)
	}
	return schema, nil
}

// nestsDeeper reports whether JSON text nests deeper than this many levels. It
// checks nothing else, because the library accepts more than JSON.
func nestsDeeper(text string, levels int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++ // an escaped character ends no string
		case quoted:
		case c == '{', c == '[':
			depth++
		case c == '}', c == ']':
			depth--
		}
		if depth > levels {
			return true
		}
	}
	return false
}
