package rows

import (
	"slices"

	"notion-kafka/producer/control"
)

// Ordered returns the fields of a row in the order of the database's schema, the title
// first; those that the schema does not have come last.
func (r Row) Ordered(schema []control.Property) []Field {
	at := map[string]int{}
	for i, property := range schema {
		at[property.Name] = i + 1
	}
	place := func(f Field) int {
		switch {
		case f.Kind == "title":
			return 0
		case at[f.Name] > 0:
			return at[f.Name]
		}
		return len(schema) + 1
	}
	fields := slices.Clone(r.Fields)
	slices.SortStableFunc(fields, func(a, b Field) int { return place(a) - place(b) })
	return fields
}

// A Described is a property of a database.
type Described struct {
	Name, Kind string
	Setting    string // its options, format or formula; ""
}

// mostSetting is how many characters of a setting are shown.
const mostSetting = 300

// Describe returns the properties of the database that a record of the stream databases
// has.
func (r Row) Describe() (all []Described) {
	if !r.IsDatabase {
		return nil
	}
	for _, field := range fieldsOf(r.envelope) {
		one := Described{Name: field.Name, Kind: field.Kind}
		side := schemaSide(field.Kind, field.Value)
		for i, option := range side.items {
			if i > 0 {
				one.Setting += ", "
			}
			one.Setting += option
		}
		if one.Setting == "" && side.text != field.Kind {
			one.Setting = side.text[min(len(side.text), len(field.Kind)+1):]
		}
		one.Setting = cut(one.Setting, mostSetting)
		all = append(all, one)
	}
	return all
}
