package avro

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"notion-kafka/notion"
	"notion-kafka/notion/columns"
)

// A RowEncoder writes pages with typed columns as Confluent frames of one registered
// schema. It reuses its memory from page to page and is for one goroutine at a time.
type RowEncoder struct {
	pages *PageEncoder
	list  []columns.Column
}

// NewRowEncoder returns an encoder whose frames carry schemaID, the registry's id of the
// RowSchema of these columns.
func NewRowEncoder(schemaID int, list []columns.Column) *RowEncoder {
	return &RowEncoder{pages: NewPageEncoder(schemaID), list: slices.Clone(list)}
}

// Append appends the frame of p to dst and returns the longer slice, as
// PageEncoder.Append does. values are those of the page in the order of the columns; the
// columns after the last value are null.
//
// Append refuses what PageEncoder.Append refuses, more values than columns, and a value
// with text that is not UTF-8; it then returns dst unchanged.
func (e *RowEncoder) Append(dst []byte, p *notion.Page, values []columns.Value) ([]byte, error) {
	if len(values) > len(e.list) {
		return dst, fmt.Errorf("encoding page %q: it has values for %d columns, and its schema has %d", p.ID, len(values), len(e.list))
	}
	// The bytes of a record are those of its fields one after another, so the columns
	// follow the fields that every page has.
	out, err := e.pages.Append(dst, p)
	if err != nil {
		return dst, err
	}
	for i := range values {
		value, column := &values[i], &e.list[i]
		if !value.Known {
			out = appendLong(out, 0) // null is the first branch of the union
			continue
		}
		var valid bool
		if out, valid = appendValue(appendLong(out, 1), column.Type, value); !valid {
			return dst, fmt.Errorf("encoding page %q: column %s is not valid UTF-8", p.ID, column.Name)
		}
	}
	for range e.list[len(values):] {
		out = appendLong(out, 0)
	}
	return out, nil
}

// appendValue appends a known value of a type, and reports whether its text is UTF-8.
func appendValue(dst []byte, kind notion.FlatType, v *columns.Value) (out []byte, valid bool) {
	switch kind {
	case notion.FlatNumber:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Number)), true
	case notion.FlatTruth:
		if v.Truth {
			return append(dst, 1), true
		}
		return append(dst, 0), true
	case notion.FlatMoment:
		return appendLong(dst, v.Moment.UnixMilli()), true
	case notion.FlatList:
		return appendList(dst, v.List)
	case notion.FlatText:
	}
	return appendText(dst, v.Text), utf8.ValidString(v.Text)
}

// appendList appends an array: one block, unless it is empty, and the end.
func appendList(dst []byte, list []string) (out []byte, valid bool) {
	if len(list) > 0 {
		dst = appendLong(dst, int64(len(list)))
	}
	for _, text := range list {
		if !utf8.ValidString(text) {
			return dst, false
		}
		dst = appendText(dst, text)
	}
	return appendLong(dst, 0), true
}

func appendText(dst []byte, text string) []byte {
	return append(appendLong(dst, int64(len(text))), text...)
}

// appendLong appends an Avro long, which has the form of Go's variable-length integers.
func appendLong(dst []byte, n int64) []byte { return binary.AppendVarint(dst, n) }
