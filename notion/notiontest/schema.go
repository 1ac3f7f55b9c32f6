package notiontest

import (
	"fmt"
	"net/url"
	"slices"
)

// A Kind is a property's type, by Notion's name (Notion: reference/property-object).
type Kind string

// The kinds that a simulated schema can have. Any other Kind stands for one that Notion
// may add: its schema has no settings, and its values are a json.RawMessage or null.
const (
	KindTitle          Kind = "title"
	KindRichText       Kind = "rich_text"
	KindNumber         Kind = "number"
	KindSelect         Kind = "select"
	KindStatus         Kind = "status"
	KindMultiSelect    Kind = "multi_select"
	KindDate           Kind = "date"
	KindPeople         Kind = "people"
	KindFiles          Kind = "files"
	KindCheckbox       Kind = "checkbox"
	KindURL            Kind = "url"
	KindEmail          Kind = "email"
	KindPhoneNumber    Kind = "phone_number"
	KindRelation       Kind = "relation"
	KindFormula        Kind = "formula"
	KindRollup         Kind = "rollup"
	KindCreatedTime    Kind = "created_time"
	KindLastEditedTime Kind = "last_edited_time"
	KindCreatedBy      Kind = "created_by"
	KindLastEditedBy   Kind = "last_edited_by"
	KindUniqueID       Kind = "unique_id"
	KindButton         Kind = "button"
	KindVerification   Kind = "verification"
	KindPlace          Kind = "place"
)

// A Prop declares one property of a schema.
type Prop struct {
	Name    string
	Kind    Kind
	Options []string  // of select, status and multi_select; values may add more
	Target  *Database // of a relation; nil: the database itself
	Prefix  string    // of a unique_id, as TASK in TASK-42
}

// A property is a Prop in its schema. Its index in the row's values never changes, also
// when other properties are removed.
type property struct {
	at      int
	id      string // as in responses, percent-encoded
	name    string
	kind    Kind
	options []*option
	target  *Database
	prefix  string
	removed bool
}

// An option is a choice of a select, status or multi_select property.
type option struct {
	id, name, color string
}

// newProperty adds a declared property to a schema.
func (w *Workspace) newProperty(d *DataSource, declared Prop) {
	for _, p := range d.properties {
		if p.name == declared.Name && !p.removed {
			panic(fmt.Sprintf("notiontest: data source %q has a property %q already", d.name, p.name))
		}
	}
	p := &property{
		at: len(d.properties), name: declared.Name, kind: declared.Kind,
		target: declared.Target, prefix: declared.Prefix,
		id: "title",
	}
	if p.kind != KindTitle {
		p.id = url.QueryEscape(w.shortID())
	}
	if p.target == nil {
		p.target = d.database
	}
	for _, name := range declared.Options {
		w.option(p, name)
	}
	d.properties = append(d.properties, p)
}

// shortID draws a property's or option's id. Like Notion's ids it may hold characters
// that must be percent-encoded in URLs.
func (w *Workspace) shortID() string {
	const signs = `abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ:;@\<>|{}[]` + "`^?"
	b := make([]byte, 4)
	for i := range b {
		b[i] = signs[w.rng.IntN(len(signs))]
	}
	return string(b)
}

// option finds an option by name, and creates it where there is none, as the app does
// when somebody types a new choice.
func (w *Workspace) option(p *property, name string) *option {
	for _, o := range p.options {
		if o.name == name {
			return o
		}
	}
	colors := []string{"default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red"}
	o := &option{id: w.shortID(), name: name, color: colors[w.rng.IntN(len(colors))]}
	p.options = append(p.options, o)
	return o
}

// among reports whether only lists the property, by id or name; nil lists all.
func (p *property) among(only []string) bool {
	return only == nil || named(only, p.id, p.name)
}

// named reports whether only holds an id, in either spelling, or a name.
func named(only []string, id, name string) bool {
	return slices.Contains(only, id) || slices.Contains(only, name) || slices.Contains(only, plainID(id))
}

// plainID is a property's id without the percent-encoding of responses; recorded pages
// of older versions have no encoding.
func plainID(id string) string {
	if plain, err := url.PathUnescape(id); err == nil {
		return plain
	}
	return id
}

// appendSchema appends the properties object of a data source (Notion: reference/property-object).
func (d *DataSource) appendSchema(b []byte) []byte {
	b = append(b, '{')
	first := true
	for _, p := range d.properties {
		if p.removed || d.database.w.hides(p) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(b, p.name)
		b = append(b, `:{"id":`...)
		b = appendString(b, p.id)
		b = appendMember(b, "name", p.name)
		b = append(b, `,"description":null`...)
		b = appendMember(b, "type", string(p.kind))
		b = append(append(append(b, ',', '"'), p.kind...), '"', ':')
		b = p.appendSettings(b)
		b = append(b, '}')
	}
	return append(b, '}')
}

// appendSettings appends the settings of a property in a schema.
func (p *property) appendSettings(b []byte) []byte {
	switch p.kind {
	case KindNumber:
		return append(b, `{"format":"number"}`...)
	case KindSelect, KindMultiSelect:
		b = append(b, `{"options":`...)
		b = appendList(b, p.options, appendOptionSetting)
		return append(b, '}')
	case KindStatus:
		b = append(b, `{"options":`...)
		b = appendList(b, p.options, appendOptionSetting)
		b = append(b, `,"groups":[{"id":"todo-status-group","name":"All","color":"gray","option_ids":`...)
		b = appendList(b, p.options, func(b []byte, o *option) []byte { return appendString(b, o.id) })
		return append(b, `}]}`...)
	case KindRelation:
		b = append(b, `{"database_id":"`...)
		b = p.target.id.append(b)
		b = append(b, `","data_source_id":"`...)
		b = p.target.sources[0].id.append(b)
		return append(b, `","type":"single_property","single_property":{}}`...)
	case KindFormula:
		return append(b, `{"expression":"prop(\"Name\")"}`...)
	case KindRollup:
		return append(b, `{"relation_property_id":"rela","relation_property_name":"Relation","rollup_property_id":"title","rollup_property_name":"Name","function":"show_original"}`...) //nolint:misspell // "rela" is an id, four characters like every id
	case KindUniqueID:
		b = append(b, `{"prefix":`...)
		b = appendNullable(b, p.prefix)
		return append(b, '}')
	default:
		return append(b, '{', '}')
	}
}

func appendOptionSetting(b []byte, o *option) []byte {
	b = o.append(b)
	return append(b[:len(b)-1], `,"description":null}`...)
}

// append appends the option as in a value.
func (o *option) append(b []byte) []byte {
	b = append(b, `{"id":`...)
	b = appendString(b, o.id)
	b = appendMember(b, "name", o.name)
	b = appendMember(b, "color", o.color)
	return append(b, '}')
}
