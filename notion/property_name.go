package notion

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// strokes maps Latin letters whose mark Unicode does not decompose.
var strokes = strings.NewReplacer("ø", "o", "ł", "l", "đ", "d", "ħ", "h", "ŧ", "t", "ı", "i")

// FoldName is a name that people gave, a database's title or a property's name, as Kafka,
// Avro and SQL take it: lower-cased, Latin letters without their marks, and every run of
// characters other than a-z and 0-9 one underscore, none of them at an end. It is "" for a
// name without such characters.
func FoldName(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFD.String(strokes.Replace(strings.ToLower(name))) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	return b.String()
}
