package notion

import (
	"net/url"
	"slices"

	"golang.org/x/text/unicode/norm"
)

// maxFilterProperties is how many properties a query may name: Notion's limit for an
// array (Notion: request-limits). The URL stays short enough for every server on the
// way.
const maxFilterProperties = 100

// Without removes properties from the page: from Properties and Cut, and Title with
// the title property. Each name is a property's display name, see SameName, or its
// id, percent-encoded or not; ids are ids only. Unknown names and ids are ignored. The
// other properties stay byte for byte.
func (p *Page) Without(names []string, ids ...string) {
	if len(names)+len(ids) == 0 || p.Properties == nil {
		return
	}
	kept, removed := split(p.Properties, names, ids)
	if len(removed) == 0 {
		return
	}
	members := make([]member, len(kept))
	for i, one := range kept {
		members[i] = one.member
	}
	p.Properties = joinMembers(members)
	if slices.ContainsFunc(removed, func(one identified) bool { return one.kind == "title" }) {
		p.Title = nil
	}
	var cut []CutProperty
	for _, c := range p.Cut {
		if !isNamed(names, c.Name, c.ID) && !hasID(ids, c.ID) {
			cut = append(cut, c)
		}
	}
	p.Cut = cut
}

// IDsOf returns the ids, as Notion sends them, of the properties with this display
// name or id. An id does not change when a property is renamed.
func (d *DataSource) IDsOf(name string) (ids []string) {
	if d.Properties == nil {
		return nil
	}
	_, named := split(d.Properties, []string{name}, nil)
	for _, one := range named {
		if one.id != "" {
			ids = append(ids, one.id)
		}
	}
	return ids
}

// PropertyNames are the display names of the properties, in Notion's order; none
// where the schema is unknown.
func (d *DataSource) PropertyNames() (names []string) {
	if d.Properties == nil {
		return nil
	}
	properties, _ := split(d.Properties, nil, nil)
	for _, one := range properties {
		names = append(names, textOf(one.name))
	}
	return names
}

// PropertyIDs returns the Query.Properties that make Notion leave out the properties
// with these names or ids (see Page.Without): the ids of all other properties, as
// Notion sends them. It returns nil, which requests all, where the schema has none of
// these properties or is unknown, and where there are more than 100 others. Where
// there is no other property it returns the title's id, because a query cannot request
// none.
//
// It only makes responses smaller: Page.Without removes what Notion sends all the
// same. Rows then lack properties that are newer than the schema.
func (d *DataSource) PropertyIDs(names []string, ids ...string) []string {
	if len(names)+len(ids) == 0 || d.Properties == nil {
		return nil
	}
	kept, removed := split(d.Properties, names, ids)
	if len(removed) == 0 || len(kept) > maxFilterProperties {
		return nil
	}
	others := make([]string, len(kept))
	for i, one := range kept {
		if one.id == "" {
			return nil
		}
		others[i] = one.id
	}
	if len(others) == 0 {
		return []string{"title"} // its id in every data source (Notion: property-object)
	}
	return others
}

// An identified is a property with its id and type.
type identified struct {
	member
	id, kind string
}

// split separates the properties of these names and ids, removed, from the others,
// kept. The object was decoded before: a page's values or a data source's schema.
func split(properties []byte, names, ids []string) (kept, removed []identified) {
	for _, m := range membersOf(properties) {
		one := identified{member: m}
		if m.value[0] == '{' {
			one.id, one.kind = stringOf(readProperty(m.value).id), string(typeOf(m.value))
		}
		if isNamed(names, textOf(m.name), one.id) || hasID(ids, one.id) {
			removed = append(removed, one)
		} else {
			kept = append(kept, one)
		}
	}
	return kept, removed
}

// isNamed reports whether a property's name or id is among names.
func isNamed(names []string, name, id string) bool {
	return slices.ContainsFunc(names, func(one string) bool { return SameName(one, name) }) || hasID(names, id)
}

// SameName reports whether two display names are the same. Notion keeps a name in the
// Unicode form in which it was typed, which may differ from the configuration's, so
// both are compared in NFC; case counts.
func SameName(a, b string) bool {
	return a == b || norm.NFC.String(a) == norm.NFC.String(b)
}

// hasID reports whether a property's id is among ids, in any encoding.
func hasID(ids []string, id string) bool {
	return id != "" && slices.ContainsFunc(ids, func(one string) bool { return SameProperty(one, id) })
}

// plainID is a property's id without the percent-encoding in which Notion sends most
// ids.
func plainID(id string) string {
	if plain, err := url.PathUnescape(id); err == nil {
		return plain
	}
	return id
}

// filterProperties is the query string that requests only these properties; ""
// requests all. It has the form that Notion's own JavaScript client sends: the name
// repeated, ids encoded once.
func filterProperties(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	plain := make([]string, len(ids))
	for i, id := range ids {
		plain[i] = plainID(id)
	}
	return "?" + url.Values{"filter_properties": plain}.Encode()
}
