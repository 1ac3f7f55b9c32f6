package catalog

import (
	"encoding/json"
	"slices"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

// told are the fields of pages and databases whose changes are told, in the order of the
// records. The others never change, repeat one of these or a property, or change although
// the page did not, as url does.
var told = []string{
	"last_edited_time", "last_edited_by", "created_time", "created_by", "title", "description", "cover", "icon", "parent",
	"in_trash", "is_archived", "is_locked", "is_inline", "public_url",
}

// jsonTexts are the fields whose text is JSON.
var jsonTexts = []string{"last_edited_by", "created_by", "title", "cover", "icon", "parent"}

// changesBetween returns the differences of two decoded values: of pages and databases by
// property and field, of other objects by their names, of anything else as a whole. It
// compares as fingerprints do. It is empty where nothing changed, and not nil.
func changesBetween(before, after json.RawMessage) []control.Change {
	changes := []control.Change{}
	was, object := fieldsOf(before)
	is, objects := fieldsOf(after)
	if !object || !objects {
		return addDifferent(changes, "value", before, after)
	}
	old, known := propertiesOf(was)
	now, knowns := propertiesOf(is)
	if !known || !knowns {
		for _, name := range names(is, was) {
			changes = addDifferent(changes, name, was.of(name), is.of(name))
		}
		return changes
	}
	changes = append(changes, propertyChanges(old, now)...)
	page := string(is.of("object")) == `"page"`
	for _, name := range told {
		before, after := was.of(name), is.of(name)
		switch {
		case name == "title" && page: // it is a property too
			continue
		case slices.Contains(jsonTexts, name):
			before, after = textOf(before), textOf(after)
		}
		changes = addDifferent(changes, name, before, after)
	}
	return append(changes, placeChanges(was, is, changes)...)
}

// placeChanges returns the differences of fields that mostly repeat others, where these do
// not tell them.
func placeChanges(was, is fields, others []control.Change) (changes []control.Change) {
	if !slices.ContainsFunc(others, func(c control.Change) bool { return c.ID == "" && c.Property == "parent" }) {
		for _, name := range []string{"database_id", "data_source_id"} {
			changes = addDifferent(changes, name, was.of(name), is.of(name))
		}
	}
	before, after := textOf(was.of("data_sources")), textOf(is.of("data_sources"))
	only := func(c control.Change) bool { return c.Property != "last_edited_time" && c.Property != "last_edited_by" }
	if !notion.SameValue(bareSources(before, "properties"), bareSources(after, "properties")) || !slices.ContainsFunc(others, only) {
		return addDifferentAs(changes, "data_sources", before, after, func(value json.RawMessage) json.RawMessage { return bareSources(value) })
	}
	return changes
}

// bareSources returns the data sources of a database without what changes although they did
// not, what is told elsewhere, and the names given.
func bareSources(sources json.RawMessage, names ...string) json.RawMessage {
	return eachElement(sources, func(f fields) fields {
		return f.without(append(names, "url", "last_edited_time", "last_edited_by")...)
	})
}

func addDifferent(changes []control.Change, name string, before, after json.RawMessage) []control.Change {
	return addDifferentAs(changes, name, before, after, func(value json.RawMessage) json.RawMessage { return value })
}

// addDifferentAs adds a change unless two values are equal in the form that they are
// compared in.
func addDifferentAs(changes []control.Change, name string, before, after json.RawMessage, form func(json.RawMessage) json.RawMessage) []control.Change {
	if notion.SameValue(form(before), form(after)) {
		return changes
	}
	return append(changes, control.Change{Property: name, Before: orNull(before), After: orNull(after)})
}

func orNull(value json.RawMessage) json.RawMessage {
	if value == nil {
		return json.RawMessage("null")
	}
	return value
}

// names returns the names of two objects, those of the first one first.
func names(first, second fields) (all []string) {
	for _, f := range slices.Concat(first, second) {
		if !slices.Contains(all, f.name) {
			all = append(all, f.name)
		}
	}
	return all
}
