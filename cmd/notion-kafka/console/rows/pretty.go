package rows

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// deepest is how deep lines are indented: JSON may be nested ten thousand levels deep, and
// would then be mostly spaces.
const deepest = 24

// Pretty lays JSON out over lines. It returns at most so many bytes, and whether there are
// more. A text that is not JSON stays as it is.
func Pretty(text []byte, most int) (laid string, more bool) {
	if !json.Valid(text) {
		return cutBytes(text, most)
	}
	p := printer{out: make([]byte, 0, min(most, 2*len(text))+2*deepest+2)}
	for i, c := range text {
		if len(p.out) > most {
			break
		}
		p.put(c, text[i+1:])
	}
	return cutBytes(p.out, most)
}

// A printer lays out one JSON text.
type printer struct {
	out             []byte
	depth           int
	quoted, escaped bool // inside a string, after a backslash of it
}

// put takes one byte, and what comes after it.
func (p *printer) put(c byte, rest []byte) {
	if p.quoted {
		p.out = append(p.out, c)
		p.quoted = p.escaped || c != '"'
		p.escaped = c == '\\' && !p.escaped
		return
	}
	switch c {
	case ' ', '\n', '\r', '\t':
	case '{', '[':
		p.out = append(p.out, c)
		p.depth++
		if rest = bytes.TrimLeft(rest[:min(len(rest), 64)], " \n\r\t"); len(rest) > 0 && rest[0] != c+2 {
			p.line()
		}
	case '}', ']':
		p.depth--
		if last := p.out[len(p.out)-1]; last != c-2 {
			p.line()
		}
		p.out = append(p.out, c)
	case ',':
		p.out = append(p.out, c)
		p.line()
	case ':':
		p.out = append(p.out, ':', ' ')
	default:
		p.out = append(p.out, c)
		p.quoted = c == '"'
	}
}

func (p *printer) line() {
	p.out = append(p.out, '\n')
	for range min(p.depth, deepest) {
		p.out = append(p.out, "  "...)
	}
}

// cutBytes cuts a text between two characters.
func cutBytes(text []byte, most int) (begin string, more bool) {
	if len(text) <= most {
		return string(text), false
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return string(text[:most]), true
}
