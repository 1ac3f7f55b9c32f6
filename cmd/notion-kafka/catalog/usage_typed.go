package catalog

import (
	"slices"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

// typed reports whether the topic has typed columns.
func (u usage) typed() bool {
	return slices.ContainsFunc(u.columns, func(c column) bool { return c.of != "" })
}

// propertiesOfColumns returns the properties that typed columns are of, as far as a schema
// tells; nil: there are none.
func propertiesOfColumns(columns []column) (properties []control.Property) {
	for _, c := range columns {
		same := func(p control.Property) bool { return notion.SameProperty(p.ID, c.property) }
		switch at := slices.IndexFunc(properties, same); {
		case c.of == "":
		case at < 0:
			properties = append(properties, control.Property{ID: c.property, Name: c.label, Type: c.of})
		default: // the property got another type
			properties[at].Name, properties[at].Type = c.label, c.of
		}
	}
	return properties
}

// columnOf returns the column with the value of a property. Those of a date and of people
// are followed by columns with other parts of it; a formula may have got another result.
func (u usage) columnOf(p control.Property) (of column, found bool) {
	first := p.Type == "date" || p.Type == "people"
	for _, c := range u.columns {
		if c.of != "" && c.of == p.Type && notion.SameProperty(c.property, p.ID) && (!found || !first) {
			of, found = c, true
		}
	}
	return of, found
}

// shown returns the first typed columns that a query and a program show: of properties with
// one value. The title is a field of every page.
func (u usage) shown() (columns []column) {
	for _, p := range u.properties {
		if c, has := u.columnOf(p); has && c.kind != texts && p.Type != "title" && len(columns) < mostShown {
			columns = append(columns, c)
		}
	}
	return columns
}

// beside returns what the JSON text has and no column: the colour of the first option.
func (u usage) beside() []simpleProperty {
	for _, p := range u.properties {
		if c, has := u.columnOf(p); has && (p.Type == "select" || p.Type == "status") {
			return []simpleProperty{{p.Name, []string{p.Type, "color"}, u.free(c.name + "_color")}}
		}
	}
	return nil
}

// free returns a name that no column has.
func (u usage) free(name string) string {
	for slices.ContainsFunc(u.columns, func(c column) bool { return c.name == name }) {
		name += "_"
	}
	return name
}

// relationColumn returns the column with the ids of related pages; "": there is none.
func (u usage) relationColumn(p control.Property) string {
	if c, has := u.columnOf(p); has && c.kind == texts {
		return c.name
	}
	return ""
}

// namesNote says what renaming a property does to the queries.
func (u usage) namesNote() string {
	if u.typed() {
		return "A column keeps its name whatever its property is called later. What has no column is in the JSON text, by the property's name."
	}
	return "Properties are read out of their JSON text by name: who renames one in Notion has to rename it here too."
}
