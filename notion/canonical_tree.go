package notion

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// naming says whose the names of an object's members are. A page's properties
// are named by people, who may well call one "avatar_url" or "expiry_time";
// what is below them is named by Notion again.
type naming int

const (
	notionsNames naming = iota
	peoplesNames
)

// A tree is one JSON text without what spelling can vary. Its nodes refer to
// each other by their place, so that one memory serves text after text.
type tree struct {
	nodes    []node
	children []int32 // of the objects and arrays that are not read to their end
	texts    []byte  // values of the strings that have escapes
}

// A node is a value.
type node struct {
	name  []byte // in the object that holds it
	text  []byte // of a string its value, of a number its spelling
	kind  byte   // n, t or f; " for a string, 0 for a number, { or [
	gone  bool   // forgotten, with all below
	child int32  // the first one, of an object by name; or none
	next  int32  // the child after this one; or none
}

const (
	root int32 = 0  // the place of the value that is all of the text
	none int32 = -1 // no place
)

// read reads a text. It is false for one that is not JSON.
func (t *tree) read(text []byte) bool {
	t.clear()
	s := skim{text: text}
	t.readValue(&s)
	s.skipSpace()
	return !s.bad && s.at == len(text)
}

func (t *tree) clear() {
	clear(t.nodes)
	t.nodes, t.children, t.texts = t.nodes[:0], t.children[:0], t.texts[:0]
}

// readValue takes one value and returns its place.
func (t *tree) readValue(s *skim) int32 {
	place := int32(len(t.nodes)) //nolint:gosec // a node costs a byte of an answer, and these are bounded
	n := node{kind: byte(s.kind()), child: none, next: none}
	switch n.kind {
	case '"':
		n.text = t.exact(s.str())
	case '0':
		n.text = s.literal()
	case '{', '[':
		t.nodes = append(t.nodes, n)
		t.readChildren(s, place)
		return place
	default:
		s.literal()
	}
	t.nodes = append(t.nodes, n)
	return place
}

// readChildren takes what is inside an object or array and puts it below place.
func (t *tree) readChildren(s *skim, place int32) {
	isObject := t.nodes[place].kind == '{'
	first := len(t.children)
	for s.enter(); s.next(); {
		var name []byte
		if isObject {
			name = t.exact(s.name())
		}
		child := t.readValue(s)
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

// exact is what appendExact makes of a string literal; nil of what is none.
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

// append appends the form of a value: its kind, then texts with their length
// before them, and children up to a closing bracket, which begins no form.
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

// forget takes out of an object what changes without meaning.
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
		// A file that Notion hosts: its URL is signed anew, for an hour, at
		// every read (Notion: file object).
		file := t.member(object, "file")
		t.drop(file, "expiry_time")
		t.cutQuery(file)
	case string(kind) == "custom_emoji":
		t.cutQuery(t.member(object, "custom_emoji"))
	}
}

// member is the place of an object's member, or none. Other values than objects
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

// drop takes a member out of an object.
func (t *tree) drop(object int32, name string) {
	if place := t.member(object, name); place != none {
		t.nodes[place].gone = true
	}
}

// cutQuery takes the query part off an object's url.
func (t *tree) cutQuery(object int32) {
	place := t.member(object, "url")
	if place != none && t.nodes[place].kind == '"' {
		t.nodes[place].text, _, _ = bytes.Cut(t.nodes[place].text, []byte("?"))
	}
}

// appendBytes appends text with its length before it.
func appendBytes(form, text []byte) []byte {
	return append(binary.AppendUvarint(form, uint64(len(text))), text...)
}
