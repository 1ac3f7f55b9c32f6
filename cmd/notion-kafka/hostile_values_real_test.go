//go:build real

package main_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// A malice makes hostile values, always the same for one seed.
type malice struct{ *rand.Rand }

// newMalice returns the n-th malice of a seed. Concurrent attackers have one each, so
// that their order does not change the values.
func newMalice(seed, n uint64) malice { return malice{rand.New(rand.NewPCG(seed, n))} }

// once is true one time in so many, at random.
func (m malice) once(in int) bool { return m.IntN(in) == 0 }

func pick[T any](m malice, of ...T) T { return of[m.IntN(len(of))] }

// bytes returns random bytes.
func (m malice) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(m.Uint32())
	}
	return b
}

// evilTexts are JSON strings as they are written; some are not valid text.
var evilTexts = []string{
	`""`, `" "`, `"\u0000"`, `"\u001b]0;owned\u0007\u001b[2J\u001b[31m red"`, `"a\nb\r\nacme  database_x  0  0  ok"`,
	`"\ud800"`, `"\udfff\ud800 reversed"`, `"\ud83d"`, `"😀👩‍👩‍👧‍👦🏳️‍🌈"`, `"\u202egnp.exe\u202d\u2066"`, `"\ufeff\u200b\u00ad"`,
	`"../../etc/passwd"`, `"..%2f..%2f"`, `"{{.}}${HOME}%s%n"`, `"'; DROP TABLE pages; --"`, `"<script>alert(1)</script>"`,
	`"\u0085\u009b31m"`, `"NaN"`, `"null"`, `"true"`, `"1e999"`, `"é"`, `"e\u0301"`, `"İıſK"`, `"con.txt"`, `"__proto__"`, "\"\xff\xfe\"", `"\x"`,
}

// evilNumbers are written as JSON numbers, or almost.
var evilNumbers = []string{
	"0", "-0", "-1", "1e999", "-1e999", "1e-999", "123456789012345678901234567890", "0.1", "9223372036854775808", "-9223372036854775809",
	"4e12", "1E400", "0.000000000000000000000000000000000000000000001", "NaN", "Infinity", "01", "0x10", "1.", "2147483648",
}

var evilTimes = []string{
	`"9999-12-31T23:59:59.999Z"`, `"10000-01-01T00:00:00Z"`, `"-0001-01-01T00:00:00Z"`, `"0000-00-00T00:00:00.000Z"`, `"0001-01-01T00:00:00Z"`,
	`"1969-12-31T23:59:00.000Z"`, `"2026-02-30T10:00:00.000Z"`, `"2026-11-29T10:00:00.000+99:00"`, `"2026-11-29"`, `"2026-11-29T23:59:60Z"`,
	`"1677-09-21T00:12:43Z"`, `"2262-04-12T00:00:00Z"`, `""`, `null`, `1764411600`, `"now"`,
}

var evilIDs = []string{
	`null`, `""`, `"../users/me"`, `"a/b?c#d"`, `"00000000-0000-0000-0000-000000000000"`, `"ffffffffffffffffffffffffffffffff"`, `7`, `[]`,
	`"248104cd-477e-80fd-b757-e945d38000bd/../../x"`, `"%00"`, `"{248104cd-477e-80fd-b757-e945d38000bd}"`,
}

// value returns any hostile JSON value. Most are small, one in three hundred is large.
func (m malice) value() string {
	switch m.IntN(8) {
	case 0:
		return pick(m, evilTexts...)
	case 1:
		return pick(m, evilNumbers...)
	case 2:
		return pick(m, evilTimes...)
	case 3:
		return pick(m, evilIDs...)
	case 4:
		return pick(m, "null", "true", "false", "{}", "[]", "[null]", "[[[]]]", `{"":null}`, `{"a":1,"a":2}`, `{"type":"x","x":{}}`)
	case 5:
		return m.deep(1 + m.IntN(40))
	case 6:
		if m.once(40) {
			return m.large()
		}
		return pick(m, "[", "}", "", "tru", `"open`, ",")
	default:
		return fmt.Sprintf(`[%s,%s]`, pick(m, evilTexts...), pick(m, evilNumbers...))
	}
}

// large returns an expensive value: a text of 1 MB, very deep nesting, a list or an
// object with very many elements.
func (m malice) large() string {
	const many = 50_000
	switch m.IntN(5) {
	case 0:
		return `"` + strings.Repeat("x", 1<<20) + `"`
	case 1:
		return `"` + strings.Repeat(`\u0000`, many) + `"`
	case 2:
		return m.deep(many)
	case 3:
		return "[" + strings.Repeat("{},", many) + "0]"
	default:
		var b strings.Builder
		for i := range many {
			fmt.Fprintf(&b, `,"p%d":null`, i)
		}
		return "{" + b.String()[1:] + "}"
	}
}

func (m malice) deep(levels int) string {
	if m.once(2) {
		return strings.Repeat("[", levels) + strings.Repeat("]", levels)
	}
	return strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels)
}

// A forger writes objects with some invalid fields.
type forger struct {
	malice
	in int // one field in so many is invalid
}

// object writes alternating names and values. A field may be changed, left out or
// written twice.
func (f forger) object(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		name, value := quoted(pairs[i]), pairs[i+1]
		if f.once(f.in) {
			switch f.IntN(6) {
			case 0:
				continue
			case 1:
				fmt.Fprintf(&b, ",%s:%s", name, f.value())
			default:
				value = f.value()
			}
		}
		fmt.Fprintf(&b, ",%s:%s", name, value)
	}
	return "{" + strings.TrimPrefix(b.String(), ",") + "}"
}

// list writes elements, some of them of other types.
func (f forger) list(elements ...string) string {
	for i := range elements {
		if f.once(4 * f.in) {
			elements[i] = f.value()
		}
	}
	return "[" + strings.Join(elements, ",") + "]"
}

// text returns a JSON string, plain or hostile.
func (f forger) text(says string) string {
	if f.once(f.in) {
		return pick(f.malice, evilTexts...)
	}
	return quoted(says)
}

func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // of a string
	}
	return string(b)
}
