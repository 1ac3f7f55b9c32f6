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

// A tree is one JSON text without its variations of spelling. Its nodes refer to each
// other, and to the text, by index: the memory is reused for the next text, and has nothing
// for the garbage collector to follow.
type tree struct {
	text     []byte
	texts    []byte // values of the strings that have escapes; their offsets go on from those of text
	nodes    []node
	children []int32 // of the objects and arrays that are being read
}

// A node is a value.
type node struct {
	name  extent // in its object
	value extent // of a string; the spelling of a number
	child int32  // the first child, in an object by name; or none
	next  int32  // the child after this one; or none
	kind  byte   // n, t or f; " for a string, 0 for a number, { or [
	gone  bool   // left out of the form, with everything below
}

const (
	root int32 = 0  // the index of the whole text's value
	none int32 = -1 // no index
)

// read reads a text. It returns false for a text that is not JSON.
func (t *tree) read(text []byte) bool {
	t.clear()
	t.text = text
	r := fastReader{text: text}
	t.readValue(&r)
	r.skipSpace()
	return !r.bad && r.at == len(text)
}

func (t *tree) clear() {
	t.text, t.texts, t.nodes, t.children = nil, t.texts[:0], t.nodes[:0], t.children[:0]
}

// of is the bytes at an extent.
func (t *tree) of(e extent) []byte {
	if behind := e.from - len(t.text); behind >= 0 {
		return t.texts[behind : e.to-len(t.text)]
	}
	return t.text[e.from:e.to]
}

// readValue takes one value and returns its index.
func (t *tree) readValue(r *fastReader) int32 {
	place := int32(len(t.nodes)) //nolint:gosec // each node needs a byte of a response, and responses are bounded
	n := node{kind: byte(r.kind()), child: none, next: none}
	switch n.kind {
	case '"':
		n.value = t.exact(r, r.str())
	case '0':
		n.value = t.behind(r, r.literal(), 0)
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
		var name extent
		if isObject {
			r.skipSpace()
			name = t.exact(r, r.str())
			r.colon()
		}
		child := t.readValue(r)
		t.nodes[child].name = name
		t.children = append(t.children, child)
	}
	children := t.children[first:]
	if isObject {
		slices.SortFunc(children, func(a, b int32) int { return bytes.Compare(t.of(t.nodes[a].name), t.of(t.nodes[b].name)) })
	}
	after := none
	for _, child := range slices.Backward(children) {
		t.nodes[child].next = after
		after = child
	}
	t.nodes[place].child = after
	t.children = t.children[:first]
}

// exact is the value, as appendExact writes it, of the string literal that was just read.
func (t *tree) exact(r *fastReader, literal []byte) extent {
	switch {
	case len(literal) < 2:
		return extent{}
	case !r.escaped:
		return t.behind(r, literal, 1)
	}
	from := len(t.text) + len(t.texts)
	t.texts = appendExact(t.texts, literal)
	return extent{from, len(t.text) + len(t.texts)}
}

// behind is the literal that was just read, without its quotes.
func (t *tree) behind(r *fastReader, literal []byte, quotes int) extent {
	return extent{r.at - len(literal) + quotes, r.at - quotes}
}

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
		value.to = value.from + len(address)
	}
}

// appendBytes appends the length of text, then text.
func appendBytes(form, text []byte) []byte {
	return append(binary.AppendUvarint(form, uint64(len(text))), text...)
}
