package avro

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	hamba "github.com/hamba/avro/v2"
)

const (
	// These bound the JSON of one body: leastJSON, and jsonPerByte for each byte of
	// the body, because every record repeats the names of its fields, but no more
	// than mostJSON. Every value that is read writes some JSON, so these limits bound
	// the work as well, whatever the schema says.
	leastJSON, jsonPerByte, mostJSON = 1 << 20, 256, 64 << 20
	// maxNesting bounds a recursive schema, as JSON readers bound nesting.
	maxNesting = 512
)

// Decode returns an Avro body of any schema as compact JSON: NewDecoder(schemaText),
// then Decoder.JSON(body).
func Decode(schemaText string, body []byte) ([]byte, error) {
	d, err := NewDecoder(schemaText)
	if err != nil {
		return nil, err
	}
	return d.JSON(body)
}

// A Decoder turns Avro bodies of one schema into JSON for people to read. It is
// for one goroutine at a time.
type Decoder struct {
	schema hamba.Schema
	reader *hamba.Reader
}

// NewDecoder returns a decoder for records that were written with this schema. It
// fails when the text is not an Avro schema.
func NewDecoder(schemaText string) (d *Decoder, err error) {
	defer recovered("parsing an Avro schema", &err)
	schema, err := parse(schemaText)
	if err != nil {
		return nil, err
	}
	return &Decoder{schema: schema, reader: hamba.NewReader(nil, 0)}, nil
}

// JSON returns body as compact JSON. Fields are in the schema's order; a union is
// the value it holds. Timestamps are RFC 3339 text with milliseconds or
// microseconds, in UTC (local ones without a zone), dates are text; bytes and
// fixed are base64 text; not-a-number and the infinities are text. JSON fails
// when body is cut off, longer than its schema says, or not of its schema, and
// when the text would have more than 64 MiB, or more than 1 MiB and 256 times the
// size of body.
func (d *Decoder) JSON(body []byte) (out []byte, err error) {
	defer recovered(fmt.Sprintf("decoding an Avro body of %d bytes", len(body)), &err)
	d.reader.Error = nil
	d.reader.Reset(body)
	w := jsonWriter{in: d.reader, limit: len(body), room: min(leastJSON+jsonPerByte*len(body), mostJSON)}
	w.value(d.schema, 0)
	if err := d.reader.Error; err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the body ends in the middle of a value")
		}
		return nil, fmt.Errorf("decoding an Avro body of %d bytes with schema %s: %w", len(body), schemaName(d.schema), err)
	}
	if d.reader.Peek(); d.reader.Error == nil {
		return nil, fmt.Errorf("decoding an Avro body of %d bytes with schema %s: bytes are left over, so it was written with another schema", len(body), schemaName(d.schema))
	}
	return w.out, nil
}

// recovered turns a panic into an error. Other programs wrote the schema and the body,
// and the Avro library may panic on them.
func recovered(doing string, err *error) {
	if why := recover(); why != nil {
		*err = fmt.Errorf("%s: the Avro library cannot handle the schema or the record: %v", doing, why)
	}
}

// jsonWriter walks a schema, reads Avro and appends JSON. The reader keeps the
// first error; the values after it are meaningless, and the walk ends.
type jsonWriter struct {
	in    *hamba.Reader
	out   []byte
	limit int // bytes of the body: no part is larger
	room  int // bytes of out, at most
}

func (w *jsonWriter) value(schema hamba.Schema, depth int) {
	if depth > maxNesting {
		w.fail("nested deeper than %d levels", maxNesting)
		return
	}
	if len(w.out) > w.room {
		w.fail("the record would become more than %d bytes of JSON", w.room)
		return
	}
	switch s := schema.(type) {
	case *hamba.RefSchema:
		w.value(s.Schema(), depth+1)
	case *hamba.NullSchema:
		w.raw("null")
	case *hamba.PrimitiveSchema:
		w.primitive(s)
	case *hamba.RecordSchema:
		w.record(s, depth)
	case *hamba.EnumSchema:
		w.enum(s)
	case *hamba.ArraySchema:
		w.array(s, depth)
	case *hamba.MapSchema:
		w.mapping(s, depth)
	case *hamba.UnionSchema:
		w.union(s, depth)
	case *hamba.FixedSchema:
		w.bytes(w.take(int64(s.Size())))
	default:
		w.fail("schema type %s is unknown here", schema.Type())
	}
}

func (w *jsonWriter) primitive(s *hamba.PrimitiveSchema) {
	logical := hamba.LogicalType("")
	if l := s.Logical(); l != nil {
		logical = l.Type()
	}
	switch s.Type() {
	case hamba.Boolean:
		w.out = strconv.AppendBool(w.out, w.in.ReadBool())
	case hamba.Int:
		n := int64(w.in.ReadInt())
		if logical == hamba.Date {
			w.time(time.Unix(n*24*60*60, 0), time.DateOnly)
			return
		}
		w.out = strconv.AppendInt(w.out, n, 10)
	case hamba.Long:
		w.long(w.in.ReadLong(), logical)
	case hamba.Float:
		w.number(float64(w.in.ReadFloat()), 32)
	case hamba.Double:
		w.number(w.in.ReadDouble(), 64)
	case hamba.String:
		w.text(string(w.take(w.in.ReadLong())))
	case hamba.Bytes:
		w.bytes(w.take(w.in.ReadLong()))
	default:
		w.fail("schema type %s is unknown here", s.Type())
	}
}

