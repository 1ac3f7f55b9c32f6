package notiontest

import (
	"bytes"
	"slices"
	"strings"
)

// A Garbling makes one object unusable while the rest of the answer is correct. None
// is documented; each has been seen in APIs that assemble their answers from stored
// data.
type Garbling string

// The kinds of garbling.
const (
	NameTwice    Garbling = "a name twice"        // a member comes twice, with two values
	DeepNesting  Garbling = "nesting of 20,000"   // deeper than parsers read
	NullCreated  Garbling = "created_time null"   // everything else is correct
	WrongType    Garbling = "a number for a time" // instead of a string
	OnlyAnID     Garbling = "only an id"          // as without access (Notion: SDK, partial objects)
	NoIDEither   Garbling = "no id"               // so that it cannot be retrieved
	OrdinaryForm Garbling = ""                    // not garbled
)

// Garble garbles a page at every endpoint, until Garble with OrdinaryForm.
func (w *Workspace) Garble(page string, how Garbling) {
	w.onRow(page, false, func(r *row) { r.extra().garbling = how })
}

// Garble garbles the data source in search and when it is retrieved, until Garble with
// OrdinaryForm.
func (d *DataSource) Garble(how Garbling) { d.change(func() { d.garbling = how }) }

// garbled damages the object at the end of b, which begins at from.
func garbled(b []byte, from int, how Garbling) []byte {
	object := b[from:]
	switch how {
	case NameTwice:
		b = append(b[:len(b)-1], `,"icon":null,"icon":{"type":"emoji","emoji":"🥬"}}`...)
	case DeepNesting:
		b = append(b[:len(b)-1], `,"nested":`...)
		b = append(b, strings.Repeat("[", 20_000)...)
		b = append(append(b, strings.Repeat("]", 20_000)...), '}')
	case NullCreated:
		b = append(b[:from], withMember(object, "created_time", "null")...)
	case WrongType:
		b = append(b[:from], withMember(object, "last_edited_time", "4711")...)
	case OnlyAnID:
		b = append(b[:from], only(object, "object", "id")...)
	case NoIDEither:
		b = append(b[:from], withMember(object, "id", "null")...)
	}
	return b
}

// withMember is an object with another value for one of its members.
func withMember(object []byte, name, value string) []byte {
	members := split(object)
	for i := range members {
		if members[i].name == name {
			members[i].value = []byte(value)
		}
	}
	return joinObject(nil, members)
}

// only is an object with only some of its members.
func only(object []byte, names ...string) []byte {
	return joinObject(nil, slices.DeleteFunc(split(object), func(m member) bool { return !slices.Contains(names, m.name) }))
}

// split returns the members of an object that this package made.
func split(object []byte) []member {
	members, err := splitObject(bytes.Clone(object))
	if err != nil {
		panic("notiontest: splitting an object of this package: " + err.Error())
	}
	return members
}
