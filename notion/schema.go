package notion

import (
	"bytes"
	"fmt"
	"slices"
)

// MergedProperties is the schema of the whole database as one JSON object: the
// properties of its data sources in order; the first of a name wins. Names and values
// are the bytes that Notion sent. It is "{}" where no schema is known.
func (d *Database) MergedProperties() []byte {
	if len(d.DataSources) == 1 && d.DataSources[0].Properties != nil {
		return d.DataSources[0].Properties
	}
	var all []member
	seen := make(map[string]bool)
	for _, source := range d.DataSources {
		if source.Properties == nil {
			continue
		}
		for _, m := range membersOf(source.Properties) {
			if name := string(appendExact(nil, m.name)); !seen[name] {
				seen[name] = true
				all = append(all, m)
			}
		}
	}
	return joinMembers(all)
}

// DataSourcesJSON is the JSON array of the Raw of each data source.
func (d *Database) DataSourcesJSON() []byte {
	all := make([][]byte, len(d.DataSources))
	for i, source := range d.DataSources {
		all[i] = source.Raw
	}
	return fmt.Appendf(nil, "[%s]", bytes.Join(all, []byte(",")))
}

// withoutRequestID removes request_id from an object: it belongs to the response
// (Notion: status-codes).
func withoutRequestID(object []byte) []byte {
	members := membersOf(object)
	kept := slices.DeleteFunc(slices.Clone(members), func(m member) bool { return textOf(m.name) == "request_id" })
	if len(kept) == len(members) {
		return object
	}
	return joinMembers(kept)
}

// A member is one member of an object, as it is in the text.
type member struct{ name, value []byte }

// membersOf returns the members of an object that was checked before; nil for other texts.
func membersOf(object []byte) (all []member) {
	r := fastReader{text: object}
	if r.kind() != '{' {
		return nil
	}
	for r.enter(); r.next(); {
		all = append(all, member{r.name(), r.value()})
	}
	if r.bad {
		return nil
	}
	return all
}

// joinMembers makes an object of its members.
func joinMembers(members []member) []byte {
	joined := []byte("{")
	for i, m := range members {
		if i > 0 {
			joined = append(joined, ',')
		}
		joined = append(joined, m.name...)
		joined = append(joined, ':')
		joined = append(joined, m.value...)
	}
	return append(joined, '}')
}
