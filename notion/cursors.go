package notion

import "errors"

// errNoDate: without the Date header nobody knows what Notion's clock said.
var errNoDate = errors.New("the answer has no Date header to tell Notion's time by: a proxy on the way may have removed it")

// errCircle: a cursor leads back to where it was followed before.
var errCircle = errors.New("the answers gave the same next_cursor twice, so the list cannot be followed to its end")

// leadsAstray says that the cursors of a list led nowhere, and that those of
// another reading of it may lead to its end.
func leadsAstray(err error) bool {
	return errors.Is(err, errCircle) || errors.Is(err, ErrInvalidCursor)
}

// followedCursors watches over one reading of a list from response to response.
type followedCursors struct {
	op   string
	seen map[string]bool
}

// next is the cursor of the next response, "" at the end. A cursor that was
// followed before would lead in a circle, and is ErrIncomplete.
func (f *followedCursors) next(hasMore bool, cursor string) (string, error) {
	if !hasMore {
		return "", nil
	}
	if f.seen[cursor] {
		return "", &Error{Op: f.op, Kind: ErrIncomplete, Err: errCircle}
	}
	if f.seen == nil {
		f.seen = make(map[string]bool)
	}
	f.seen[cursor] = true
	return cursor, nil
}

// capped is the error for a response marked as incomplete.
func (f *followedCursors) capped() error {
	return &Error{Op: f.op, Kind: ErrIncomplete, Message: "Notion capped the result: it holds at most 10,000 entries of what was asked for"}
}
