package avro

import (
	"notion-kafka/notion"
	"notion-kafka/notion/columns"
)

// columnDoc says in plain words what a column holds. It depends on nothing that may change
// in Notion, so that a schema changes only where it has to.
func columnDoc(column *columns.Column) string {
	switch column.Part {
	case columns.End:
		return "When the date ends, UTC; null where it has no end. A day without a time is its midnight."
	case columns.TimeZone:
		return "The date's time zone or offset as Notion says it; null for a day without a time."
	case columns.Names:
		return "Names of the people, one for each id; empty where Notion shows none."
	case columns.Whole:
	}
	if doc, known := wholeDocs[column.Kind]; known {
		return doc
	}
	switch column.Kind {
	case "formula":
		return "The formula's result: " + resultDoc(column.Type)
	case "rollup":
		return "The rollup's result: " + resultDoc(column.Type)
	}
	return "JSON text: the property's value."
}

// wholeDocs say what the value of a property is, by Notion's type.
var wholeDocs = map[string]string{
	"title":            "Plain text of the title.",
	"rich_text":        "Plain text; its formatting is in properties.",
	"url":              "A web address.",
	"email":            "An e-mail address.",
	"phone_number":     "A phone number, as it was typed.",
	"select":           "Name of the option; null where none is selected.",
	"status":           "Name of the status.",
	"unique_id":        "The page's number in its database, after its prefix if there is one: PRJ-12.",
	"number":           "A number. Digits that a double cannot hold are in properties.",
	"checkbox":         "Whether the box is checked.",
	"date":             "When the date begins, UTC. A day without a time is its midnight.",
	"created_time":     "When the page was created, UTC.",
	"last_edited_time": "When the page was last edited, UTC.",
	"created_by":       "Id of the user who created the page.",
	"last_edited_by":   "Id of the user who last edited the page.",
	"people":           "Ids of the people, in Notion's order.",
	"relation":         "Ids of the related pages, complete and in Notion's order: the keys of these pages in their own topic.",
	"multi_select":     "Names of the options, in Notion's order.",
	"files":            "Names of the files, in Notion's order.",
}

// resultDoc says what a computed value of a type is.
func resultDoc(kind notion.FlatType) string {
	switch kind {
	case notion.FlatNumber:
		return "a number."
	case notion.FlatTruth:
		return "true or false."
	case notion.FlatMoment:
		return "when its date begins, UTC. A day without a time is its midnight."
	case notion.FlatList:
		return "a list of plain texts; empty ones are left out."
	case notion.FlatText:
	}
	return "plain text."
}
