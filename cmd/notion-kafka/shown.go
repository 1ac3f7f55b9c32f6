package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// obeyed reports whether a terminal may execute a character instead of showing it: move,
// colour, delete, change the direction of writing (Unicode: general categories C, Zl,
// Zp). Line ends and tabs are allowed.
func obeyed(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsGraphic(r) }

// A shown writer replaces by a space what a terminal would execute. Everything that a
// command writes passes through it, because titles, names and messages come from other
// people. Data that must arrive unchanged is escaped first, as by [jsonLines].
type shown struct{ to io.Writer }

// Write implements io.Writer for whole characters.
func (s shown) Write(text []byte) (int, error) {
	plain := text
	if !utf8.Valid(text) || bytes.ContainsFunc(text, obeyed) {
		plain = bytes.Map(func(r rune) rune {
			if obeyed(r) {
				return ' '
			}
			return r // U+FFFD for an invalid byte
		}, text)
	}
	if _, err := s.to.Write(plain); err != nil {
		return 0, err
	}
	return len(text), nil
}

// jsonLines escapes, in JSON that is written to it, what a terminal would execute and
// encoding/json does not escape.
type jsonLines struct{ to io.Writer }

// Write implements io.Writer for whole characters.
func (j jsonLines) Write(text []byte) (int, error) {
	if _, err := j.to.Write(escaped(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// escaped escapes in JSON what a terminal would execute.
func escaped(text []byte) []byte {
	if !bytes.ContainsFunc(text, obeyed) {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		switch high, low := utf16.EncodeRune(r); {
		case !obeyed(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes()
}

func printJSON(to io.Writer, v any) error {
	encoder := json.NewEncoder(jsonLines{to})
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// rows writes a table. A cell is always one line.
type rows struct{ *tabwriter.Writer }

// newRows begins a table with the names of its columns.
func newRows(to io.Writer, columns ...any) rows {
	r := rows{tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)}
	r.add(columns...)
	return r
}

// add writes one row.
func (r rows) add(cells ...any) {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = oneLine(fmt.Sprint(cell))
	}
	fmt.Fprintln(r, strings.Join(texts, "\t")) // a tabwriter keeps its errors for Flush
}
