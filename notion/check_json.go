package notion

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// A jsonCheck finds out whether a text is one JSON value in which no object has a name
// twice, and where its objects and arrays end. It takes half the time of a decoder, which
// could say what is wrong.
type jsonCheck struct {
	text  []byte
	names []literal // read so far in the objects that are open
	ends  []end
}

// A literal is the extent of a member's name.
type literal struct {
	extent
	escaped bool
}

// An end says where an object or array ends. A text has one for each, in the order in which
// they begin.
type end struct {
	at    int // the offset behind its bracket
	after int // the number of those that begin in it or before it
}

// wrong is the offset behind what is not JSON.
const wrong = -1

// isStrict reports whether text, which is UTF-8, is what a strictReader reads: JSON as in
// RFC 8259, at most deepest deep, without duplicate names in an object. A lone surrogate
// escape is a character here.
func (c *jsonCheck) isStrict(text []byte) bool {
	c.text, c.names, c.ends = text, c.names[:0], c.ends[:0]
	at := c.value(0, 0)
	return at != wrong && skipSpace(text, at) == len(text)
}

// value returns the offset behind the value that begins at at or, after white space, later.
// It is in depth objects and arrays.
func (c *jsonCheck) value(at, depth int) int {
	if at = skipSpace(c.text, at); at == len(c.text) {
		return wrong
	}
	switch c.text[at] {
	case '"':
		at, _ = c.str(at)
		return at
	case '{':
		return c.object(at, depth)
	case '[':
		return c.array(at, depth)
	case 't':
		return c.word(at, "true")
	case 'f':
		return c.word(at, "false")
	case 'n':
		return c.word(at, "null")
	default:
		return c.number(at)
	}
}

func (c *jsonCheck) object(at, depth int) int {
	if depth == deepest {
		return wrong
	}
	first, place := len(c.names), len(c.ends)
	c.ends = append(c.ends, end{})
	if at = skipSpace(c.text, at+1); c.is(at, '}') {
		return c.end(place, at)
	}
	for {
		name := literal{extent: extent{from: at}}
		if !c.is(at, '"') {
			return wrong
		}
		if name.to, name.escaped = c.str(at); name.to == wrong {
			return wrong
		}
		c.names = append(c.names, name)
		if at = skipSpace(c.text, name.to); !c.is(at, ':') {
			return wrong
		}
		if at = c.value(at+1, depth+1); at == wrong {
			return wrong
		}
		if at = skipSpace(c.text, at); !c.is(at, ',') {
			break
		}
		at = skipSpace(c.text, at+1)
	}
	if !c.is(at, '}') || !c.areUnique(c.names[first:]) {
		return wrong
	}
	c.names = c.names[:first]
	return c.end(place, at)
}

func (c *jsonCheck) array(at, depth int) int {
	if depth == deepest {
		return wrong
	}
	place := len(c.ends)
	c.ends = append(c.ends, end{})
	if at = skipSpace(c.text, at+1); c.is(at, ']') {
		return c.end(place, at)
	}
	for {
		if at = c.value(at, depth+1); at == wrong {
			return wrong
		}
		if at = skipSpace(c.text, at); !c.is(at, ',') {
			break
		}
		at++
	}
	if !c.is(at, ']') {
		return wrong
	}
	return c.end(place, at)
}

// end notes where an object or array ends, and returns the offset behind its bracket.
func (c *jsonCheck) end(place, bracket int) int {
	c.ends[place] = end{bracket + 1, len(c.ends)}
	return bracket + 1
}

// is reports whether a byte is at an offset.
func (c *jsonCheck) is(at int, one byte) bool { return at < len(c.text) && c.text[at] == one }

func (c *jsonCheck) word(at int, word string) int {
	if behind := at + len(word); behind <= len(c.text) && string(c.text[at:behind]) == word {
		return behind
	}
	return wrong
}

// number returns the offset behind the number at at.
func (c *jsonCheck) number(at int) int {
	if c.is(at, '-') {
		at++
	}
	if c.is(at, '0') {
		at++
	} else if at = c.digits(at); at == wrong {
		return wrong
	}
	if c.is(at, '.') {
		if at = c.digits(at + 1); at == wrong {
			return wrong
		}
	}
	if c.is(at, 'e') || c.is(at, 'E') {
		if at++; c.is(at, '+') || c.is(at, '-') {
			at++
		}
		at = c.digits(at)
	}
	return at
}

// digits returns the offset behind the digits at at, of which there must be one.
func (c *jsonCheck) digits(at int) int {
	begin := at
	for at < len(c.text) && c.text[at]-'0' <= 9 {
		at++
	}
	if at == begin {
		return wrong
	}
	return at
}

// str returns the offset behind the string at at, and whether it has an escape.
func (c *jsonCheck) str(at int) (behind int, escaped bool) {
	for at = plainEnd(c.text, at+1); at < len(c.text); at = plainEnd(c.text, at) {
		switch c.text[at] {
		case '"':
			return at + 1, escaped
		case '\\':
			if at, escaped = c.escape(at), true; at == wrong {
				return wrong, true
			}
		default:
			return wrong, false // a control character
		}
	}
	return wrong, false
}

// escape returns the offset behind the escape at at.
func (c *jsonCheck) escape(at int) int {
	if at += 2; at > len(c.text) {
		return wrong
	}
	switch c.text[at-1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return at
	case 'u':
		if len(c.text)-at < 4 {
			return wrong
		}
		for _, digit := range c.text[at : at+4] {
			if digit-'0' > 9 && (digit|0x20)-'a' > 5 {
				return wrong
			}
		}
		return at + 4
	}
	return wrong
}

// manyNames is the number of members from which on an object's names are compared by a
// map.
const manyNames = 32

// areUnique reports whether no two of an object's names are equal.
func (c *jsonCheck) areUnique(names []literal) bool {
	if len(names) >= manyNames || slices.ContainsFunc(names, func(name literal) bool { return name.escaped }) {
		return c.areUniqueTexts(names)
	}
	for i, name := range names {
		text := c.text[name.from:name.to]
		for _, other := range names[:i] {
			if len(text) == other.to-other.from && string(text) == string(c.text[other.from:other.to]) {
				return false
			}
		}
	}
	return true
}

// areUniqueTexts is areUnique for any names.
func (c *jsonCheck) areUniqueTexts(names []literal) bool {
	met := make(map[string]bool, len(names))
	for _, name := range names {
		met[textOf(c.text[name.from:name.to])] = true
	}
	return len(met) == len(names)
}

// skipSpace is the offset, from at on, of the first byte that is not white space.
func skipSpace(text []byte, at int) int {
	for at < len(text) && text[at] <= ' ' && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r') {
		at++
	}
	return at
}

// plainEnd is the offset, from at on, of the first quote, backslash or control character;
// len(text) or more where there is none. It looks at eight bytes at a time.
func plainEnd(text []byte, at int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; len(text)-at >= 8; at += 8 {
		// The top bit of a byte of x-ones&^x is set where the byte is zero; of eight-0x20
		// where it is below 0x20. A borrow spoils only bytes behind the first one found.
		eight := binary.LittleEndian.Uint64(text[at:])
		quote, backslash := eight^ones*'"', eight^ones*'\\'
		found := ((quote-ones)&^quote | (backslash-ones)&^backslash | (eight-ones*0x20)&^eight) & tops
		if found != 0 {
			return at + bits.TrailingZeros64(found)/8
		}
	}
	for ; at < len(text); at++ {
		if b := text[at]; b == '"' || b == '\\' || b < 0x20 {
			break
		}
	}
	return at
}
