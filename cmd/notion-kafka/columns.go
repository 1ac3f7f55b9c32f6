package main

import (
	"strings"
	"unicode"

	eastasian "golang.org/x/text/width"
)

// width is how many columns of a terminal a text takes: two for each of most
// characters of East Asia and for emoji (Unicode: UAX #11), none for marks.
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

// printable is a text in which whatever is not for print is a space: line breaks,
// a terminal's escape sequences, marks that turn the direction of writing.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

// oneLine is a text that keeps to its line, wherever that is printed.
func oneLine(text string) string { return strings.Join(strings.Fields(printable(text)), " ") }

// cut shortens a text to so many columns. What is not for print, a terminal's
// escape sequences among it, becomes a space.
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

// alignLeft fills texts up to the width of the widest, behind them.
func alignLeft(texts []string) []string {
	return align(texts, func(text, space string) string { return text + space })
}

// alignRight does the same before them.
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
