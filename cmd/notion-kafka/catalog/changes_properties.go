package catalog

import (
	"encoding/json"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

// A property is one of a page, or of a database's schema.
type property struct {
	key    string // what it is found by in another record of the page: its id, or its name
	id     string // Notion's; "" where it has none
	name   string
	kind   string
	value  json.RawMessage // whole
	equals json.RawMessage // what is compared: without the name, which is compared as such
}

// propertiesOf returns the properties of a decoded page or database; known is false for any
// other value.
func propertiesOf(record fields) (all []property, known bool) {
	var text string
	if json.Unmarshal(record.of("properties"), &text) != nil {
		return nil, false
	}
	named, known := fieldsOf(json.RawMessage(text))
	ids := map[string]int{}
	for _, f := range named {
		p := property{name: f.name, value: f.value, equals: f.value}
		if inner, is := fieldsOf(f.value); is {
			p.id, p.kind = inner.text("id"), inner.text("type")
			if inner.of("name") != nil { // in a schema
				p.equals = inner.without("name").json()
			}
		}
		ids[p.id]++
		all = append(all, p)
	}
	for i, p := range all {
		// Every data source of a database has a property with the id title, and in the
		// topic databases their schemas are merged.
		if all[i].key = "id " + p.id; p.id == "" || ids[p.id] > 1 {
			all[i].key = "name " + p.name
		}
	}
	return all, known
}

// propertyChanges returns the differences of properties, in the order of the present ones,
// and then those that are gone.
func propertyChanges(before, after []property) (changes []control.Change) {
	was, is := byKey(before), byKey(after)
	for _, now := range after {
		old, before := was[now.key]
		switch {
		case !before:
			changes = append(changes, control.Change{Property: now.name, ID: now.id, Type: now.kind, Before: orNull(nil), After: now.value})
		case old.name != now.name:
			changes = append(changes, control.Change{Property: now.name, ID: now.id, Type: now.kind, RenamedFrom: old.name, Before: old.value, After: now.value})
		case !notion.SameValue(old.equals, now.equals):
			changes = append(changes, control.Change{Property: now.name, ID: now.id, Type: now.kind, Before: old.value, After: now.value})
		}
	}
	for _, old := range before {
		if _, still := is[old.key]; !still {
			changes = append(changes, control.Change{Property: old.name, ID: old.id, Type: old.kind, Before: old.value, After: orNull(nil)})
		}
	}
	return changes
}

func byKey(all []property) map[string]property {
	found := map[string]property{}
	for _, p := range all {
		found[p.key] = p
	}
	return found
}
