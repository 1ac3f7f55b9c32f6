package notion

import "strings"

// NormalizeID returns a UUID as Notion's answers spell it, dashed and
// lower-case. It takes both spellings that Notion takes, with and without
// dashes, in any case; ok is false for everything else.
func NormalizeID(text string) (id string, ok bool) {
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
