package config

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
)

// field is a key of a section and the type its value must have.
type field struct {
	key string
	typ reflect.Type
}

// fieldsOf lists the keys of a struct type in order, those of embedded structs
// in their place.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			fields = append(fields, fieldsOf(f.Type)...)
		case key != "-":
			fields = append(fields, field{key, f.Type})
		}
	}
	return fields
}

// fileSuffix turns a secret's key into the key of the file that holds the secret.
const fileSuffix = "_file"

// isSecret reports whether a key of this type may be given as a file.
func isSecret(t reflect.Type) bool {
	return t == reflect.TypeFor[Secret]() || t == reflect.TypeFor[[]Secret]()
}

// keyNames lists the keys of a section, those of its secrets' files included.
func keyNames(t reflect.Type) []string {
	var names []string
	for _, f := range fieldsOf(t) {
		names = append(names, f.key)
		if isSecret(f.typ) {
			names = append(names, f.key+fileSuffix)
		}
	}
	return names
}

// paths lists the key paths that the environment and --set may set. A path that ends
// in a dot is open: one of Kafka's own names follows.
func paths(t reflect.Type, above string) []string {
	var all []string
	for _, f := range fieldsOf(t) {
		path := above + f.key
		switch {
		case f.typ == reflect.TypeFor[Trigger]():
			all = append(append(all, path), paths(f.typ, path+".")...)
		case f.typ == reflect.TypeFor[[]SourceSpec]():
			// In the file only: elements of a list have no paths here.
		case f.typ.Kind() == reflect.Map:
			all = append(all, path+".")
		case f.typ.Kind() == reflect.Struct:
			all = append(all, paths(f.typ, path+".")...)
		default:
			all = append(all, path)
			if isSecret(f.typ) {
				all = append(all, path+fileSuffix)
			}
		}
	}
	return all
}

// Paths lists the key paths that the environment and --set may set. A path that ends in a
// dot is followed by one of Kafka's own names.
func Paths() []string { return paths(reflect.TypeFor[Config](), "") }

// didYouMean returns a hint with the candidate nearest to word, or "" if none is near
// enough for a typing error.
func didYouMean(word string, candidates []string) string {
	best, least := "", max(1, len(word)/3)+1
	for _, candidate := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); d < least && candidate != "" {
			best, least = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return `did you mean "` + best + `"?`
}

// NearestName returns a hint with the name that a person may have meant by word, such
// as `did you mean "E-mail"?`, or "". It ignores case, the form of Unicode, and
// characters that are neither letters nor digits.
func NearestName(word string, names []string) string {
	letters := func(text string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
				return r
			}
			return -1
		}, canonicalText(text))
	}
	plain := make([]string, len(names))
	for i, name := range names {
		plain[i] = letters(name)
	}
	hint := didYouMean(letters(word), plain)
	for i, name := range names {
		if hint == `did you mean "`+plain[i]+`"?` {
			return fmt.Sprintf("did you mean %q?", name)
		}
	}
	return ""
}

// distance counts the letters to add, drop, change or swap with their neighbour
// to turn one word into the other.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
