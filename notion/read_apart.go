package notion

import (
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// An Unreadable is an element of a list that could not be used, and why. It is
// an error, so that it can be handed on as one.
type Unreadable struct {
	ID          string    // dashed, lower-case UUID; "" where even that cannot be read
	CreatedTime time.Time // UTC; zero where it cannot be read
	Err         error
}

// Error names the element, as far as it can be named, and says what is wrong
// with it.
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

// Unwrap gives ErrMalformed, and what is wrong.
func (u *Unreadable) Unwrap() []error { return []error{ErrMalformed, u.Err} }

// systematic is how many elements of one list, none of which can be used, are
// more than bad luck: then Notion speaks another language than this program,
// and no element is to blame.
const systematic = 10

// readEach reads a list response. An element that read refuses costs that
// element: bad is told of it, and the others are used. begin is called before
// the first element, and again where the list is read anew for that. A list
// that is broken as a whole is an error, and so is one in which an element was
// damaged on its way: asking again may help there.
func readEach(body []byte, begin func(), read func(*walk) error, bad func(*Unreadable)) (listEnd, error) {
	begin()
	end, whole := readList(body, read)
	if whole == nil {
		return end, nil
	}
	rest, elements, ok := takeApart(body)
	if !ok {
		return listEnd{}, whole
	}
	end, err := readList(rest, (*walk).skip)
	if err != nil {
		return listEnd{}, whole
	}
	begin()
	unreadable := 0
	for _, element := range elements {
		err := walkText(element, read)
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

// takeApart finds the elements of a list response, and the response without
// them. ok is false where it finds none.
func takeApart(body []byte) (rest []byte, elements [][]byte, ok bool) {
	s := skim{text: body}
	if s.kind() != '{' {
		return nil, nil, false
	}
	var results extent
	for s.enter(); s.next(); {
		if name := s.name(); string(nameOf(name)) != "results" || s.kind() != '[' {
			s.value()
			continue
		}
		results.from = s.at
		for s.enter(); s.next(); {
			elements = append(elements, s.value())
		}
		results.to = s.at
	}
	if s.bad || len(elements) == 0 {
		return nil, nil, false
	}
	rest = slices.Concat(body[:results.from], []byte("[]"), body[results.to:])
	return rest, elements, true
}

// isDamaged says that the error of an element is about text that is no JSON at
// all. Names that come twice and very deep nesting are: Notion would send them
// again.
func isDamaged(element []byte, err error) bool {
	var syntax *jsontext.SyntacticError
	cut := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
	return cut || errors.As(err, &syntax) && !errors.Is(err, jsontext.ErrDuplicateName) && nesting(element) < deepest
}

// deepest is how deep JSON may nest before the decoder refuses it.
const deepest = 10_000

// nesting is how deep a JSON text nests.
func nesting(text []byte) (deep int) {
	s := skim{text: text}
	for depth := 0; s.at < len(s.text) && !s.bad; {
		switch s.text[s.at] {
		case '"':
			s.str()
			continue
		case '{', '[':
			depth++
			deep = max(deep, depth)
		case '}', ']':
			depth--
		}
		s.at++
	}
	return deep
}

// unreadableOf names an element that could not be read, as far as it can be
// named.
func unreadableOf(element []byte, err error) *Unreadable {
	u := &Unreadable{Err: brief{err}}
	s := skim{text: element}
	if s.kind() != '{' {
		return u
	}
	ids := 0
	for s.enter(); s.next(); {
		name, value := s.name(), s.value()
		switch string(nameOf(name)) {
		case "id":
			id, _ := NormalizeID(stringOf(value))
			if ids++; ids > 1 && id != u.ID {
				id = "" // nobody knows which one is meant
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
