package notion

import (
	"github.com/go-json-experiment/json/jsontext"
)

// A fastReader reads JSON text that a strictReader has checked. It only finds where values begin
// and end, which is several times as fast. In text that is not JSON it sets bad and
// stops, or takes the text for similar JSON.
type fastReader struct {
	text []byte
	at   int
	bad  bool

	ends []end // of the objects and arrays in text; nil where they are not known
	open int   // how many of them began before at
}

// kind is the kind of the next value.
func (r *fastReader) kind() jsontext.Kind {
	r.skipSpace()
	if r.at == len(r.text) {
		return jsontext.KindInvalid
	}
	switch c := r.text[r.at]; c {
	case '{', '[', '"', 'n', 't', 'f':
		return jsontext.Kind(c)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return jsontext.KindNumber
	default:
		return jsontext.KindInvalid
	}
}

// enter takes the bracket that begins an object or array. Its members or
// elements follow, each after a call of next:
//
//	for r.enter(); r.next(); {
//		name, value := r.name(), r.value()
//	}
func (r *fastReader) enter() {
	r.skipSpace()
	r.at++
	r.open++
}

// next moves to the next member or element. It returns false, and moves past the
// closing bracket, at the end.
func (r *fastReader) next() bool {
	r.skipSpace()
	if r.at == len(r.text) {
		r.bad = true
	}
	if r.bad {
		return false
	}
	switch r.text[r.at] {
	case '}', ']':
		r.at++
		return false
	case ',':
		r.at++
	}
	return true
}

// noName is the literal for a name that cannot be read.
var noName = []byte(`""`)

// name takes a member's name and the colon, and returns the name's literal, or
// noName where there is none.
func (r *fastReader) name() []byte {
	r.skipSpace()
	name := r.str()
	if r.bad {
		return noName
	}
	if r.skipSpace(); !isAt(r.text, r.at, ':') {
		r.bad = true
		return name
	}
	r.at++
	return name
}

// value takes one value of any kind and returns its text.
func (r *fastReader) value() []byte {
	kind, begin := r.kind(), r.at
	switch kind {
	case '"':
		return r.str()
	case '{', '[':
	default:
		return r.literal()
	}
	if r.open < len(r.ends) {
		end := r.ends[r.open]
		r.at, r.open = int(end.at), int(end.after)
		return r.text[begin:r.at:r.at]
	}
	for depth := 0; r.at < len(r.text) && !r.bad; {
		switch r.text[r.at] {
		case '"':
			r.str()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		r.at++
		if depth == 0 {
			return r.text[begin:r.at:r.at]
		}
	}
	r.bad = true
	return nil
}

// str takes a string and returns its literal, in which every escape is whole.
func (r *fastReader) str() []byte {
	begin := r.at
	if begin == len(r.text) || r.text[begin] != '"' {
		r.bad = true
		return nil
	}
	for i := begin + 1; ; i++ {
		if i = plainEnd(r.text, i); i >= len(r.text) {
			break
		}
		switch r.text[i] {
		case '"':
			r.at = i + 1
			return r.text[begin:r.at:r.at]
		case '\\':
			if i++; i < len(r.text) && r.text[i] == 'u' {
				i += 4
			}
		}
	}
	r.bad = true
	return nil
}

// literal takes a number, true, false or null and returns it.
func (r *fastReader) literal() []byte {
	begin := r.at
	for r.at < len(r.text) {
		if c := r.text[r.at]; c == ',' || c == ']' || c == '}' || c <= ' ' {
			break
		}
		r.at++
	}
	r.bad = r.bad || r.at == begin
	return r.text[begin:r.at:r.at]
}

func (r *fastReader) skipSpace() { r.at = skipSpace(r.text, r.at) }
