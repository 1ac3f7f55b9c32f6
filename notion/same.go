package notion

import "bytes"

// SameValue reports whether two JSON texts of Notion, such as two values of a property, are
// equal by the rules of [Page.Fingerprint]: a file that Notion hosts is the same with
// another signature, and so is an object with its names in another order. Nil is null.
func SameValue(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	one, other := newForm(), newForm()
	defer one.free()
	defer other.free()
	one.appendJSON(orNull(a), notionsNames)
	other.appendJSON(orNull(b), notionsNames)
	return bytes.Equal(one.bytes, other.bytes)
}

func orNull(text []byte) []byte {
	if text == nil {
		return []byte("null")
	}
	return text
}
