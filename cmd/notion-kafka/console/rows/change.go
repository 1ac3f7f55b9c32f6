package rows

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"notion-kafka/notion"
	"notion-kafka/producer/control"
)

// A Difference is what changed of a property or a field, in words.
type Difference struct {
	Name string // of a property, or of a field of the envelope
	Was  string // the name before a rename; ""
	Kind string // Notion's type; "" of a field of the envelope
	// Before and After are the values; "": empty. Of long ones they are the part that differs.
	Before, After string
	// Added and Removed are the entries of a list that differ; Before and After are "" then.
	Added, Removed []string
	// Same says that no value changed: only the name did.
	Same bool
}

const (
	// mostDifferent is how many characters of a value are shown, and aroundDifferent how
	// many of what is equal before and after it.
	mostDifferent, aroundDifferent = 280, 24
	// mostEntries is how many entries that came or went are named.
	mostEntries = 20
)

// Told says a change in words.
func Told(change control.Change) Difference {
	told := Difference{Name: change.Property, Was: change.RenamedFrom, Kind: change.Type}
	if change.RenamedFrom != "" && unnamed(change.Before) == unnamed(change.After) {
		told.Same = true
		return told
	}
	before, after := sideOf(change, change.Before), sideOf(change, change.After)
	if before.list && after.list {
		told.Removed, told.Added = without(before.items, after.items), without(after.items, before.items)
		if len(told.Removed)+len(told.Added) > 0 {
			return told
		}
	}
	one, other := before.text, after.text
	if one == other { // nothing that words tell
		one, other = string(change.Before), string(change.After)
	}
	told.Before, told.After = apart(one, other)
	return told
}

// A side is a value before or after a change.
type side struct {
	text  string
	list  bool
	items []string
}

func sideOf(change control.Change, value json.RawMessage) (s side) {
	if len(value) == 0 || string(value) == "null" {
		return side{list: change.Type != ""} // an empty list, if the other one is a list
	}
	if change.Type == "" {
		return side{text: fieldText(change.Property, value)}
	}
	field := Field{Kind: change.Type, Value: value}
	about := as[struct {
		Type string
		Name *string
	}](value)
	switch {
	case about.Type == "": // the value alone
		field.Value = property(change.Type, value)
	case about.Name != nil: // a property of a database
		return schemaSide(about.Type, value)
	default:
		field.Kind = about.Type
	}
	items, more, is := field.items()
	if !is || more > 0 || field.Kind == "select" || field.Kind == "status" {
		s.text = field.text()
		return s
	}
	s = side{list: true, text: notion.PropertyText(field.Value)}
	for _, item := range items {
		s.items = append(s.items, item.Text)
	}
	return s
}

// schemaSide is a property of a database: its options, or its type and setting.
func schemaSide(kind string, value json.RawMessage) (s side) {
	var members map[string]json.RawMessage
	if json.Unmarshal(value, &members) != nil {
		return s
	}
	setting := as[struct {
		Options            []option
		Format, Expression string
		DatabaseID         string `json:"database_id"`
		Function           string
	}](members[kind])
	s.text = strings.Join(slices.DeleteFunc([]string{kind, setting.Format, setting.Expression, setting.DatabaseID, setting.Function}, func(t string) bool { return t == "" }), " ")
	if s.list = len(setting.Options) > 0; s.list {
		for _, one := range setting.Options {
			s.items = append(s.items, one.Name)
		}
	}
	return s
}

// unnamed is a property without its name, which those of a database have.
func unnamed(value json.RawMessage) string {
	all, is := membersOf(value)
	if !is {
		return string(value)
	}
	var text strings.Builder
	for _, one := range all {
		if one.name != "name" {
			text.WriteString(one.name + "\x00" + string(one.value) + "\x00")
		}
	}
	return text.String()
}

// fieldText is a field of the envelope. One that is JSON text may be given as its text or
// as what that says.
func fieldText(name string, value json.RawMessage) string {
	text := as[string](value)
	if text == "" {
		text = string(value)
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil && strings.HasSuffix(name, "_time") {
		return at.UTC().Format("2 Jan 2006, 15:04") + " UTC"
	}
	if !json.Valid([]byte(text)) {
		return text
	}
	said := ""
	switch name {
	case "icon":
		said = emoji(text)
	case "title":
		said = Field{Kind: name, Value: property(name, json.RawMessage(text))}.text()
	case "created_by", "last_edited_by", "is_archived", "is_locked", "is_inline", "in_trash":
		said = notion.PropertyText(property(name, json.RawMessage(text)))
	}
	return cmp.Or(said, text)
}

// without returns the entries that others has not, at most so many.
func without(entries, others []string) (left []string) {
	for _, entry := range entries {
		if !slices.Contains(others, entry) && len(left) < mostEntries {
			left = append(left, entry)
		}
	}
	return left
}

// apart cuts two texts to where they differ, if they are long.
func apart(one, other string) (string, string) {
	if max(len(one), len(other)) <= mostDifferent {
		return one, other
	}
	begin := 0
	for begin < min(len(one), len(other)) && one[begin] == other[begin] {
		begin++
	}
	begin = max(0, begin-aroundDifferent)
	for begin > 0 && (!runeBegins(one, begin) || !runeBegins(other, begin)) {
		begin--
	}
	return from(one, begin), from(other, begin)
}

func runeBegins(text string, at int) bool { return at >= len(text) || utf8.RuneStart(text[at]) }

// from is a text from a byte on, with signs where it is cut.
func from(text string, begin int) string {
	sign := ""
	if begin > 0 {
		sign = "…"
	}
	return sign + cut(text[min(begin, len(text)):], mostDifferent)
}