// take reads n bytes. n comes from the schema or the record and may be wrong.
func (w *jsonWriter) take(n int64) []byte {
	if n < 0 || n > int64(w.limit) {
		w.fail("a value claims %d bytes, and the record has %d", n, w.limit)
	}
	if w.in.Error != nil {
		return nil
	}
	b := make([]byte, n)
	w.in.Read(b)
	return b
}

func (w *jsonWriter) long(n int64, logical hamba.LogicalType) {
	switch logical {
	case hamba.TimestampMillis:
		w.time(time.UnixMilli(n), "2006-01-02T15:04:05.000Z07:00")
	case hamba.TimestampMicros:
		w.time(time.UnixMicro(n), "2006-01-02T15:04:05.000000Z07:00")
	case hamba.LocalTimestampMillis:
		w.time(time.UnixMilli(n), "2006-01-02T15:04:05.000")
	case hamba.LocalTimestampMicros:
		w.time(time.UnixMicro(n), "2006-01-02T15:04:05.000000")
	default:
		w.out = strconv.AppendInt(w.out, n, 10)
	}
}

func (w *jsonWriter) record(s *hamba.RecordSchema, depth int) {
	w.raw("{")
	for i, field := range s.Fields() {
		if i > 0 {
			w.raw(",")
		}
		w.text(field.Name())
		w.raw(":")
		w.value(field.Type(), depth+1)
		if w.in.Error != nil {
			return
		}
	}
	w.raw("}")
}

func (w *jsonWriter) enum(s *hamba.EnumSchema) {
	i := int(w.in.ReadInt())
	if i < 0 || i >= len(s.Symbols()) {
		w.fail("enum %s has no symbol %d", s.FullName(), i)
		return
	}
	w.text(s.Symbols()[i])
}

func (w *jsonWriter) array(s *hamba.ArraySchema, depth int) {
	w.raw("[")
	w.items(func() {
		w.value(s.Items(), depth+1)
	})
	w.raw("]")
}

func (w *jsonWriter) mapping(s *hamba.MapSchema, depth int) {
	w.raw("{")
	w.items(func() {
		w.text(string(w.take(w.in.ReadLong())))
		w.raw(":")
		w.value(s.Values(), depth+1)
	})
	w.raw("}")
}

// items reads the blocks of an array or map and puts commas between its items.
func (w *jsonWriter) items(item func()) {
	for total := int64(0); w.in.Error == nil; {
		n, _ := w.in.ReadBlockHeader()
		if n == 0 || w.in.Error != nil {
			return
		}
		if n < 0 || n > int64(w.room)-total {
			w.fail("a block claims %d items", n)
			return
		}
		for range n {
			if total > 0 {
				w.raw(",")
			}
			item()
			total++
			if w.in.Error != nil {
				return
			}
		}
	}
}

func (w *jsonWriter) union(s *hamba.UnionSchema, depth int) {
	i := int(w.in.ReadLong())
	if i < 0 || i >= len(s.Types()) {
		w.fail("the union has no branch %d", i)
		return
	}
	w.value(s.Types()[i], depth+1)
}

func (w *jsonWriter) raw(s string) { w.out = append(w.out, s...) }

func (w *jsonWriter) text(s string) {
	// Unlike encoding/json it leaves <, > and & as they are: this is no HTML.
	out, err := jsontext.AppendQuote(w.out, strings.ToValidUTF8(s, "\uFFFD"))
	if err != nil {
		w.fail("quoting text: %v", err)
		return
	}
	w.out = out
}

func (w *jsonWriter) bytes(b []byte) {
	w.out = append(w.out, '"')
	w.out = base64.StdEncoding.AppendEncode(w.out, b)
	w.out = append(w.out, '"')
}

func (w *jsonWriter) time(t time.Time, layout string) {
	w.out = append(w.out, '"')
	w.out = t.UTC().AppendFormat(w.out, layout)
	w.out = append(w.out, '"')
}

func (w *jsonWriter) number(f float64, bits int) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		w.text(strconv.FormatFloat(f, 'g', -1, bits))
		return
	}
	w.out = strconv.AppendFloat(w.out, f, 'g', -1, bits)
}

func (w *jsonWriter) fail(format string, args ...any) {
	w.in.ReportError("Decode", fmt.Sprintf(format, args...))
}

// schemaName names a schema in an error: a record by its full name.
func schemaName(schema hamba.Schema) string {
	if named, ok := schema.(hamba.NamedSchema); ok {
		return named.FullName()
	}
	return string(schema.Type())
}
