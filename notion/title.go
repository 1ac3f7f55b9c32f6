package notion

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// PlainTitle is a title without emoji and signs, in lower case: what a person types who
// means the database "Projects 🚀". It is "" for a title that has nothing else.
func PlainTitle(title string) string {
	kept := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.L, unicode.Mn, unicode.Mc, unicode.N) && !unicode.Is(unicode.Variation_Selector, r) {
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFC.String(title))
	return strings.Join(strings.Fields(kept), " ")
}
