package notion

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzTree compares the check of a tree with a decoder: both accept the same texts. In a text that
// both accept, a reader that knows where objects and arrays end reads what one reads that
// does not.
func FuzzTree(f *testing.F) {
	for _, text := range []string{
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"\ud800":1,"\udbff":2}`, `{"a":{"b":1},"b":[{"a":1},{"a":2}]}`,
		`[1,2,{"x":[true,false,null,"a\"\\\/\b\f\n\r\t\ud800"]}]`, ` -0.1e+5 `, `0`, `01`, `-`, `1.`, `1e`, `1E-7`, `+1`, `.5`, `1 2`,
		`"`, `"\u12"`, `"\u12G4"`, `"\x"`, `"\`, "\"\x01\"", "\"1234567\x1f\"", "\"\x7f\"", `""`, ``, ` `, `{`, `[`, `{}`, `[ ]`, `{ "a" : [ ] , "b" : { } }`,
		`{"a":1,}`, `[1,]`, `{,}`, `[,1]`, `{"a"}`, `{"a":}`, `{1:2}`, `{"a":1 "b":2}`, `[1 2]`, `{]`, `[}`, `tru`, `nullx`, `"aé日本😀aaaaaaaaaaaaaaaaaaaa"`,
		manyMembers(fewNames-1, "n1"), manyMembers(fewNames+5, "n1"), manyMembers(fewNames+5, "other"), manyMembers(3, `n\u0031`),
		pageJSON(pageID, benchProperties(1)),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) {
			return
		}
		var check tree
		err := decode(text)
		if got := check.read(text, allNodes); got != (err == nil) {
			t.Fatalf("%.200q: %v, and the decoder says %v", text, got, err)
		}
		if err != nil {
			return
		}
		plain := fastReader{text: text}
		informed := fastReader{text: text, ends: check.ends}
		sameValues(t, &plain, &informed)
	})
}

// A text may be as deep as a decoder reads, and no deeper.
func TestDepthOfCheckedJSON(t *testing.T) {
	for _, one := range []struct{ begin, end string }{{"[", "]"}, {`{"a":`, "}"}} {
		for _, depth := range []int{deepest, deepest + 1} {
			text := []byte(strings.Repeat(one.begin, depth) + "1" + strings.Repeat(one.end, depth))
			if got, err := new(tree).read(text, allNodes), decode(text); got != (depth == deepest) || got != (err == nil) {
				t.Errorf("%d times %s: %v, and the decoder says %v", depth, one.begin, got, err)
			}
		}
	}
}

// decode is what a decoder says of a whole text; nil where it accepts it.
func decode(text []byte) error {
	if err := whyNotJSON(text); err != errNoReason { //nolint:errorlint // it is never wrapped
		return err
	}
	return nil
}

// manyMembers is an object of n members n0, n1 and so on, and a last one with that name.
func manyMembers(n int, last string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"n%d":[%d],`, i, i)
	}
	return "{" + b.String() + `"` + last + `":1}`
}

// sameValues reads a value with both readers, skipping every third of what is in it.
func sameValues(t *testing.T, plain, informed *fastReader) {
	var open []byte // the kinds of the objects and arrays that were entered
	taken := 0
	same := func(what string, a, b []byte) {
		if !bytes.Equal(a, b) || plain.at != informed.at {
			t.Fatalf("%s: %.100q at %d, and %.100q at %d", what, a, plain.at, b, informed.at)
		}
	}
	value := func() {
		kind := plain.kind()
		if taken++; (kind == '{' || kind == '[') && taken%3 != 0 {
			open = append(open, byte(kind))
			plain.enter()
			informed.enter()
			return
		}
		same("value", plain.value(), informed.value())
	}
	for value(); len(open) > 0; {
		if more := plain.next(); more != informed.next() {
			t.Fatal("one reader has another element")
		} else if !more {
			open = open[:len(open)-1]
			continue
		}
		if open[len(open)-1] == '{' {
			same("name", plain.name(), informed.name())
		}
		value()
	}
	if plain.bad || informed.bad {
		t.Fatalf("bad: %v and %v", plain.bad, informed.bad)
	}
}

// BenchmarkTree reads a response of 100 pages, with nodes and without, as a decoder does
// beside it.
func BenchmarkTree(b *testing.B) {
	body := benchResponse()
	var t tree
	for name, accepts := range map[string]func() bool{
		"tree":    func() bool { return t.read(body, mostNodes) },
		"check":   func() bool { return t.read(body, noNodes) },
		"decoder": func() bool { return decode(body) == nil },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if !accepts() {
					b.Fatal("refused")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(100*b.N), "ns/page")
		})
	}
}
