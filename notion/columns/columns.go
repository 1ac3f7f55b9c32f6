// Package columns makes flat columns of the properties of a Notion database, for tables
// in Flink, ksqlDB and warehouses. A column is pinned to its property's id: it keeps its
// name and its type, whatever happens in Notion, and columns are only ever added at the
// end. So every reader, older or newer, can read every record.
package columns

import (
	"time"

	"notion-kafka/notion"
)

// A Part is what a column has of its property's value.
type Part string

// The parts of a value. Only dates and people have others than the value itself.
const (
	Whole    Part = ""
	End      Part = "end"       // when a date ends
	TimeZone Part = "time_zone" // the zone or offset of a date with a time
	Names    Part = "names"     // of people, beside their ids
)

// A Column is one column of a topic.
type Column struct {
	Name   string          // of the Avro field; unique without regard to case, the fields of a page included
	Type   notion.FlatType // never ""
	Part   Part
	ID     string // of the property, as Notion sent it at first
	Kind   string // Notion's type of the property
	Result string // of a formula or rollup: Notion's type of its result
	Label  string // the property's display name when it was seen last
	Gone   bool   // the property was removed in Notion, or has another type now
}

// A Value is what a page has in one column: of its column's type, or null.
type Value struct {
	Known  bool // else null
	Text   string
	Number float64
	Truth  bool
	Moment time.Time // UTC
	List   []string
}
