package notion

import (
	"bytes"
	"encoding/binary"
)

// naming says who chose the names of an object's members. People name a page's
// properties and may call one "avatar_url" or "expiry_time"; Notion names
// everything below a property.
type naming int

const (
	notionsNames naming = iota
	peoplesNames
)

// append appends the form of a value: its kind, then the length and bytes of texts,
// and children up to a closing bracket, which begins no form.
func (t *tree) append(form []byte, place int32, names naming) []byte {
	n := &t.nodes[place]
	form = append(form, n.kind)
	switch n.kind {
	case '"', '0':
		return appendBytes(form, t.of(n.value))
	case '{':
		if names == notionsNames {
			t.forget(place)
		}
		for child := n.child; child != none; child = t.nodes[child].next {
			if member := &t.nodes[child]; !member.gone {
				form = appendBytes(append(form, ':'), t.of(member.name))
				form = t.append(form, child, notionsNames)
			}
		}
		return append(form, '}')
	case '[':
		for child := n.child; child != none; child = t.nodes[child].next {
			form = t.append(form, child, notionsNames)
		}
		return append(form, ']')
	default:
		return form
	}
}

// forget removes from an object what Notion changes although the content did not.
func (t *tree) forget(object int32) {
	var is, kind []byte
	for place := t.nodes[object].child; place != none; place = t.nodes[place].next {
		n := &t.nodes[place]
		if n.kind != '"' {
			continue
		}
		switch string(t.of(n.name)) {
		case "object":
			is = t.of(n.value)
		case "type":
			kind = t.of(n.value)
		}
	}
	switch {
	case string(is) == "user":
		t.drop(object, "avatar_url")
	case string(kind) == "file":
		// Notion hosts this file: every read signs its URL anew, for an hour
		// (Notion: file object).
		file := t.member(object, "file")
		t.drop(file, "expiry_time")
		t.cutQuery(file)
	case string(kind) == "custom_emoji":
		t.cutQuery(t.member(object, "custom_emoji"))
	}
}

// member is the index of an object's member, or none. Values other than objects
// have no members.
func (t *tree) member(object int32, name string) int32 {
	if object == none || t.nodes[object].kind != '{' {
		return none
	}
	for child := t.nodes[object].child; child != none; child = t.nodes[child].next {
		if string(t.of(t.nodes[child].name)) == name {
			return child
		}
	}
	return none
}

// drop removes a member from an object.
func (t *tree) drop(object int32, name string) {
	if place := t.member(object, name); place != none {
		t.nodes[place].gone = true
	}
}

// cutQuery removes the query part of an object's url.
func (t *tree) cutQuery(object int32) {
	place := t.member(object, "url")
	if place != none && t.nodes[place].kind == '"' {
		value := &t.nodes[place].value
		address, _, _ := bytes.Cut(t.of(*value), []byte("?"))
		value.to = value.from + int32(len(address)) //nolint:gosec // shorter than it was
	}
}

// appendBytes appends the length of text, then text.
func appendBytes(form, text []byte) []byte {
	return append(binary.AppendUvarint(form, uint64(len(text))), text...)
}
