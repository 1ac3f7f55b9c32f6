package notiontest

import (
	"bytes"
	"slices"
	"strings"
)

// A Garbling is a way for one object to be of no use while the rest of the answer
// is right. None is documented; each has been seen of APIs that assemble their
// answers from what they have stored.
type Garbling string

// The ways to be garbled.
const (
	NameTwice    Garbling = "a name twice"        // a member comes twice, with two values
	DeepNesting  Garbling = "nesting of 20,000"   // beyond what parsers follow
	NullCreated  Garbling = "created_time null"   // and nothing else wrong
	WrongType    Garbling = "a number for a time" // where a text belongs
	OnlyAnID     Garbling = "only an id"          // as where rights lack (Notion: SDK, partial objects)
	NoIDEither   Garbling = "no id"               // nothing to ask for again
	OrdinaryForm Garbling = ""                    // not garbled
)

// Garble makes a page come garbled from every endpoint, until it is garbled as
// OrdinaryForm.
func (w *Workspace) Garble(page string, how Garbling) {
	w.onRow(page, false, func(r *row) { r.extra().garbling = how })
}

// Garble makes the data source come garbled in search and alone, until it is
// garbled as OrdinaryForm.
func (d *DataSource) Garble(how Garbling) { d.change(func() { d.garbling = how }) }

// garbled damages the object that b ends with, which begins at from.
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

// withMember is an object with another value of one of its members.
func withMember(object []byte, name, value string) []byte {
	members := split(object)
	for i := range members {
		if members[i].name == name {
			members[i].value = []byte(value)
		}
	}
	return joinObject(nil, members)
}

// only is an object with no more than some of its members.
func only(object []byte, names ...string) []byte {
	return joinObject(nil, slices.DeleteFunc(split(object), func(m member) bool { return !slices.Contains(names, m.name) }))
}

// split takes apart an object that this package made.
func split(object []byte) []member {
	members, err := splitObject(bytes.Clone(object))
	if err != nil {
		panic("notiontest: an object of our own is no object: " + err.Error())
	}
	return members
}
