package catalog

import (
	"cmp"
	"encoding/json"
	"strings"

	"notion-kafka/producer/control"
)

// propertiesIn returns the properties of a database in the order of its schema's JSON. What
// is not as Notion has it is left out.
func propertiesIn(schema string) []control.Property {
	properties := []control.Property{}
	all, _ := fieldsOf(json.RawMessage(schema))
	for _, one := range all {
		properties = append(properties, propertyIn(one.name, one.value))
	}
	return properties
}

// propertyIn returns a property from its entry in a schema.
func propertyIn(name string, text []byte) control.Property {
	var p struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Relation struct {
			Database   string `json:"database_id"`
			DataSource string `json:"data_source_id"`
		} `json:"relation"`
	}
	_ = json.Unmarshal(text, &p) // a field of another type is left out
	property := control.Property{ID: p.ID, Name: name, Type: p.Type}
	if p.Type == "relation" {
		property.RelatedDatabase, property.RelatedDataSource = p.Relation.Database, p.Relation.DataSource
	}
	return property
}

// dataSourcesIn returns the data sources in the text of a database's record.
func dataSourcesIn(text *string) []control.FoundDataSource {
	sources := []control.FoundDataSource{}
	if text == nil {
		return sources
	}
	var all []struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		Title []struct {
			Text string `json:"plain_text"`
		} `json:"title"`
	}
	if json.Unmarshal([]byte(*text), &all) != nil {
		return sources
	}
	for _, one := range all {
		var title strings.Builder
		for _, part := range one.Title {
			title.WriteString(part.Text)
		}
		sources = append(sources, control.FoundDataSource{ID: one.ID, Title: cmp.Or(title.String(), one.Name)})
	}
	return sources
}
