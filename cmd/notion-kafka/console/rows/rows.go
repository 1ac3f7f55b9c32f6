// Package rows reads records of Notion's pages and databases as the rows of a table: their
// properties are columns and cells, and what differs between two of them is said in words.
// Everything that it reads is of other people, so it takes any bytes of any size, and what
// it returns is bounded.
package rows

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"notion-kafka/notion"
)

// mostFields is how many properties of a record are read. Notion's own limit is said to be
// 500.
const mostFields = 1000

// A Row is the decoded value of a record.
type Row struct {
	// Title is on one line, of at most 120 characters; "" where there is none, or where the
	// value is not a record of ours.
	Title string
	Icon  string // an emoji; ""
	URL   string // of the page or database at Notion, https; ""
	// Fields are the properties in the order in which the record has them. Of a database they
	// are what is known of it.
	Fields []Field
	// IsDatabase says that it is one of the stream databases.
	IsDatabase bool
	// Trashed says that Notion has it in the trash: a deleted page that is shown once more.
	Trashed bool
	// Other is the beginning of a value that is no record of ours.
	Other string

	envelope members
}

// A Field is a property of a row.
type Field struct {
	ID    string // Notion's; "" where it has none
	Name  string
	Kind  string          // Notion's type of the property
	Value json.RawMessage // the property as Notion sent it
}

// Of reads the value of a record, as JSON.
func Of(value json.RawMessage) Row {
	all, is := membersOf(value)
	if !is {
		return Row{Other: notion.PropertyText(property("json", value))}
	}
	row := Row{envelope: all, IsDatabase: all.text("object") == "database", Trashed: string(all.get("in_trash")) == "true", URL: SecureLink(all.text("url"))}
	row.Icon = emoji(all.text("icon"))
	if row.IsDatabase {
		row.Title = line(all.text("title_text"))
		row.Fields = aboutDatabase(all)
		return row
	}
	row.Title = line(all.text("title"))
	if all.get("properties") == nil {
		row.Other = notion.PropertyText(property("json", value))
	}
	row.Fields = fieldsOf(all)
	if row.Title == "" {
		for _, field := range row.Fields {
			if field.Kind == "title" {
				row.Title = notion.PropertyText(field.Value)
			}
		}
	}
	return row
}

// fieldsOf returns the properties of a record.
func fieldsOf(envelope members) (fields []Field) {
	properties := envelope.get("properties")
	if text := envelope.text("properties"); text != "" {
		properties = json.RawMessage(text)
	}
	all, _ := membersOf(properties)
	for _, one := range all {
		about := as[struct{ ID, Type string }](one.value)
		fields = append(fields, Field{ID: about.ID, Name: one.name, Kind: about.Type, Value: one.value})
	}
	return fields
}

// aboutDatabase returns what a record of the stream databases says, as properties.
func aboutDatabase(envelope members) []Field {
	sources := as[[]json.RawMessage](json.RawMessage(envelope.text("data_sources")))
	schema, _ := membersOf(json.RawMessage(envelope.text("properties")))
	field := func(name, kind string, value json.RawMessage) Field {
		return Field{Name: name, Kind: kind, Value: property(kind, value)}
	}
	number := func(n int) json.RawMessage { return json.RawMessage(strconv.Itoa(n)) }
	return []Field{
		field("Properties", "number", number(len(schema))),
		field("Data sources", "number", number(len(sources))),
		field("Description", "text", envelope.get("description")),
		field("Created", "created_time", envelope.get("created_time")),
		field("Last edited", "last_edited_time", envelope.get("last_edited_time")),
		field("Inline", "checkbox", envelope.get("is_inline")),
		field("In trash", "checkbox", envelope.get("in_trash")),
	}
}

// An Entry is a field of the envelope: whatever a record has beside its properties.
type Entry struct {
	Name, Text string
	Null       bool // Text is "" then
}

// mostEntry is how many characters of a field of the envelope are shown.
const mostEntry = 400

// Envelope returns the fields of the record beside its properties, in their order.
func (r Row) Envelope() (entries []Entry) {
	for _, one := range r.envelope {
		if one.name == "properties" || r.IsDatabase && one.name == "data_sources" {
			continue
		}
		entry := Entry{Name: one.name, Text: string(one.value), Null: string(one.value) == "null"}
		switch entry.Text[0] {
		case 'n':
			entry.Text = ""
		case '"':
			entry.Text = as[string](one.value)
		case '[': // of texts; any other stays as it is
			var texts []string
			if json.Unmarshal(one.value, &texts) == nil {
				entry.Text = strings.Join(texts, ", ")
			}
		}
		entry.Text = cut(entry.Text, mostEntry)
		entries = append(entries, entry)
	}
	return entries
}

// members are the members of a JSON object in their order.
type members []member

type member struct {
	name  string
	value json.RawMessage
}

// membersOf reads a JSON object, at most mostFields of its members; false: it is none.
func membersOf(text json.RawMessage) (all members, is bool) {
	if len(bytes.TrimSpace(text)) == 0 || !json.Valid(text) {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if begin, err := decoder.Token(); err != nil || begin != json.Delim('{') {
		return nil, false
	}
	for decoder.More() && len(all) < mostFields {
		name, err := decoder.Token()
		if err != nil {
			break
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			break
		}
		text, _ := name.(string)
		all = append(all, member{text, value})
	}
	return all, true
}

func (m members) get(name string) json.RawMessage {
	for _, one := range m {
		if one.name == name {
			return one.value
		}
	}
	return nil
}

// text is a member that is a string; "" for another.
func (m members) text(name string) string { return as[string](m.get(name)) }

// property makes a value look as Notion's properties do.
func property(kind string, value json.RawMessage) json.RawMessage {
	if len(value) == 0 {
		value = json.RawMessage("null")
	}
	return append(append([]byte(`{"type":`+strconv.Quote(kind)+`,`+strconv.Quote(kind)+`:`), value...), '}')
}

// line is a text on one line, as cells have it.
func line(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return ""
	}
	return notion.PropertyText(property("text", quoted))
}

// emoji is the emoji of an icon object; icons that are files are foreign addresses.
func emoji(icon string) string {
	return as[struct{ Emoji string }](json.RawMessage(icon)).Emoji
}

// SecureLink is an https address; "" for another.
func SecureLink(address string) string {
	if !strings.HasPrefix(address, "https://") {
		return ""
	}
	return address
}

// as decodes JSON as far as it is of the type.
func as[T any](value json.RawMessage) (decoded T) {
	_ = json.Unmarshal(value, &decoded)
	return decoded
}

// cut is a text of at most so many characters, with a sign where it was cut.
func cut(text string, most int) string {
	n := 0
	for i := range text {
		if n == most {
			return text[:i] + "…"
		}
		n++
	}
	return text
}
