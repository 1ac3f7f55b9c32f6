package notion

import "iter"

// A Property is one property of a page, or of the schema of a data source.
type Property struct {
	ID   string // as Notion sends it, most of them percent-encoded; "title" for the title
	Name string // display name
	Kind string // Notion's type, such as rich_text
	JSON []byte // the whole object
}

// PropertiesOf yields the properties of an object as Page.Properties and
// DataSource.Properties are, in its order. Members that are no property, and those
// without an id or a type, are left out.
func PropertiesOf(object []byte) iter.Seq[Property] {
	return func(yield func(Property) bool) {
		r := fastReader{text: object}
		if r.kind() != '{' {
			return
		}
		for r.enter(); r.next(); {
			name := r.name()
			one := r.property()
			if r.bad {
				return
			}
			if one.ID == "" || one.Kind == "" {
				continue
			}
			one.Name = textOf(name)
			if !yield(one) {
				return
			}
		}
	}
}

// PropertiesWithout are the properties of the schema, in Notion's order, without those of
// these names or ids, as in Page.Without; none where the schema is unknown.
func (d *DataSource) PropertiesWithout(names []string, ids ...string) (properties []Property) {
	for p := range PropertiesOf(d.Properties) {
		if !isNamed(names, p.Name, p.ID) && !hasID(ids, p.ID) {
			properties = append(properties, p)
		}
	}
	return properties
}

// UniqueID is the id of the schema's unique_id property; "" where it has none, or is
// unknown.
func (d *DataSource) UniqueID() string {
	for p := range PropertiesOf(d.Properties) {
		if p.Kind == "unique_id" {
			return p.ID
		}
	}
	return ""
}

// property takes a value and returns all of a property but its name, which is before it.
// A value that is no object is the zero Property.
func (r *fastReader) property() (p Property) {
	if r.kind() != '{' {
		r.value()
		return p
	}
	begin := r.at
	for r.enter(); r.next(); {
		switch string(nameOf(r.name())) {
		case "id":
			p.ID = stringOf(r.value())
		case "type":
			p.Kind = kindIn(r.value())
		default:
			r.value()
		}
	}
	p.JSON = r.text[begin:r.at:r.at]
	return p
}

// kinds are Notion's types of properties, so that a page's properties need no memory for
// theirs (Notion: page-property-values).
var kinds = func() map[string]string {
	all := map[string]string{}
	for _, kind := range []string{
		"title", "rich_text", "number", "select", "status", "multi_select", "date", "people", "files", "checkbox", "url", "email", "phone_number",
		"formula", "relation", "rollup", "created_time", "created_by", "last_edited_time", "last_edited_by", "unique_id", "verification", "place", "button",
	} {
		all[kind] = kind
	}
	return all
}()

// kindIn is the type that a string literal names; "" for another JSON text.
func kindIn(literal []byte) string {
	if len(literal) > 2 {
		if kind, ok := kinds[string(literal[1:len(literal)-1])]; ok {
			return kind
		}
	}
	return stringOf(literal)
}

// SameProperty reports whether two ids are of one property, in any encoding.
func SameProperty(a, b string) bool { return a == b || plainID(a) == plainID(b) }

// PlainPropertyID is a property's id without the percent-encoding in which Notion sends
// most ids.
func PlainPropertyID(id string) string { return plainID(id) }
