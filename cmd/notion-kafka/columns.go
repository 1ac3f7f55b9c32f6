package main

import (
	"strings"
	"unicode"

	eastasian "golang.org/x/text/width"
)

// width returns the number of terminal columns of a text: two for most East Asian
// characters and for emoji (Unicode: UAX #11), none for combining marks.
func width(text string) (columns int) {
	for _, r := range text {
		columns += runeWidth(r)
	}
	return columns
}

func runeWidth(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case eastasian.LookupRune(r).Kind() == eastasian.EastAsianWide, eastasian.LookupRune(r).Kind() == eastasian.EastAsianFullwidth:
		return 2
	}
	return 1
}

// printable replaces every character that is not printable by a space: line breaks,
// terminal escape sequences, marks that change the direction of writing.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

// oneLine returns a text without line breaks and other unprintable characters.
func oneLine(text string) string { return strings.Join(strings.Fields(printable(text)), " ") }

// cut shortens a text to so many columns. Unprintable characters become spaces.
func cut(text string, columns int) string {
	printable := printable(text)
	if width(printable) <= columns {
		return printable
	}
	var short strings.Builder
	left := columns - 1
	for _, r := range printable {
		if left -= runeWidth(r); left < 0 {
			break
		}
		short.WriteRune(r)
	}
	return short.String() + "…"
}

// alignLeft pads texts on the right to the width of the widest.
func alignLeft(texts []string) []string {
	return align(texts, func(text, space string) string { return text + space })
}

// alignRight pads texts on the left to the width of the widest.
func alignRight(texts []string) []string {
	return align(texts, func(text, space string) string { return space + text })
}

func align(texts []string, join func(text, space string) string) []string {
	widest := 0
	for _, text := range texts {
		widest = max(widest, width(text))
	}
	aligned := make([]string, len(texts))
	for i, text := range texts {
		aligned[i] = join(text, strings.Repeat(" ", widest-width(text)))
	}
	return aligned
}
