package notion

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// nameOf is textOf for a member's name, without a copy where it has no escapes: it
// is compared and not kept.
func nameOf(literal []byte) []byte {
	if bytes.IndexByte(literal, '\\') < 0 {
		return literal[1 : len(literal)-1]
	}
	return []byte(textOf(literal))
}

// textOf is the value of a JSON string literal. Lone surrogates become U+FFFD;
// Notion's texts have them where a text was cut inside an emoji.
func textOf(literal []byte) string {
	if bytes.IndexByte(literal, '\\') < 0 {
		return string(literal[1 : len(literal)-1])
	}
	// The error can only be about lone surrogates: the literal was checked before.
	text, _ := jsontext.AppendUnquote(nil, literal)
	return string(text)
}

// appendExact appends the value of a JSON string literal such that different values
// stay different: in WTF-8, which is UTF-8 with three bytes for a lone surrogate
// that no valid UTF-8 has.
func appendExact(dst, literal []byte) []byte {
	rest := literal[1 : len(literal)-1]
	for {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 {
			return append(dst, rest...)
		}
		dst = append(dst, rest[:i]...)
		switch c := rest[i+1]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			unit := hexUnit(rest[i+2:])
			rest = rest[i+6:]
			if len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
				if pair := utf16.DecodeRune(unit, hexUnit(rest[2:])); pair != utf8.RuneError {
					unit, rest = pair, rest[6:]
				}
			}
			dst = appendUnit(dst, unit)
			continue
		default: // an escaped quote, backslash or slash
			dst = append(dst, c)
		}
		rest = rest[i+2:]
	}
}

// appendUnit is utf8.AppendRune, but keeps surrogates.
func appendUnit(dst []byte, r rune) []byte {
	if utf16.IsSurrogate(r) {
		return append(dst, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F) //nolint:gosec // the top four bits of sixteen
	}
	return utf8.AppendRune(dst, r)
}

// hexUnit is the value of the four hexadecimal digits at the beginning of b.
func hexUnit(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= 'a':
			c -= 'a' - 10
		case c >= 'A':
			c -= 'A' - 10
		default:
			c -= '0'
		}
		r = r<<4 | rune(c)
	}
	return r
}
