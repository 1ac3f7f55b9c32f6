package notion

import (
	"net/url"
	"slices"

	"golang.org/x/text/unicode/norm"
)

// maxFilterProperties is how many properties a query may name: the most elements
// that Notion takes in an array (Notion: request-limits), and few enough for
// every server that reads the URL on the way.
const maxFilterProperties = 100

// Without takes properties out of the page: out of Properties and of Cut, and
// with the title property Title, which is its text. Each name is a property's
// display name, see SameName, or its id, percent-encoded or not; ids are ids only. What no
// property has is passed over. The other properties stay byte for byte.
func (p *Page) Without(names []string, ids ...string) {
	if len(names)+len(ids) == 0 || p.Properties == nil {
		return
	}
	kept, left := split(p.Properties, names, ids)
	if len(left) == 0 {
		return
	}
	members := make([]member, len(kept))
	for i, one := range kept {
		members[i] = one.member
	}
	p.Properties = joinMembers(members)
	if slices.ContainsFunc(left, func(one identified) bool { return one.kind == "title" }) {
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

// IDsOf are the ids, as Notion gives them, of the properties with a display name
// or an id. They stay when a property is renamed.
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
// where the schema is not known.
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

// PropertyIDs is what to set as Query.Properties so that Notion does not send
// the properties of these names or ids, which Page.Without takes: the ids of all
// others, as Notion gives them. It is nil, which asks for all, where the schema has none of them or is
// not known, and where more than 100 others are left. Of a schema with no others
// it is the title's, because a query cannot ask for none.
//
// It narrows what is sent, no more: Page.Without takes out what came all the
// same. Of a property that is newer than the schema, rows come without.
func (d *DataSource) PropertyIDs(names []string, ids ...string) []string {
	if len(names)+len(ids) == 0 || d.Properties == nil {
		return nil
	}
	kept, left := split(d.Properties, names, ids)
	if len(left) == 0 || len(kept) > maxFilterProperties {
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

// An identified is a property with what it can be named by.
type identified struct {
	member
	id, kind string
}

// split tells the properties of these names and ids, left, from the others, kept.
// The object is one that was decoded: a page's values or a data source's schema.
func split(properties []byte, names, ids []string) (kept, left []identified) {
	members, err := newWalk(properties).members()
	if err != nil {
		return nil, nil
	}
	for _, m := range members {
		one := identified{member: m}
		if m.value[0] == '{' {
			one.id, one.kind = stringOf(readProperty(m.value).id), string(typeOf(m.value))
		}
		if isNamed(names, textOf(m.name), one.id) || hasID(ids, one.id) {
			left = append(left, one)
		} else {
			kept = append(kept, one)
		}
	}
	return kept, left
}

// isNamed says whether a property's name or id is among names.
func isNamed(names []string, name, id string) bool {
	return slices.ContainsFunc(names, func(one string) bool { return SameName(one, name) }) || hasID(names, id)
}

// SameName says whether two display names are one. Notion keeps a name in the
// form of Unicode that it was typed in, which may not be that of the
// configuration, so both are compared in NFC; case counts.
func SameName(a, b string) bool {
	return a == b || norm.NFC.String(a) == norm.NFC.String(b)
}

// hasID says whether a property's id is among ids, in any encoding.
func hasID(ids []string, id string) bool {
	return id != "" && slices.ContainsFunc(ids, func(one string) bool { return plainID(one) == plainID(id) })
}

// plainID is a property's id as Notion knows it, without the percent-encoding in
// which it gives most of them.
func plainID(id string) string {
	if plain, err := url.PathUnescape(id); err == nil {
		return plain
	}
	return id
}

// filterProperties is the query string that asks for these properties only; ""
// asks for all. It has the form that Notion's own JavaScript client sends: the
// name repeated, ids encoded once.
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
