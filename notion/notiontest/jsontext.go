package notiontest

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Responses are appended to a byte slice, not marshalled: the members have Notion's
// order, imported values stay byte for byte, and a page of a hundred rows is cheap.

// appendString appends s as a JSON string.
func appendString(b []byte, s string) []byte {
	b, err := jsontext.AppendQuote(b, s)
	if err != nil { // invalid UTF-8 in a verb's argument
		panic(fmt.Sprintf("notiontest: %q is not valid UTF-8", s))
	}
	return b
}

// appendMember appends a comma, a name and a string value.
func appendMember(b []byte, name, value string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return appendString(b, value)
}

// appendNullable appends s as a JSON string, or null when it is empty.
func appendNullable(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendString(b, s)
}

// appendRaw appends JSON text as it is, or null when there is none.
func appendRaw(b, raw []byte) []byte {
	if raw == nil {
		return append(b, "null"...)
	}
	return append(b, raw...)
}

// appendList appends the items as a JSON array.
func appendList[T any](b []byte, items []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, item)
	}
	return append(b, ']')
}

const (
	minute = int64(time.Minute / time.Millisecond)

	// stampLayout is Notion's format for times of creation and edit.
	stampLayout = "2006-01-02T15:04:05.000Z"
)

// floored is a time in milliseconds rounded down to the minute, as Notion shows it
// (Notion: changelog, last-edited-time-is-now-rounded).
func floored(ms int64) int64 {
	over := ms % minute
	if over < 0 {
		over += minute
	}
	return ms - over
}

// appendStamp appends a time in milliseconds as a JSON string, floored.
func appendStamp(b []byte, ms int64) []byte {
	b = append(b, '"')
	b = time.UnixMilli(floored(ms)).UTC().AppendFormat(b, stampLayout)
	return append(b, '"')
}

// appendText appends plain text as a rich-text array. Notion splits long text
// into items of at most 2,000 characters (Notion: request-limits).
func appendText(b []byte, s string) []byte {
	b = append(b, '[')
	for first := true; s != ""; first = false {
		item, rest := cutText(s)
		if !first {
			b = append(b, ',')
		}
		b = append(b, `{"type":"text","text":{"content":`...)
		b = appendString(b, item)
		b = append(b, `,"link":null},"annotations":{"bold":false,"italic":false,"strikethrough":false,"underline":false,"code":false,"color":"default"},"plain_text":`...)
		b = appendString(b, item)
		b = append(b, `,"href":null}`...)
		s = rest
	}
	return append(b, ']')
}

// cutText splits off the first item of a long text.
func cutText(s string) (item, rest string) {
	count := 0
	for at := range s {
		if count == 2000 {
			return s[:at], s[at:]
		}
		count++
	}
	return s, ""
}
