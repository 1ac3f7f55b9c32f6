package notion

import "github.com/go-json-experiment/json/jsontext"

// A skim reads JSON text that a walk has read before. It checks nothing any more
// and only finds where values begin and end, which is several times as fast. In
// text that is no JSON it gets lost, says so in bad, and goes no further; or it
// takes the text for JSON that it resembles.
type skim struct {
	text []byte
	at   int
	bad  bool
}

// kind is what the next value is, as the walk's decoder names it.
func (s *skim) kind() jsontext.Kind {
	s.skipSpace()
	if s.at == len(s.text) {
		return jsontext.KindInvalid
	}
	switch c := s.text[s.at]; c {
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
//	for s.enter(); s.next(); {
//		name, value := s.name(), s.value()
//	}
func (s *skim) enter() {
	s.skipSpace()
	s.at++
}

// next goes to the next member or element. It is false at the end, and past it.
func (s *skim) next() bool {
	s.skipSpace()
	if s.at == len(s.text) {
		s.bad = true
	}
	if s.bad {
		return false
	}
	switch s.text[s.at] {
	case '}', ']':
		s.at++
		return false
	case ',':
		s.at++
	}
	return true
}

// noName is the literal in the place of a name where a skim is lost.
var noName = []byte(`""`)

// name takes a member's name, up to its value, and returns its literal, which is
// one in text that is no JSON too.
func (s *skim) name() []byte {
	s.skipSpace()
	name := s.str()
	if s.bad {
		return noName
	}
	s.skipSpace()
	if s.at == len(s.text) || s.text[s.at] != ':' {
		s.bad = true
		return name
	}
	s.at++
	return name
}

// value takes one value, whatever it is, and returns its text.
func (s *skim) value() []byte {
	kind, begin := s.kind(), s.at
	switch kind {
	case '"':
		return s.str()
	case '{', '[':
	default:
		return s.literal()
	}
	for depth := 0; s.at < len(s.text) && !s.bad; {
		switch s.text[s.at] {
		case '"':
			s.str()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.at++
		if depth == 0 {
			return s.text[begin:s.at:s.at]
		}
	}
	s.bad = true
	return nil
}

// str takes a string and returns its literal, in which every escape is whole.
func (s *skim) str() []byte {
	begin := s.at
	if begin == len(s.text) || s.text[begin] != '"' {
		s.bad = true
		return nil
	}
	for i := begin + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '"':
			s.at = i + 1
			return s.text[begin:s.at:s.at]
		case '\\':
			if i++; i < len(s.text) && s.text[i] == 'u' {
				i += 4
			}
		}
	}
	s.bad = true
	return nil
}

// literal takes a number, true, false or null and returns it.
func (s *skim) literal() []byte {
	begin := s.at
	for s.at < len(s.text) {
		if c := s.text[s.at]; c == ',' || c == ']' || c == '}' || c <= ' ' {
			break
		}
		s.at++
	}
	s.bad = s.bad || s.at == begin
	return s.text[begin:s.at:s.at]
}

func (s *skim) skipSpace() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}
