package notiontest

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"strconv"
)

// maxPageSize is the most results in a response, and the default (Notion:
// reference/intro, pagination).
const maxPageSize = 100

// A position is where a list continues: at an offset, in a run of a query (0 for
// other lists). The serial makes two cursors to the same offset differ, as after an
// empty page.
type position struct {
	run    uint64
	offset uint64
	serial uint64
}

// newCursor makes the next cursor to an offset.
func (w *Workspace) newCursor(run uint64, offset int, identity string) string {
	w.cursors++
	return w.cursor(position{run, uint64(offset), w.cursors}, identity)
}

// cursor turns a position into the opaque text that clients send back. It is valid
// only for requests with the same identity.
func (w *Workspace) cursor(p position, identity string) string {
	b := binary.BigEndian.AppendUint64(nil, p.run)
	b = binary.BigEndian.AppendUint64(b, p.offset)
	b = binary.BigEndian.AppendUint64(b, p.serial)
	h := fnv.New64a()
	h.Write(b)
	h.Write(binary.BigEndian.AppendUint64(nil, w.seed+w.runs.epoch))
	h.Write([]byte(w.asking.cursorKey()))
	h.Write([]byte(identity))
	return base64.RawURLEncoding.EncodeToString(h.Sum(b))
}

// position reads a cursor and refuses a foreign or expired one, and one of another
// query.
func (w *Workspace) position(cursor, identity string) (p position, f *failure) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil && len(b) == 32 {
		p = position{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:])}
		if cursor == w.cursor(p, identity) {
			return p, nil
		}
	}
	return p, invalid("The start_cursor provided is invalid: %s", cursor)
}

// pageSizeOf reads a page_size of the body.
func pageSizeOf(raw []byte, zeroIsDefault bool) (int, *failure) {
	if raw == nil {
		return maxPageSize, nil
	}
	var size float64
	if json.Unmarshal(raw, &size) != nil || string(raw) == "null" {
		return 0, invalid("body failed validation: body.page_size should be a number or `undefined`, instead was `%s`.", raw)
	}
	if size == 0 && zeroIsDefault {
		return maxPageSize, nil
	}
	return int(size), checkPageSize("body", size)
}

func checkPageSize(place string, size float64) *failure {
	shown := strconv.FormatFloat(size, 'f', -1, 64)
	switch {
	case size > maxPageSize:
		return invalid("%s failed validation: %s.page_size should be ≤ `100` or `undefined`, instead was `%s`.", place, place, shown)
	case size < 1 || size != float64(int(size)):
		return invalid("%s failed validation: %s.page_size should be an integer ≥ `1` or `undefined`, instead was `%s`.", place, place, shown)
	default:
		return nil
	}
}

// startOf reads a start_cursor of the body; a missing one starts a new list.
func (w *Workspace) startOf(raw []byte, identity string) (p position, started bool, f *failure) {
	if raw == nil {
		return p, false, nil
	}
	var cursor string
	if string(raw) == "null" || json.Unmarshal(raw, &cursor) != nil {
		return p, false, invalid("body failed validation: body.start_cursor should be a string or `undefined`, instead was `%s`.", raw)
	}
	p, f = w.position(cursor, identity)
	return p, true, f
}

// listing reads page_size and start_cursor of the query string and returns the
// section of a list of total entries to show.
func (w *Workspace) listing(q *request, identity string, total int) (at position, from, to int, f *failure) {
	size := maxPageSize
	if text := q.query.Get("page_size"); text != "" {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return at, 0, 0, invalid("query failed validation: query.page_size should be a number or `undefined`, instead was `%q`.", text)
		}
		if f := checkPageSize("query", n); f != nil {
			return at, 0, 0, f
		}
		size = int(n)
	}
	if cursor := q.query.Get("start_cursor"); cursor != "" {
		if at, f = w.position(cursor, identity); f != nil {
			return at, 0, 0, f
		}
		from = min(int(at.offset), total)
	}
	return at, from, min(from+q.short(size), total), nil
}

// appendListEnd appends the members after the results; next is "" at the end.
func appendListEnd(b []byte, next, kind string) []byte {
	b = append(b, `,"next_cursor":`...)
	b = appendNullable(b, next)
	b = appendFlag(b, "has_more", next != "")
	b = appendMember(b, "type", kind)
	return b
}
