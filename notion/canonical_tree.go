package notion

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// naming says who chose the names of an object's members. People name a page's
// properties and may call one "avatar_url" or "expiry_time"; Notion names
// everything below a property.
type naming int

const (
	notionsNames naming = iota
	peoplesNames
)

// A tree is one JSON text without its variations of spelling. Its nodes refer to
// each other by index, so that the memory is reused for the next text.
type tree struct {
	nodes    []node
	children []int32 // of the objects and arrays that are being read
	texts    []byte  // values of the strings that have escapes
}

// A node is a value.
type node struct {
	name  []byte // in its object
	text  []byte // the value of a string, the spelling of a number
	kind  byte   // n, t or f; " for a string, 0 for a number, { or [
	gone  bool   // left out of the form, with everything below
	child int32  // the first child, in an object by name; or none
	next  int32  // the child after this one; or none
}

const (
	root int32 = 0  // the index of the whole text's value
	none int32 = -1 // no index
)

// read reads a text. It returns false for a text that is not JSON.
func (t *tree) read(text []byte) bool {
	t.clear()
	r := fastReader{text: text}
	t.readValue(&r)
	r.skipSpace()
	return !r.bad && r.at == len(text)
}

func (t *tree) clear() {
	clear(t.nodes)
	t.nodes, t.children, t.texts = t.nodes[:0], t.children[:0], t.texts[:0]
}

// readValue takes one value and returns its index.
func (t *tree) readValue(r *fastReader) int32 {
	place := int32(len(t.nodes)) //nolint:gosec // each node needs a byte of a response, and responses are bounded
	n := node{kind: byte(r.kind()), child: none, next: none}
	switch n.kind {
	case '"':
		n.text = t.exact(r.str())
	case '0':
		n.text = r.literal()
	case '{', '[':
		t.nodes = append(t.nodes, n)
		t.readChildren(r, place)
		return place
	default:
		r.literal()
	}
	t.nodes = append(t.nodes, n)
	return place
}

// readChildren takes the members of an object, or the elements of an array, and puts
// them below place.
func (t *tree) readChildren(r *fastReader, place int32) {
	isObject := t.nodes[place].kind == '{'
	first := len(t.children)
	for r.enter(); r.next(); {
		var name []byte
		if isObject {
			name = t.exact(r.name())
		}
		child := t.readValue(r)
		t.nodes[child].name = name
		t.children = append(t.children, child)
	}
	children := t.children[first:]
	if isObject {
		slices.SortFunc(children, func(a, b int32) int { return bytes.Compare(t.nodes[a].name, t.nodes[b].name) })
	}
	after := none
	for _, child := range slices.Backward(children) {
		t.nodes[child].next = after
		after = child
	}
	t.nodes[place].child = after
	t.children = t.children[:first]
}

// exact returns the result of appendExact for a string literal; nil for other bytes.
func (t *tree) exact(literal []byte) []byte {
	switch {
	case len(literal) < 2:
		return nil
	case bytes.IndexByte(literal, '\\') < 0:
		return literal[1 : len(literal)-1]
	}
	before := len(t.texts)
	t.texts = appendExact(t.texts, literal)
	return t.texts[before:]
}

// append appends the form of a value: its kind, then the length and bytes of texts,
// and children up to a closing bracket, which begins no form.
func (t *tree) append(form []byte, place int32, names naming) []byte {
	n := &t.nodes[place]
	form = append(form, n.kind)
	switch n.kind {
	case '"', '0':
		return appendBytes(form, n.text)
	case '{':
		if names == notionsNames {
			t.forget(place)
		}
		for child := n.child; child != none; child = t.nodes[child].next {
			if member := &t.nodes[child]; !member.gone {
				form = appendBytes(append(form, ':'), member.name)
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
		switch n := &t.nodes[place]; {
		case n.kind != '"':
		case string(n.name) == "object":
			is = n.text
		case string(n.name) == "type":
			kind = n.text
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
		if string(t.nodes[child].name) == name {
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
		t.nodes[place].text, _, _ = bytes.Cut(t.nodes[place].text, []byte("?"))
	}
}

// appendBytes appends the length of text, then text.
func appendBytes(form, text []byte) []byte {
	return append(binary.AppendUvarint(form, uint64(len(text))), text...)
}
