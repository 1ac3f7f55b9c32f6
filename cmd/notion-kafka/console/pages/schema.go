package pages

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"notion-kafka/cmd/notion-kafka/console/rows"
	"notion-kafka/producer/control"
)

// Schema is the page of a topic's value schema.
type Schema struct {
	topicHead
	Choice SchemaChoice
	Chosen control.SchemaVersion // Version 0: the registry is not known to have it
	Absent bool                  // there is no such version
	Doc    string
	Fields []schemaField // that every record of its kind has
	Typed  []schemaField // the typed columns
	Text   string        // laid out
	Cut    bool
	With   int        // the version that it is compared with; 0: none
	Diff   []diffLine // from that one; nil: nothing differs
}

// A SchemaChoice is what a person chose on the page of a schema, as its address has it.
type SchemaChoice struct {
	Version int // version: 0 is the newest
	With    int // with: the version that it is compared with; 0: none
}

// A schemaField is a field of a record, in plain words.
type schemaField struct {
	Name, Type, Doc string
	Optional        bool
	Default         string // "": none, or null of an optional field
	// Kind is Notion's type of the property that it is a typed column of, Property its name
	// and ID its id; "" of any other field.
	Kind, Property, ID string
}

func (f schemaField) isTyped() bool { return f.Kind != "" }

func (Schema) template() string { return "schema" }

// NewSchema makes the page.
func NewSchema(shell Shell, table control.TableDetail, choice SchemaChoice) Schema {
	page := Schema{topicHead: topicHeadOf(shell, table, "schema"), Choice: choice, Chosen: control.SchemaVersion{Schema: table.Schema}}
	if newest := page.Newest(); newest != nil {
		page.Chosen = *newest
	}
	if choice.Version != 0 {
		found := page.find(choice.Version)
		if page.Absent = found == nil; !page.Absent {
			page.Chosen = *found
		}
	}
	var fields []schemaField
	page.Doc, fields = fieldsOfSchema(page.Chosen.Schema)
	for _, field := range fields {
		if field.isTyped() {
			page.Typed = append(page.Typed, field)
		} else {
			page.Fields = append(page.Fields, field)
		}
	}
	page.Text, page.Cut = rows.Pretty(page.Chosen.Schema, mostJSON)
	if other := page.find(choice.With); other != nil && other.Version != page.Chosen.Version {
		before, _ := rows.Pretty(other.Schema, mostJSON)
		page.With, page.Diff = other.Version, diff(strings.Split(before, "\n"), strings.Split(page.Text, "\n"))
	}
	return page
}

func (s Schema) find(version int) *control.SchemaVersion {
	at := slices.IndexFunc(s.Versions, func(v control.SchemaVersion) bool { return v.Version == version })
	if at < 0 || version == 0 {
		return nil
	}
	return &s.Versions[at]
}

// Others are the versions that the one that is shown can be compared with.
func (s Schema) Others() []control.SchemaVersion {
	return slices.DeleteFunc(slices.Clone(s.Versions), func(v control.SchemaVersion) bool { return v.Version == s.Chosen.Version })
}

// ColumnsOf returns the names of the columns of a property; none: it has none.
func (s Schema) ColumnsOf(p control.Property) (names []string) {
	for _, field := range s.Typed {
		if field.Kind == p.Type && rows.SameProperty(field.ID, p.ID) {
			names = append(names, field.Name)
		}
	}
	return names
}

// Lacks reports whether the database is known to have no property for a typed column: it was
// removed, or has another type. Of several data sources that have properties of one name only
// one is known.
func (s Schema) Lacks(column schemaField) bool {
	return len(s.Properties) > 0 && len(s.DataSources) == 1 && !slices.ContainsFunc(s.Properties, func(p control.Property) bool {
		return column.Kind == p.Type && rows.SameProperty(column.ID, p.ID)
	})
}

// mostSchemaFields is how many fields of a schema are listed.
const mostSchemaFields = 2000

// fieldsOfSchema reads an Avro schema of a record; no fields: it is none.
func fieldsOfSchema(text json.RawMessage) (doc string, fields []schemaField) {
	var record struct {
		Doc    string
		Fields []struct {
			Name, Doc     string
			Type, Default json.RawMessage
			Property      any `json:"notion.name"`
			Kind          any `json:"notion.type"`
			ID            any `json:"notion.id"`
		}
	}
	if json.Unmarshal(text, &record) != nil {
		return "", nil
	}
	for _, given := range record.Fields[:min(len(record.Fields), mostSchemaFields)] {
		field := schemaField{Name: given.Name, Doc: given.Doc}
		field.Property, _ = given.Property.(string) // anybody may register a schema
		field.Kind, _ = given.Kind.(string)
		field.ID, _ = given.ID.(string)
		field.Type, field.Optional = typeWords(given.Type, 0)
		if strings.HasSuffix(field.Name, "_time") && strings.HasPrefix(field.Type, "timestamp") && !field.isTyped() {
			field.Type += "; Notion knows minutes"
		}
		if len(given.Default) > 0 && string(given.Default) != "null" {
			field.Default = shortened(plain(string(given.Default)), 60)
		}
		fields = append(fields, field)
	}
	return record.Doc, fields
}

// types are Avro's types in plain words.
var types = map[string]string{
	"string": "text", "long": "whole number", "int": "whole number of 32 bits", "double": "number", "float": "number of 32 bits",
	"boolean": "true or false", "bytes": "bytes", "null": "nothing",
	"timestamp-millis": "timestamp in milliseconds (UTC)", "timestamp-micros": "timestamp in microseconds (UTC)",
	"date": "day", "time-millis": "time of day in milliseconds", "uuid": "UUID", "decimal": "decimal number",
}

// typeWords is an Avro type in plain words, and whether it may be null.
func typeWords(text json.RawMessage, depth int) (words string, optional bool) {
	text = bytes.TrimSpace(text)
	switch {
	case len(text) == 0 || depth > 8:
		return "unknown", false
	case text[0] == '"':
		return typeName(text), false
	case text[0] == '[':
		return unionWords(text, depth)
	}
	var kind struct {
		Type, Items, Values json.RawMessage
		LogicalType         string
		Symbols             []string
		Name                string
	}
	if json.Unmarshal(text, &kind) != nil {
		return "unknown", false
	}
	if known := types[kind.LogicalType]; known != "" {
		return known, false
	}
	switch typeName(kind.Type) {
	case "array":
		items, _ := typeWords(kind.Items, depth+1)
		return "list of " + plural(items), false
	case "map":
		values, _ := typeWords(kind.Values, depth+1)
		return plural(values) + " by name", false
	case "enum":
		return "one of " + shortened(strings.Join(kind.Symbols, ", "), 120), false
	case "record":
		return "record " + kind.Name, false
	}
	return typeWords(kind.Type, depth+1)
}

func typeName(text json.RawMessage) string {
	var name string
	if json.Unmarshal(text, &name) != nil {
		return ""
	}
	if known := types[name]; known != "" {
		return known
	}
	return name
}

// unionWords is a union in plain words: that of null and one type is optional.
func unionWords(text json.RawMessage, depth int) (words string, optional bool) {
	var members []json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return "unknown", false
	}
	var all []string
	for _, member := range members {
		one, _ := typeWords(member, depth+1)
		if one == types["null"] {
			optional = true
			continue
		}
		all = append(all, one)
	}
	return strings.Join(all, " or "), optional
}

// plural are several of a type.
func plural(words string) string {
	switch words {
	case types["boolean"], types["bytes"], "unknown":
		return words
	}
	return words + "s"
}
