package daemon

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"notion-kafka/avro"
)

// envelope decodes a record with typed columns, compares the columns with the record's
// own JSON text, and returns the record without them.
func (s *subjects) envelope(id int, body []byte) ([]byte, error) {
	schema := s.schema(id)
	text, err := avro.Decode(schema, body)
	if err != nil {
		return nil, err
	}
	var record map[string]any
	if err := json.Unmarshal(text, &record); err != nil {
		return nil, err
	}
	fields, err := columnFields(schema)
	if err != nil {
		return nil, err
	}
	if err := wrongColumns(fields, record); err != nil {
		return nil, err
	}
	for _, f := range fields {
		delete(record, f.Name)
	}
	return json.Marshal(record)
}

// A columnField is a field of a schema that is made for a property.
type columnField struct {
	Name string
	ID   string `json:"notion.id"`
	Kind string `json:"notion.type"`
}

func columnFields(schema string) (fields []columnField, err error) {
	var record struct{ Fields []columnField }
	err = json.Unmarshal([]byte(schema), &record)
	for _, f := range record.Fields {
		if f.ID != "" {
			fields = append(fields, f)
		}
	}
	return fields, err
}

// wrongColumns compares a record's columns with its JSON text, for the types that are in
// the random scenarios. It reads the text in its own way. A property has its value in
// exactly one of the columns that were made for its id and type.
func wrongColumns(fields []columnField, record map[string]any) error {
	var properties map[string]map[string]any
	if err := json.Unmarshal([]byte(record["properties"].(string)), &properties); err != nil {
		return err
	}
	byID := map[any]map[string]any{}
	for _, p := range properties {
		byID[p["id"]] = p
	}
	found := map[string]bool{}
	for _, f := range fields {
		got, p := record[f.Name], byID[f.ID]
		if p == nil || p["type"] != f.Kind {
			if got != nil {
				return fmt.Errorf("column %s has %v, and the page has no such property of type %s", f.Name, got, f.Kind)
			}
			continue
		}
		if got == nil {
			continue
		}
		if found[f.ID] {
			return fmt.Errorf("property %s has values in two columns, one of them is %s: %v", f.ID, f.Name, record)
		}
		found[f.ID] = true
		if want := plainValue(p); !reflect.DeepEqual(got, want) {
			return fmt.Errorf("column %s has %v, the JSON text says %v: %v", f.Name, got, want, p)
		}
	}
	for name, p := range properties {
		if id, _ := p["id"].(string); plainValue(p) != nil && !found[id] {
			return fmt.Errorf("property %q is in no column: %v", name, p)
		}
	}
	return nil
}

// plainValue is the value of a property, of the types in the random scenarios.
func plainValue(p map[string]any) any {
	kind := p["type"].(string)
	value := p[kind]
	entries := func(name string) any {
		list := []any{}
		for _, entry := range value.([]any) {
			list = append(list, entry.(map[string]any)[name])
		}
		return list
	}
	switch kind {
	case "title", "rich_text":
		var text strings.Builder
		for _, piece := range value.([]any) {
			text.WriteString(piece.(map[string]any)["plain_text"].(string))
		}
		return text.String()
	case "select":
		if value == nil {
			return nil
		}
		return value.(map[string]any)["name"]
	case "relation":
		return entries("id")
	case "files":
		return entries("name")
	case "formula":
		result := value.(map[string]any)
		return result[result["type"].(string)]
	}
	return value
}
