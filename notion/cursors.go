package notion

import "errors"

// errNoDate: without the Date header Notion's time is unknown.
var errNoDate = errors.New("the answer has no Date header, so Notion's time is unknown: a proxy on the way may have removed it")

// errCircle: a cursor was followed before.
var errCircle = errors.New("two answers had the same next_cursor, so the list cannot be read to its end")

// errEndless: the answers have more and more, and nothing new.
var errEndless = errors.New("100 answers in a row had more but held nothing new, so the list cannot be read to its end")

// errRepeated: an entry came twice, so that others may be missing.
var errRepeated = errors.New("the list held an entry twice, so others may be left out")

// leadsAstray reports whether the cursors of a list led nowhere. Another reading of
// the list may get to its end.
func leadsAstray(err error) bool {
	for _, way := range []error{errCircle, errEndless, errRepeated, ErrInvalidCursor} {
		if errors.Is(err, way) {
			return true
		}
	}
	return false
}

// longestBarren is how many answers in a row may have more and hold nothing new.
// Notion's answers may be short or empty (Notion: intro, pagination); a list has at
// most a hundred full ones (Notion: query-a-data-source).
const longestBarren = 100

// followedCursors checks the cursors of one reading of a list.
type followedCursors struct {
	op     string
	seen   map[string]bool
	barren int // answers since the last one that held something new
}

// next is the cursor of the next response, "" at the end; fresh is the number of new
// entries in this one. A cursor that was followed before would lead in a circle and
// is ErrIncomplete; so is a cursor after longestBarren responses with nothing new.
func (f *followedCursors) next(end listEnd, fresh int) (string, error) {
	if !end.hasMore {
		return "", nil
	}
	if f.barren++; fresh > 0 {
		f.barren = 0
	}
	switch {
	case f.seen[end.nextCursor]:
		return "", f.astray(errCircle)
	case f.barren >= longestBarren:
		return "", f.astray(errEndless)
	case f.seen == nil:
		f.seen = make(map[string]bool)
	}
	f.seen[end.nextCursor] = true
	return end.nextCursor, nil
}

func (f *followedCursors) astray(why error) error {
	return &Error{Op: f.op, Kind: ErrIncomplete, Err: why}
}

// capped is the error for a response marked as incomplete.
func (f *followedCursors) capped() error {
	return &Error{Op: f.op, Kind: ErrIncomplete, Message: "Notion capped the result: it holds at most 10,000 of the entries"}
}
