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

// obeyed says that a terminal may do something else with a character than show it:
// move, colour, delete, turn the direction of writing (Unicode: general categories
// C, Zl, Zp). Line ends and tabs are ours.
func obeyed(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsGraphic(r) }

// A shown writer is where the program talks to people: of what is written to it a
// terminal obeys nothing. It is behind everything that a command writes, because
// titles, names and messages are other people's. What must arrive unchanged is
// escaped before, as [jsonLines] does.
type shown struct{ to io.Writer }

// Write implements io.Writer for whole characters.
func (s shown) Write(text []byte) (int, error) {
	plain := text
	if !utf8.Valid(text) || bytes.ContainsFunc(text, obeyed) {
		plain = bytes.Map(func(r rune) rune {
			if obeyed(r) {
				return ' '
			}
			return r // the replacement character for a byte that is none
		}, text)
	}
	if _, err := s.to.Write(plain); err != nil {
		return 0, err
	}
	return len(text), nil
}

// jsonLines escapes, in the JSON that is written to it, what a terminal would obey
// and encoding/json leaves as it is.
type jsonLines struct{ to io.Writer }

// Write implements io.Writer for whole characters.
func (j jsonLines) Write(text []byte) (int, error) {
	if _, err := j.to.Write(escaped(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// escaped is JSON in which what a terminal would obey is escaped.
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

// rows are the lines of a table. Whatever is in a cell keeps to it.
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
