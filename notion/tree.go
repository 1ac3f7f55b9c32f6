package notion

import (
	"math"
	"slices"
	"sync"
)

// A tree is one JSON text without its variations of spelling: the members of an object are
// in the order of their names. Its nodes refer to each other, and to the text, by index: the
// memory is reused for the next text, and has nothing for the garbage collector to follow.
//
// Reading a tree checks the text. That takes less time than a decoder, which could say what
// is wrong.
type tree struct {
	text   []byte
	texts  []byte // values of the strings that have escapes; their offsets go on from those of text
	nodes  []node
	names  []treeMember // of the objects that are being read
	ends   []end
	most   int  // how many nodes there may be
	pruned bool // the text has more values: the tree has no nodes
}

// A node is a value.
type node struct {
	name  slot  // in its object
	value slot  // of a string; the spelling of a number
	child int32 // the first child, in an object by name; or none
	next  int32 // the child after this one; or none
	kind  byte  // n, t or f; " for a string, 0 for a number, { or [
	gone  bool  // left out of the form, with everything below
}

// A slot is an extent of a tree. Responses are bounded far below its range, see [maxBody].
type slot struct{ from, to int32 }

func slotOf(from, to int) slot { return slot{int32(from), int32(to)} } //nolint:gosec // texts are bounded, see slot

// An end says where an object or array ends. A text has one for each, in the order in which
// they begin.
type end struct {
	at    int32 // the offset behind its bracket
	after int32 // the number of those that begin in it or before it
	place int32 // its node
}

const (
	root int32 = 0  // the index of the whole text's value
	none int32 = -1 // no index
)

// How many nodes a tree may have.
const (
	noNodes   = 0             // of a text that is only checked
	mostNodes = 1 << 20       // of a response with pages: 28 MiB. One with 100 pages has some 25,000
	allNodes  = math.MaxInt32 // of a text that needs its form, whatever that costs
)

// trees reuses the memory of trees.
var trees = sync.Pool{New: func() any { return new(tree) }}

// mostKept is how many nodes, ends and names a tree may have room for that is kept, which is
// 18 MiB.
const mostKept = 256 << 10

// free returns the tree's memory to trees. That of a text with far more values than a
// response of pages has is not kept.
func (t *tree) free() {
	t.text, t.texts = nil, t.texts[:0]
	if max(cap(t.nodes), cap(t.ends), cap(t.names)) <= mostKept && cap(t.texts) <= 8*mostKept {
		trees.Put(t)
	}
}

// A tree has room for the nodes of most responses at first: for as many as a text of that
// length may have, if it is one of Notion's, but no more than 2 MiB.
const (
	bytesPerNode = 12
	firstNodes   = 64 << 10
)

// read reads text, which is UTF-8. It reports whether text is JSON as in RFC 8259, at most
// deepest deep, without duplicate names in an object. A lone surrogate escape is a character
// here. The tree has at most so many nodes, or none. A text of more than 1 GiB is refused.
func (t *tree) read(text []byte, most int) bool {
	if len(text) > math.MaxInt32/2 {
		return false
	}
	t.text, t.texts, t.nodes, t.names, t.ends = text, t.texts[:0], t.nodes[:0], t.names[:0], t.ends[:0]
	t.pruned, t.most = most == noNodes, most
	if !t.pruned {
		t.nodes = slices.Grow(t.nodes, min(len(text)/bytesPerNode, most, firstNodes))
	}
	at := t.value(0, 0)
	return at != wrong && skipSpace(text, at) == len(text)
}

// value returns the offset behind the value that begins at at or, after white space, later.
// It is in depth objects and arrays.
func (t *tree) value(at, depth int) int {
	if at = skipSpace(t.text, at); at == len(t.text) {
		return wrong
	}
	kind := t.text[at]
	switch kind {
	case '{':
		return t.object(at, depth)
	case '[':
		return t.array(at, depth)
	case '"':
		behind, escaped := stringEnd(t.text, at)
		if behind != wrong {
			t.add(kind, t.exact(slotOf(at+1, behind-1), escaped))
		}
		return behind
	case 't':
		t.add(kind, slot{})
		return wordEnd(t.text, at, "true")
	case 'f':
		t.add(kind, slot{})
		return wordEnd(t.text, at, "false")
	case 'n':
		t.add(kind, slot{})
		return wordEnd(t.text, at, "null")
	default:
		behind := numberEnd(t.text, at)
		t.add('0', slotOf(at, behind))
		return behind
	}
}

