package notion

import (
	"encoding/binary"
	"math/bits"
)

// wrong is the offset behind what is not JSON.
const wrong = -1

// isAt reports whether a byte is at an offset.
func isAt(text []byte, at int, one byte) bool { return at < len(text) && text[at] == one }

// wordEnd returns the offset behind a word that is at at.
func wordEnd(text []byte, at int, word string) int {
	if behind := at + len(word); behind <= len(text) && string(text[at:behind]) == word {
		return behind
	}
	return wrong
}

// numberEnd returns the offset behind the number at at.
func numberEnd(text []byte, at int) int {
	if isAt(text, at, '-') {
		at++
	}
	if isAt(text, at, '0') {
		at++
	} else if at = digitsEnd(text, at); at == wrong {
		return wrong
	}
	if isAt(text, at, '.') {
		if at = digitsEnd(text, at+1); at == wrong {
			return wrong
		}
	}
	if isAt(text, at, 'e') || isAt(text, at, 'E') {
		if at++; isAt(text, at, '+') || isAt(text, at, '-') {
			at++
		}
		at = digitsEnd(text, at)
	}
	return at
}

// digitsEnd returns the offset behind the digits at at, of which there must be one.
func digitsEnd(text []byte, at int) int {
	begin := at
	for at < len(text) && text[at]-'0' <= 9 {
		at++
	}
	if at == begin {
		return wrong
	}
	return at
}

// stringEnd returns the offset behind the string at at, and whether it has an escape.
func stringEnd(text []byte, at int) (behind int, escaped bool) {
	for at = plainEnd(text, at+1); at < len(text); at = plainEnd(text, at) {
		switch text[at] {
		case '"':
			return at + 1, escaped
		case '\\':
			if at, escaped = escapeEnd(text, at), true; at == wrong {
				return wrong, true
			}
		default:
			return wrong, false // a control character
		}
	}
	return wrong, false
}

// escapeEnd returns the offset behind the escape at at.
func escapeEnd(text []byte, at int) int {
	if at += 2; at > len(text) {
		return wrong
	}
	switch text[at-1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return at
	case 'u':
		if len(text)-at < 4 {
			return wrong
		}
		for _, digit := range text[at : at+4] {
			if digit-'0' > 9 && (digit|0x20)-'a' > 5 {
				return wrong
			}
		}
		return at + 4
	}
	return wrong
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
