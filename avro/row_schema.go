package avro

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"notion-kafka/notion"
	"notion-kafka/notion/columns"
)

// RowSchema is the value schema of a topic with typed columns: a record of its own, with
// the fields of PageSchema in their order, and then one optional field for each column.
// The same topic and columns have the same text, byte for byte, and a list that grows has
// a schema that every reader of an earlier one can read, and the other way round.
//
// The record's namespace is made of the topic: two topics that differ only in signs that
// Avro has not, such as a-b and a_b, share it. Their schemas are in different subjects.
func RowSchema(topic string, list []columns.Column) string {
	_, fields, _ := strings.Cut(PageSchema, `"fields":[`)
	text := make([]byte, 0, len(PageSchema)+300*len(list))
	text = append(text, `{"type":"record","name":"Page","namespace":`...)
	text = appendQuoted(text, namespaceOf(topic))
	text = append(text, `,"doc":"A page of a Notion database, as its last read saw it, with a column for each property.","fields":[`...)
	text = append(text, strings.TrimSuffix(fields, "]}")...)
	for i := range list {
		text = appendColumn(text, &list[i])
	}
	return string(append(text, "]}"...))
}

// appendColumn appends a comma and the field of a column. A column that is gone has the
// field that it had.
func appendColumn(text []byte, column *columns.Column) []byte {
	text = append(text, `,{"name":`...)
	text = appendQuoted(text, column.Name)
	text = append(text, `,"type":["null",`...)
	text = append(text, avroType(column.Type)...)
	text = append(text, `],"default":null`...)
	for _, attribute := range []struct{ name, value string }{
		{"doc", columnDoc(column)},
		{"notion.id", column.ID},
		{"notion.type", column.Kind},
		{"notion.name", column.Label},
	} {
		text = append(text, ',')
		text = appendQuoted(text, attribute.name)
		text = append(text, ':')
		text = appendQuoted(text, attribute.value)
	}
	return append(text, '}')
}

func avroType(kind notion.FlatType) string {
	switch kind {
	case notion.FlatNumber:
		return `"double"`
	case notion.FlatTruth:
		return `"boolean"`
	case notion.FlatMoment:
		return `{"type":"long","logicalType":"timestamp-millis"}`
	case notion.FlatList:
		return `{"type":"array","items":"string"}`
	case notion.FlatText:
	}
	return `"string"`
}

// namespaceOf folds a topic's name to an Avro namespace: letters and digits stay, every
// other sign is _, and an element that would be empty or begin with a digit begins with _.
func namespaceOf(topic string) string {
	elements := strings.Split(topic, ".")
	for i, element := range elements {
		folded := strings.Map(func(r rune) rune {
			if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
				return r
			}
			return '_'
		}, element)
		if folded == "" || '0' <= folded[0] && folded[0] <= '9' {
			folded = "_" + folded
		}
		elements[i] = folded
	}
	return strings.Join(elements, ".")
}

// appendQuoted appends any text as a JSON string. What is not UTF-8 in it becomes U+FFFD.
func appendQuoted(dst []byte, text string) []byte {
	out, err := jsontext.AppendQuote(dst, strings.ToValidUTF8(text, "\uFFFD"))
	if err != nil {
		panic(err) // the text is UTF-8
	}
	return out
}