// add adds a node.
func (t *tree) add(kind byte, value slot) {
	switch {
	case t.pruned:
	case len(t.nodes) == t.most: // from now on the text is only checked
		t.pruned, t.nodes = true, nil
	default:
		t.nodes = append(t.nodes, node{kind: kind, value: value, child: none, next: none})
	}
}

// place is the index that the next node will have.
func (t *tree) place() int32 { return int32(len(t.nodes)) } //nolint:gosec // each node needs a byte of a response, and responses are bounded

func (t *tree) object(at, depth int) int {
	if depth == deepest {
		return wrong
	}
	first, begun := len(t.names), t.open('{')
	if at = skipSpace(t.text, at+1); isAt(t.text, at, '}') {
		return t.close(begun, at)
	}
	for {
		if !isAt(t.text, at, '"') {
			return wrong
		}
		behind, escaped := stringEnd(t.text, at)
		if behind == wrong {
			return wrong
		}
		name := slotOf(at+1, behind-1)
		t.names = append(t.names, treeMember{begin: t.beginOf(name), name: name, place: t.place(), escaped: escaped})
		if at = skipSpace(t.text, behind); !isAt(t.text, at, ':') {
			return wrong
		}
		if at = t.value(at+1, depth+1); at == wrong {
			return wrong
		}
		if at = skipSpace(t.text, at); !isAt(t.text, at, ',') {
			break
		}
		at = skipSpace(t.text, at+1)
	}
	names := t.names[first:]
	if !isAt(t.text, at, '}') || !t.areUnique(names) {
		return wrong
	}
	if !t.pruned {
		t.adopt(t.ends[begun].place, names)
	}
	t.names = t.names[:first]
	return t.close(begun, at)
}

func (t *tree) array(at, depth int) int {
	if depth == deepest {
		return wrong
	}
	begun := t.open('[')
	if at = skipSpace(t.text, at+1); isAt(t.text, at, ']') {
		return t.close(begun, at)
	}
	for last := none; ; {
		place := t.place()
		if at = t.value(at, depth+1); at == wrong {
			return wrong
		}
		switch {
		case t.pruned:
		case last == none:
			t.nodes[t.ends[begun].place].child = place
		default:
			t.nodes[last].next = place
		}
		last = place
		if at = skipSpace(t.text, at); !isAt(t.text, at, ',') {
			break
		}
		at++
	}
	if !isAt(t.text, at, ']') {
		return wrong
	}
	return t.close(begun, at)
}

// open adds the node of an object or array, and returns the index of its end.
func (t *tree) open(kind byte) (begun int) {
	t.ends = append(t.ends, end{place: t.place()})
	t.add(kind, slot{})
	return len(t.ends) - 1
}

// close notes where an object or array ends, and returns the offset behind its bracket.
func (t *tree) close(begun, bracket int) int {
	e := &t.ends[begun]
	e.at, e.after = int32(bracket+1), int32(len(t.ends)) //nolint:gosec // texts are bounded, see slot
	return bracket + 1
}

// exact is the value, as appendExact writes it, of the string at literal, which is without
// its quotes.
func (t *tree) exact(literal slot, escaped bool) slot {
	if !escaped || t.pruned {
		return literal
	}
	from := len(t.text) + len(t.texts)
	t.texts = appendExact(t.texts, t.text[literal.from-1:literal.to+1])
	return slotOf(from, len(t.text)+len(t.texts))
}

// of is the bytes at a slot.
func (t *tree) of(s slot) []byte {
	from, to := int(s.from), int(s.to)
	if behind := from - len(t.text); behind >= 0 {
		return t.texts[behind : to-len(t.text)]
	}
	return t.text[from:to]
}
