package notion

import (
	"fmt"
	"strings"
)

// NormalizeID returns a UUID as Notion's answers spell it, dashed and
// lower-case. It accepts both spellings that Notion accepts, with and without
// dashes, in any case; ok is false for everything else.
func NormalizeID(text string) (id string, ok bool) {
	if isNormalID(text) {
		return text, true // the usual case, without an allocation
	}
	if len(text) == 36 {
		if text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
			return "", false
		}
		text = text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
	}
	if len(text) != 32 || strings.Trim(text, "0123456789abcdefABCDEF") != "" {
		return "", false
	}
	text = strings.ToLower(text)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:], true
}

// isNormalID reports whether a text is a UUID, dashed and lower-case.
func isNormalID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

// idOf reads the UUID in a JSON text; "" for null.
func idOf(text []byte) (string, error) {
	switch {
	case string(text) == "null":
		return "", nil
	case len(text) == 0 || text[0] != '"':
		return "", fmt.Errorf("%.40s is not a string or null", text)
	}
	id, ok := NormalizeID(textOf(text))
	if !ok {
		return "", fmt.Errorf("%.40q is not a UUID", textOf(text))
	}
	return id, nil
}
