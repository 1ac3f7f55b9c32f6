package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A column is a field of a value schema as a column of a table.
type column struct {
	name string
	kind kind
	// of is Notion's type of the property that it is a typed column of, property is the id
	// and label the name of that; "" of a field that every page has.
	of, property, label string
}

// A kind is the type of a column.
type kind int

// The types that our schemas have.
const (
	text kind = iota
	truth
	whole // long
	double
	timestamp // in milliseconds
	texts     // an array of strings
)

// columns returns the fields of a record's schema, which has to have a text field id. A field
// of a type that no table of ours has is left out.
func columns(schema json.RawMessage) ([]column, error) {
	var record struct {
		Fields []struct {
			Name     string          `json:"name"`
			Type     json.RawMessage `json:"type"`
			Of       json.RawMessage `json:"notion.type"`
			Property json.RawMessage `json:"notion.id"`
			Label    json.RawMessage `json:"notion.name"`
		} `json:"fields"`
	}
	if err := json.Unmarshal(schema, &record); err != nil {
		return nil, fmt.Errorf("reading the value schema: %w", err)
	}
	var found []column
	for _, field := range record.Fields {
		if kind, known := kindOf(field.Type); known {
			found = append(found, column{name: field.Name, kind: kind, of: stringIn(field.Of), property: stringIn(field.Property), label: stringIn(field.Label)})
		}
	}
	if !slices.ContainsFunc(found, func(c column) bool { return c.name == "id" && c.kind == text }) {
		return nil, errors.New("the value schema has no text field id, which is the key of every record")
	}
	return found, nil
}

// stringIn returns a string of JSON, "" of anything else: anybody may register a schema.
func stringIn(value json.RawMessage) (text string) {
	_ = json.Unmarshal(value, &text)
	return text
}

// kindOf returns the type of a field, without its null.
func kindOf(schema json.RawMessage) (kind, bool) {
	var union []json.RawMessage
	if json.Unmarshal(schema, &union) == nil {
		union = slices.DeleteFunc(union, func(branch json.RawMessage) bool { return string(branch) == `"null"` })
		if len(union) != 1 {
			return 0, false
		}
		schema = union[0]
	}
	if bytes.HasPrefix(schema, []byte("{")) {
		var named struct {
			Type        any    `json:"type"`
			LogicalType string `json:"logicalType"`
			Items       any    `json:"items"`
		}
		if json.Unmarshal(schema, &named) != nil {
			return 0, false
		}
		switch {
		case named.LogicalType == "timestamp-millis":
			return timestamp, true
		case named.Type == "array" && named.Items == "string":
			return texts, true
		}
		return 0, false
	}
	kind, known := map[string]kind{`"string"`: text, `"boolean"`: truth, `"long"`: whole, `"double"`: double}[string(schema)]
	return kind, known
}

// titleOnly are the columns of a related topic that a join needs.
var titleOnly = []column{{name: "id", kind: text}, {name: "title", kind: text}}

// types are the names of the kinds in a dialect, in their order.
type types [texts + 1]string

// tableName returns the name of a topic's table: letters, digits and _ need no quotes.
func tableName(topic string) string {
	name := strings.NewReplacer(".", "_", "-", "_").Replace(topic)
	if name[0] >= '0' && name[0] <= '9' {
		return "_" + name
	}
	return name
}

// quoted writes a text as a literal of SQL.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// A simpleProperty is a property with one value, as the queries show it.
type simpleProperty struct {
	name string   // Notion's
	path []string // from the property's JSON to its value
	as   string   // the column's name
}

// valueIn has, for a type of Notion's, the path from a property's JSON to its value.
var valueIn = map[string][]string{
	"number": {"number"}, "checkbox": {"checkbox"}, "select": {"select", "name"}, "status": {"status", "name"}, "date": {"date", "start"},
	"url": {"url"}, "email": {"email"}, "phone_number": {"phone_number"}, "unique_id": {"unique_id", "number"},
}

// simple returns the first properties that have one value, as they are in the JSON text. Where
// properties have columns it is one of them, with what its column does not have.
func (u usage) simple() (found []simpleProperty) {
	if u.typed() {
		return u.beside()
	}
	taken := map[string]bool{}
	for _, c := range u.columns {
		taken[c.name] = true
	}
	for _, p := range u.properties {
		path := valueIn[p.Type]
		if path == nil || len(found) == mostShown {
			continue
		}
		as := strings.Trim(others.ReplaceAllString(strings.ToLower(p.Name), "_"), "_")
		if as == "" || taken[as] || as[0] <= '9' {
			as = fmt.Sprintf("property_%d", len(found)+1)
		}
		taken[as] = true
		found = append(found, simpleProperty{p.Name, path, as})
	}
	return found
}

var (
	others = regexp.MustCompile(`[^a-z0-9]+`)
	plain  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)
