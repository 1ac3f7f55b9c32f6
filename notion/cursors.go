package notion

import "errors"

// errNoDate: without the Date header nobody knows what Notion's clock said.
var errNoDate = errors.New("the answer has no Date header to tell Notion's time by: a proxy on the way may have removed it")

// errCircle: a cursor leads back to where it was followed before.
var errCircle = errors.New("the answers gave the same next_cursor twice, so the list cannot be followed to its end")

// errEndless: the answers lead on and on.
var errEndless = errors.New("100 answers in a row led on and held nothing new, so the list cannot be followed to its end")

// errRepeated: an entry that came before comes again, so that others may not come
// at all.
var errRepeated = errors.New("an entry came twice on the way through the list, so that others may be left out")

// leadsAstray says that the cursors of a list led nowhere, and that those of
// another reading of it may lead to its end.
func leadsAstray(err error) bool {
	for _, way := range []error{errCircle, errEndless, errRepeated, ErrInvalidCursor} {
		if errors.Is(err, way) {
			return true
		}
	}
	return false
}

// longestBarren is how many answers in a row may hold nothing new and lead on.
// Notion gives answers that are short or empty (Notion: intro, pagination); a list
// has at most a hundred whole ones (Notion: query-a-data-source).
const longestBarren = 100

// followedCursors watches over one reading of a list from response to response.
type followedCursors struct {
	op     string
	seen   map[string]bool
	barren int // answers since the last one that held something new
}

// next is the cursor of the next response, "" at the end; fresh is how much of this
// one is new. A cursor that was followed before would lead in a circle, and is
// ErrIncomplete; so is one after very many responses without anything new.
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
	return &Error{Op: f.op, Kind: ErrIncomplete, Message: "Notion capped the result: it holds at most 10,000 entries of what was asked for"}
}
