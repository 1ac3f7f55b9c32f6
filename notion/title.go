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
// see [PlainTitle]. Signs that tell names apart count where the person typed them: "C#" is
// not "C++". No text means no title.
func ByTitle[T any](text string, all []T, titleOf func(T) string) (meant []T) {
	if text == "" {
		return nil
	}
	for _, one := range all {
		if SameName(titleOf(one), text) {
			meant = append(meant, one)
		}
	}
	plain, typed := PlainTitle(text), tellingSigns(text)
	if len(meant) > 0 || plain == "" {
		return meant
	}
	for _, one := range all {
		if title := titleOf(one); PlainTitle(title) == plain && (typed == "" || typed == tellingSigns(title)) {
			meant = append(meant, one)
		}
	}
	return meant
}

// tellingSigns is what a title has of signs that tell names apart. Quotes, dashes and
// brackets do not: people type others than the title has.
func tellingSigns(title string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("#+*&@%$=<>", r) {
			return r
		}
		return -1
	}, title)
}
