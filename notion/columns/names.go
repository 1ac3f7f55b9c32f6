package columns

import (
	"cmp"
	"strings"

	"notion-kafka/notion"
)

// reserved are names that no column has: those of a page's own fields, and those of the
// columns that ksqlDB adds to tables (ksqlDB: pseudocolumns and window bounds).
var reserved = []string{
	"id", "object", "last_edited_time", "properties", "created_time", "created_by", "last_edited_by", "cover", "icon", "parent", "archived",
	"in_trash", "url", "public_url", "title", "database_id", "data_source_id", "created_by_id", "last_edited_by_id", "is_archived", "is_locked",
	"rowtime", "rowpartition", "rowoffset", "windowstart", "windowend",
}

// nameOf is the name that a property's display name suggests; of a name without a letter
// or digit, one with the property's id.
func nameOf(p notion.Property) string {
	name := cmp.Or(notion.FoldName(p.Name), strings.TrimRight("property_"+notion.FoldName(notion.PlainPropertyID(p.ID)), "_"))
	if name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	return name
}

// A part of a value, and the type of its column. That of the value itself is the value's.
type part struct {
	Part

	is notion.FlatType
}

var (
	valueAlone  = []part{{Whole, ""}}
	dateParts   = []part{{Whole, ""}, {End, notion.FlatMoment}, {TimeZone, notion.FlatText}}
	peopleParts = []part{{Whole, ""}, {Names, notion.FlatList}}
)

// partsOf are the columns that a property needs, in their order.
func partsOf(f form) []part {
	switch {
	case f.kind == "date" && f.is == notion.FlatMoment:
		return dateParts
	case f.kind == "people" && f.is == notion.FlatList:
		return peopleParts
	}
	return valueAlone
}

// suffix is what the name of the part's column ends with.
func (p Part) suffix() string {
	if p == Whole {
		return ""
	}
	return "_" + string(p)
}

// of is the part of a value.
func (p Part) of(flat notion.Flat) Value {
	switch p {
	case End:
		return Value{Known: !flat.End.IsZero(), Moment: flat.End}
	case TimeZone:
		return Value{Known: flat.TimeZone != "", Text: flat.TimeZone}
	case Names:
		return Value{Known: flat.Names != nil, List: flat.Names}
	}
	return Value{}
}

// kindOrResult is the type that people see: of a formula or rollup, that of its result.
func (c Column) kindOrResult() string { return kindOrResult(c.Kind, c.Result) }

func kindOrResult(kind, result string) string { return cmp.Or(result, kind) }
