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
			name, value := r.name(), r.value()
			if r.bad {
				return
			}
			if value[0] != '{' {
				continue
			}
			one := Property{ID: stringOf(readProperty(value).id), Kind: string(typeOf(value)), JSON: value}
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

// SameProperty reports whether two ids are of one property, in any encoding.
func SameProperty(a, b string) bool { return a == b || plainID(a) == plainID(b) }

// PlainPropertyID is a property's id without the percent-encoding in which Notion sends
// most ids.
func PlainPropertyID(id string) string { return plainID(id) }
