package notion

import (
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// An Unreadable is an element of a list that could not be decoded, and why. It is
// also an error.
type Unreadable struct {
	ID          string    // dashed, lower-case UUID; "" where it cannot be read
	CreatedTime time.Time // UTC; zero where it cannot be read
	Err         error
}

// Error names the element, if its id is known, and says what is wrong with it.
func (u *Unreadable) Error() string {
	reason := u.Err.Error()
	switch {
	case u.ID == "":
		return "an element without a readable id: " + reason
	case strings.HasPrefix(reason, u.ID): // a page's own errors name it
		return reason
	}
	return u.ID + ": " + reason
}

// Unwrap returns ErrMalformed and Err.
func (u *Unreadable) Unwrap() []error { return []error{ErrMalformed, u.Err} }

// systematic is the number of elements from which on a list without any usable
// element is an error as a whole: Notion's format has changed then, and the single
// elements are not to blame.
const systematic = 10

// readEach reads a list response. An element that read refuses goes to bad; the
// other elements are used. begin is called before the first element, and again
// where the list is read a second time, element by element. A list that is broken
// as a whole is an error. So is a list with an element that was damaged on its way,
// because a retry may help. A tree has at most so many nodes.
func readEach(body []byte, nodes int, begin func(), read func(*strictReader) error, bad func(*Unreadable)) (listEnd, error) {
	begin()
	end, whole := readList(body, nodes, read)
	if whole == nil {
		return end, nil
	}
	rest, elements, ok := takeApart(body)
	if !ok {
		return listEnd{}, whole
	}
	end, err := readList(rest, noNodes, (*strictReader).skip)
	if err != nil {
		return listEnd{}, whole
	}
	begin()
	unreadable := 0
	for _, element := range elements {
		err := readStrictly(element, nodes, read)
		switch {
		case err == nil:
			continue
		case isDamaged(element, err):
			return listEnd{}, whole
		}
		unreadable++
		bad(unreadableOf(element, err))
	}
	if unreadable >= systematic && unreadable == len(elements) {
		return listEnd{}, whole
	}
	return end, nil
}

// takeApart splits a list response into its elements and the response without them.
// ok is false where there are no elements.
func takeApart(body []byte) (rest []byte, elements [][]byte, ok bool) {
	r := fastReader{text: body}
	if r.kind() != '{' {
		return nil, nil, false
	}
	var results extent
	for r.enter(); r.next(); {
		if name := r.name(); string(nameOf(name)) != "results" || r.kind() != '[' {
			r.value()
			continue
		}
		results.from = r.at
		for r.enter(); r.next(); {
			elements = append(elements, r.value())
		}
		results.to = r.at
	}
	if r.bad || len(elements) == 0 {
		return nil, nil, false
	}
	rest = slices.Concat(body[:results.from], []byte("[]"), body[results.to:])
	return rest, elements, true
}

// isDamaged reports whether an element failed because it is not JSON. Duplicate
// names and very deep nesting are JSON: Notion would send them again.
func isDamaged(element []byte, err error) bool {
	var syntax *jsontext.SyntacticError
	cut := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
	return cut || errors.As(err, &syntax) && !errors.Is(err, jsontext.ErrDuplicateName) && nesting(element) < deepest
}

// deepest is how deep JSON may nest before the decoder refuses it.
const deepest = 10_000

// nesting is the depth of a JSON text.
func nesting(text []byte) (deep int) {
	r := fastReader{text: text}
	for depth := 0; r.at < len(r.text) && !r.bad; {
		switch r.text[r.at] {
		case '"':
			r.str()
			continue
		case '{', '[':
			depth++
			deep = max(deep, depth)
		case '}', ']':
			depth--
		}
		r.at++
	}
	return deep
}

// unreadableOf makes an Unreadable of an element, with its id and created time where
// they can be read.
func unreadableOf(element []byte, err error) *Unreadable {
	u := &Unreadable{Err: brief{err}}
	r := fastReader{text: element}
	if r.kind() != '{' {
		return u
	}
	ids := 0
	for r.enter(); r.next(); {
		name, value := r.name(), r.value()
		switch string(nameOf(name)) {
		case "id":
			id, _ := NormalizeID(stringOf(value))
			if ids++; ids > 1 && id != u.ID {
				id = "" // two ids: neither can be trusted
			}
			u.ID = id
		case "created_time":
			var at time.Time
			if at.UnmarshalText([]byte(stringOf(value))) != nil {
				at = time.Time{}
			}
			u.CreatedTime = at.UTC()
		}
	}
	return u
}
