package notion

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// A walk reads one JSON text from its beginning to its end, checking all of it:
// syntax, UTF-8, no name twice in an object. What it hands out are slices of
// the text itself. Lone surrogate escapes pass, because Notion sends them.
type walk struct {
	text []byte
	dec  *jsontext.Decoder
}

// errNotUTF8: Notion sends UTF-8, so something on the way changed it.
var errNotUTF8 = errors.New("the text is not UTF-8")

// walkText reads a whole text with read, which must take exactly one value.
func walkText(text []byte, read func(*walk) error) error {
	if !utf8.Valid(text) {
		return errNotUTF8
	}
	w := newWalk(text)
	if err := read(w); err != nil {
		return err
	}
	switch _, err := w.dec.ReadToken(); {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		return errors.New("there is more after the end of the JSON value")
	default:
		return err
	}
}

// newWalk starts at the beginning of text, which is known to be UTF-8.
func newWalk(text []byte) *walk {
	// The UTF-8 check of the decoder would refuse lone surrogate escapes too.
	return &walk{text, jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowInvalidUTF8(true))}
}

// object reads an object, calling read with each name in turn; read must take
// exactly one value.
func (w *walk) object(read func(name []byte) error) error {
	return w.literalObject(func(name []byte) error { return read(nameOf(name)) })
}

// literalObject is object with the names as they are spelled.
func (w *walk) literalObject(read func(name []byte) error) error {
	if err := w.open('{', "an object"); err != nil {
		return err
	}
	for w.dec.PeekKind() != '}' {
		name, err := w.value()
		if err != nil {
			return err
		}
		if err := read(name); err != nil {
			return err
		}
	}
	_, err := w.dec.ReadToken()
	return err
}

// array reads an array, calling element before each of its values; element must
// take exactly one.
func (w *walk) array(element func() error) error {
	if err := w.open('[', "an array"); err != nil {
		return err
	}
	for w.dec.PeekKind() != ']' {
		if w.dec.PeekKind() == jsontext.KindInvalid {
			break // ReadToken says why
		}
		if err := element(); err != nil {
			return err
		}
	}
	_, err := w.dec.ReadToken()
	return err
}

// open takes the bracket that begins an object or an array.
func (w *walk) open(kind jsontext.Kind, what string) error {
	if w.dec.PeekKind() != kind {
		return w.mismatch(what)
	}
	_, err := w.dec.ReadToken()
	return err
}

// skip takes one value and checks its syntax.
func (w *walk) skip() error { return w.dec.SkipValue() }

// value takes one value, or the name of a member, and returns its bytes.
func (w *walk) value() ([]byte, error) {
	value, err := w.dec.ReadValue()
	if err != nil {
		return nil, err
	}
	// The decoder's own slice is only lent; the same bytes of text are ours.
	end := w.dec.InputOffset()
	return w.text[end-int64(len(value)) : end : end], nil
}

// raw takes one value and returns its bytes; nil for null.
func (w *walk) raw() ([]byte, error) {
	value, err := w.value()
	if err != nil || value[0] == 'n' {
		return nil, err
	}
	return value, nil
}

// A member is one member of an object, as it came.
type member struct{ name, value []byte }

// members takes an object apart.
func (w *walk) members() ([]member, error) {
	var all []member
	err := w.literalObject(func(name []byte) error {
		value, err := w.value()
		all = append(all, member{name, value})
		return err
	})
	return all, err
}

// str takes a string; nil for null.
func (w *walk) str() (*string, error) {
	literal, err := w.kind("\"n", "a string or null")
	if err != nil || literal == nil {
		return nil, err
	}
	text := textOf(literal)
	return &text, nil
}

// flag takes a boolean; nil for null.
func (w *walk) flag() (*bool, error) {
	literal, err := w.kind("tfn", "true, false or null")
	if err != nil || literal == nil {
		return nil, err
	}
	value := literal[0] == 't'
	return &value, nil
}

// time takes an RFC 3339 time of any offset and fraction, to UTC; nil for null.
func (w *walk) time() (*time.Time, error) {
	text, err := w.str()
	if err != nil || text == nil {
		return nil, err
	}
	var t time.Time
	if t.UnmarshalText([]byte(*text)) != nil {
		return nil, w.refuse("%.40q is not an RFC 3339 time", *text)
	}
	t = t.UTC()
	return &t, nil
}

// id takes a UUID, dashed and lower-case; "" for null.
func (w *walk) id() (string, error) {
	literal, err := w.kind("\"n", "a string or null")
	if err != nil || literal == nil {
		return "", err
	}
	id, err := idOf(literal)
	if err != nil {
		return "", w.refuse("%w", err)
	}
	return id, nil
}

// kind takes one value if it is of one of the kinds; nil for null.
func (w *walk) kind(kinds, what string) ([]byte, error) {
	if !strings.ContainsRune(kinds, rune(w.dec.PeekKind())) {
		return nil, w.mismatch(what)
	}
	return w.raw()
}

// mismatch is the error for a value of another kind than what. A value that is
// no JSON at all is that error instead.
func (w *walk) mismatch(what string) error {
	kind := w.dec.PeekKind()
	if err := w.dec.SkipValue(); err != nil {
		return err
	}
	return w.refuse("%v is not %s", kind, what)
}

// refuse is an error about the value just read, or the object or array just
// entered, with its position.
func (w *walk) refuse(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if at := w.dec.StackPointer(); at != "" {
		return fmt.Errorf("at %s: %w", at, err)
	}
	return err
}
