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

// A strictReader reads one JSON text from its beginning to its end and checks all of it:
// syntax, UTF-8, no duplicate names in an object. It returns slices of the text
// itself. Lone surrogate escapes pass, because Notion sends them.
type strictReader struct {
	text []byte
	dec  *jsontext.Decoder
}

// errNotUTF8: Notion sends UTF-8, so the text was changed on the way.
var errNotUTF8 = errors.New("the text is not UTF-8")

// readStrictly reads a whole text with read, which must take exactly one value.
func readStrictly(text []byte, read func(*strictReader) error) error {
	if !utf8.Valid(text) {
		return errNotUTF8
	}
	in := newStrictReader(text)
	if err := read(in); err != nil {
		return err
	}
	switch _, err := in.dec.ReadToken(); {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		return errors.New("there is more after the end of the JSON value")
	default:
		return err
	}
}

// newStrictReader starts at the beginning of text, which must be UTF-8.
func newStrictReader(text []byte) *strictReader {
	// The decoder's UTF-8 check would also refuse lone surrogate escapes.
	return &strictReader{text, jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowInvalidUTF8(true))}
}

// object reads an object, calling read with each name in turn; read must take
// exactly one value.
func (in *strictReader) object(read func(name []byte) error) error {
	return in.literalObject(func(name []byte) error { return read(nameOf(name)) })
}

// literalObject is object, but read gets the names as JSON literals.
func (in *strictReader) literalObject(read func(name []byte) error) error {
	if err := in.open('{', "an object"); err != nil {
		return err
	}
	for in.dec.PeekKind() != '}' {
		name, err := in.value()
		if err != nil {
			return err
		}
		if err := read(name); err != nil {
			return err
		}
	}
	_, err := in.dec.ReadToken()
	return err
}

// array reads an array, calling element before each of its values; element must
// take exactly one.
func (in *strictReader) array(element func() error) error {
	if err := in.open('[', "an array"); err != nil {
		return err
	}
	for in.dec.PeekKind() != ']' {
		if in.dec.PeekKind() == jsontext.KindInvalid {
			break // ReadToken says why
		}
		if err := element(); err != nil {
			return err
		}
	}
	_, err := in.dec.ReadToken()
	return err
}

// open takes the bracket that begins an object or an array.
func (in *strictReader) open(kind jsontext.Kind, what string) error {
	if in.dec.PeekKind() != kind {
		return in.mismatch(what)
	}
	_, err := in.dec.ReadToken()
	return err
}

// skip takes one value and checks its syntax.
func (in *strictReader) skip() error { return in.dec.SkipValue() }

// value takes one value, or the name of a member, and returns its bytes.
func (in *strictReader) value() ([]byte, error) {
	value, err := in.dec.ReadValue()
	if err != nil {
		return nil, err
	}
	// The decoder reuses its slice; the same bytes of text stay valid.
	end := in.dec.InputOffset()
	return in.text[end-int64(len(value)) : end : end], nil
}

// raw takes one value and returns its bytes; nil for null.
func (in *strictReader) raw() ([]byte, error) {
	value, err := in.value()
	if err != nil || value[0] == 'n' {
		return nil, err
	}
	return value, nil
}

// A member is one member of an object, as it is in the text.
type member struct{ name, value []byte }

// members takes an object and returns its members.
func (in *strictReader) members() ([]member, error) {
	var all []member
	err := in.literalObject(func(name []byte) error {
		value, err := in.value()
		all = append(all, member{name, value})
		return err
	})
	return all, err
}

// str takes a string; nil for null.
func (in *strictReader) str() (*string, error) {
	literal, err := in.kind("\"n", "a string or null")
	if err != nil || literal == nil {
		return nil, err
	}
	text := textOf(literal)
	return &text, nil
}

// flag takes a boolean; nil for null.
func (in *strictReader) flag() (*bool, error) {
	literal, err := in.kind("tfn", "true, false or null")
	if err != nil || literal == nil {
		return nil, err
	}
	value := literal[0] == 't'
	return &value, nil
}

// time takes an RFC 3339 time of any offset and fraction, and returns it in UTC; nil
// for null.
func (in *strictReader) time() (*time.Time, error) {
	text, err := in.str()
	if err != nil || text == nil {
		return nil, err
	}
	var t time.Time
	if t.UnmarshalText([]byte(*text)) != nil {
		return nil, in.refuse("%.40q is not an RFC 3339 time", *text)
	}
	t = t.UTC()
	return &t, nil
}

// id takes a UUID, dashed and lower-case; "" for null.
func (in *strictReader) id() (string, error) {
	literal, err := in.kind("\"n", "a string or null")
	if err != nil || literal == nil {
		return "", err
	}
	id, err := idOf(literal)
	if err != nil {
		return "", in.refuse("%w", err)
	}
	return id, nil
}

// kind takes one value, which must be of one of the kinds; nil for null.
func (in *strictReader) kind(kinds, what string) ([]byte, error) {
	if !strings.ContainsRune(kinds, rune(in.dec.PeekKind())) {
		return nil, in.mismatch(what)
	}
	return in.raw()
}

// mismatch is the error for a value that is not what. For a value that is not JSON it
// is the decoder's error.
func (in *strictReader) mismatch(what string) error {
	kind := in.dec.PeekKind()
	if err := in.dec.SkipValue(); err != nil {
		return err
	}
	return in.refuse("%v is not %s", kind, what)
}

// refuse returns an error about the value just read, or the object or array just
// entered, with its position.
func (in *strictReader) refuse(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if at := in.dec.StackPointer(); at != "" {
		return fmt.Errorf("at %s: %w", at, err)
	}
	return err
}
