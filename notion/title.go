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

// ByTitle returns those whose title a person means by text: those with this title, see
// [SameName], or, if there are none, those whose title differs only in case, emoji and signs,
// see [PlainTitle]. Signs that the person typed count: "C#" is not "C++".
func ByTitle[T any](text string, all []T, titleOf func(T) string) (meant []T) {
	for _, one := range all {
		if SameName(titleOf(one), text) {
			meant = append(meant, one)
		}
	}
	plain := PlainTitle(text)
	if len(meant) > 0 || plain == "" {
		return meant
	}
	typed := signsOf(text)
	for _, one := range all {
		if title := titleOf(one); PlainTitle(title) == plain && (typed == "" || typed == signsOf(title)) {
			meant = append(meant, one)
		}
	}
	return meant
}

// signsOf is what a title has of punctuation and of the signs of mathematics and money.
func signsOf(title string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.P, unicode.Sm, unicode.Sc) {
			return r
		}
		return -1
	}, title)
}
