package catalog

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/unicode/norm"

	"notion-kafka/producer/control"
	"notion-kafka/producer/kafka"
)

// chooses reports whether the page is to show a record that comes after all newer ones of
// the topic. decoded is the record where it had to be decoded for that, else nil.
func (s *search) chooses(ctx context.Context, r kafka.Stored) (decoded *control.TopicRecord, chosen bool) {
	if s.query.Now && !s.isLast(r) {
		return nil, false
	}
	if s.query.Key != "" && string(r.Key) != s.query.Key || s.query.Op != "" && r.Header("notion-kafka.op") != s.query.Op {
		return nil, false
	}
	if s.text == "" {
		return nil, true
	}
	return s.contains(ctx, r)
}

// isLast reports whether a record is the last one of its key, is no tombstone, and lies
// where the query begins to look. Records without a key are none of any other's.
func (s *search) isLast(r kafka.Stored) bool {
	if r.Key != nil {
		key := xxh3.Hash128(r.Key)
		if s.newer[key] {
			return false
		}
		s.newer[key] = true
	}
	return (r.Value != nil || r.LeftOut > 0) && r.Offset < s.begin(r.Partition)
}

// contains reports whether the query's text is in a record's key, headers or value.
func (s *search) contains(ctx context.Context, r kafka.Stored) (*control.TopicRecord, bool) {
	in := strings.Contains(folded(string(r.Key)), s.text)
	for _, h := range r.Headers {
		in = in || strings.Contains(folded(h.Key), s.text) || strings.Contains(folded(h.Value), s.text)
	}
	if in || r.Value == nil && r.LeftOut == 0 {
		return nil, in
	}
	record := s.decoder.Record(ctx, r)
	if record.Error != "" {
		if s.opaque.records++; s.opaque.records == 1 {
			s.opaque.why = record.Error
		}
		return nil, false
	}
	return &record, textIn(string(record.Value), s.text)
}

// textIn reports whether a folded text is in a value, which is JSON whose strings may be
// JSON again, as properties are. A text may look like an escape itself, so both levels are
// searched.
func textIn(value, text string) bool {
	once := unescaped(value)
	if strings.Contains(folded(once), text) {
		return true
	}
	twice := unescaped(once)
	return twice != once && strings.Contains(folded(twice), text)
}

// folded returns a text as it is compared: whatever its case is, and in whichever form
// Unicode gives a letter.
func folded(text string) string { return norm.NFC.String(strings.ToLower(text)) }

// unescaped returns a text with the escapes of JSON's strings replaced by what they stand
// for. What is no escape stays.
func unescaped(text string) string {
	at := strings.IndexByte(text, '\\')
	if at < 0 {
		return text
	}
	var out strings.Builder
	out.Grow(len(text))
	for ; at >= 0; at = strings.IndexByte(text, '\\') {
		out.WriteString(text[:at])
		letter, size := unescape(text[at:])
		out.WriteString(letter)
		text = text[at+size:]
	}
	out.WriteString(text)
	return out.String()
}

// unescape returns what the escape at a text's beginning stands for, and its length.
func unescape(text string) (letter string, size int) {
	if len(text) < 2 {
		return text, len(text)
	}
	switch text[1] {
	case 'n', 'r', 't', 'b', 'f':
		return " ", 2 // white space
	case 'u':
		return unescapeRune(text)
	}
	return text[1:2], 2
}

// unescapeRune is unescape of \uXXXX, or of a pair of surrogates.
func unescapeRune(text string) (letter string, size int) {
	first, ok := hexOf(text)
	if !ok {
		return text[:2], 2
	}
	if second, ok := hexOf(text[6:]); ok && first >= 0xD800 && first < 0xDC00 && second >= 0xDC00 && second < 0xE000 {
		return string(0x10000 + (first-0xD800)<<10 + second - 0xDC00), 12
	}
	if !utf8.ValidRune(first) {
		return "\uFFFD", 6
	}
	return string(first), 6
}

// hexOf reads \uXXXX at a text's beginning.
func hexOf(text string) (code rune, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(text[2:6], 16, 16)
	return rune(n), err == nil
}

// grouped returns a number as people read it, such as 20,000.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// joined returns two sentences, of which the first may be "".
func joined(first, second string) string {
	if first == "" {
		return second
	}
	return first + " " + second
}
