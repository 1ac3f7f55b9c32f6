package notion

import (
	"time"
	"unicode/utf8"
)

// A FlatType is the type of a value without nesting.
type FlatType string

// The types of values without nesting; "" stands for no value.
const (
	FlatText   FlatType = "string"
	FlatNumber FlatType = "double"
	FlatTruth  FlatType = "boolean"
	FlatMoment FlatType = "timestamp"
	FlatList   FlatType = "strings"
)

// A Flat is the value of a page's property without nesting, as a column of a table has it.
type Flat struct {
	Type   FlatType  // "" where the property has no value: null, or a result that Notion did not compute
	Result string    // of a formula or rollup: Notion's type of its result, such as number; else ""
	Text   string    // of FlatText
	Number float64   // of FlatNumber
	Truth  bool      // of FlatTruth
	Moment time.Time // of FlatMoment, UTC
	List   []string  // of FlatList; empty, not nil, where Notion shows an empty list

	End      time.Time // of a date with an end, UTC; else zero
	TimeZone string    // of a date with a time: its zone or offset, as Notion says it; else ""
	Names    []string  // of people: beside List, what Notion shows of their names; "" where it shows none
}

// FlatTypeOf is the type that values of a type of property have, and false for a formula
// and a rollup, of which only the values say it. It is "" for a button, which has no value.
// A type that is not known here has the text of its JSON.
func FlatTypeOf(kind string) (FlatType, bool) {
	switch kind {
	case "button":
		return "", true
	case "formula", "rollup":
		return "", false
	case "number":
		return FlatNumber, true
	case "checkbox":
		return FlatTruth, true
	case "date", "created_time", "last_edited_time":
		return FlatMoment, true
	case "people", "relation", "multi_select", "files":
		return FlatList, true
	}
	return FlatText, true
}

// Flat is the value of a page's property. JSON that does not have the form that its type
// should have is no value: the page's JSON text keeps it.
//
// Lone surrogates in texts become U+FFFD, as in Title; a text that is JSON keeps their
// escapes.
func (p Property) Flat() Flat {
	r := fastReader{text: p.JSON}
	if !utf8.Valid(p.JSON) || !r.find(p.Kind) {
		return Flat{}
	}
	flat, ok := r.flat(p.Kind)
	if r.next(); !ok || r.bad { // bad too where the text ends with the value, which was cut then
		return Flat{}
	}
	return flat
}
