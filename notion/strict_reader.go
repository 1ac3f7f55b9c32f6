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

// A strictReader reads one JSON text that has been checked whole: syntax, UTF-8, depth, no
// duplicate names in an object. It returns slices of the text itself. Lone surrogate
// escapes pass, because Notion sends them.
type strictReader struct {
	fastReader
	tree *tree // of the text; nil where that was checked before
}

// errNotUTF8: Notion sends UTF-8, so the text was changed on the way.
var errNotUTF8 = errors.New("the text is not UTF-8")

// readStrictly checks a text and reads it with read, which must take exactly one value. The
// tree of the text has at most so many nodes.
func readStrictly(text []byte, nodes int, read func(*strictReader) error) error {
	if !utf8.Valid(text) {
		return errNotUTF8
	}
	t := trees.Get().(*tree)
	defer t.free()
	if !t.read(text, nodes) {
		return whyNotJSON(text)
	}
	in := newStrictReader(text)
	in.tree, in.ends = t, t.ends
	return read(in)
}

// errNoReason: the check and the decoder disagree, which is a fault here.
var errNoReason = errors.New("the text was taken for no JSON, for no known reason")

// whyNotJSON is what a decoder says of a text that is not strict JSON.
func whyNotJSON(text []byte) error {
	dec := newDecoder(text)
	if err := dec.SkipValue(); err != nil {
		return err
	}
	switch _, err := dec.ReadToken(); {
	case errors.Is(err, io.EOF):
		return errNoReason
	case err == nil:
		return errors.New("there is more after the end of the JSON value")
	default:
		return err
	}
}

// newDecoder decodes a text that is UTF-8. Its own check of UTF-8 would also refuse lone
// surrogate escapes.
func newDecoder(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowInvalidUTF8(true))
}

// newStrictReader starts at the beginning of a text that was checked before.
func newStrictReader(text []byte) *strictReader {
	return &strictReader{fastReader: fastReader{text: text}}
}

// object reads an object, calling read with each name in turn; read must take
// exactly one value.
func (in *strictReader) object(read func(name []byte) error) error {
	return in.literalObject(func(name []byte) error { return read(nameOf(name)) })
}

// literalObject is object, but read gets the names as JSON literals.
func (in *strictReader) literalObject(read func(name []byte) error) error {
	if in.kind() != '{' {
		return in.mismatch("an object")
	}
	for in.enter(); in.next(); {
		if err := read(in.name()); err != nil {
			return err
		}
	}
	return nil
}

// array reads an array, calling element before each of its values; element must
// take exactly one.
func (in *strictReader) array(element func() error) error {
	if in.kind() != '[' {
		return in.mismatch("an array")
	}
	for in.enter(); in.next(); {
		if err := element(); err != nil {
			return err
		}
	}
	return nil
}

// place is the node of the object that comes next; none where there is no tree or object.
func (in *strictReader) place() int32 {
	if in.tree == nil || in.tree.pruned || in.kind() != '{' {
		return none
	}
	return in.ends[in.open].place
}

// skip takes one value.
func (in *strictReader) skip() error {
	in.value()
	return nil
}

// raw takes one value and returns its bytes; nil for null.
func (in *strictReader) raw() []byte {
	if value := in.value(); len(value) > 0 && value[0] != 'n' {
		return value
	}
	return nil
}

// str takes a string; nil for null.
func (in *strictReader) str() (*string, error) {
	literal, err := in.kindOf("\"n", "a string or null")
	if err != nil || literal == nil {
		return nil, err
	}
	text := textOf(literal)
	return &text, nil
}

// stringInto takes a string into dst; null leaves dst as it is.
func (in *strictReader) stringInto(dst *string) error {
	literal, err := in.kindOf("\"n", "a string or null")
	if err == nil && literal != nil {
		*dst = textOf(literal)
	}
	return err
}

// flag takes a boolean; nil for null.
func (in *strictReader) flag() (*bool, error) {
	literal, err := in.kindOf("tfn", "true, false or null")
	if err != nil || literal == nil {
		return nil, err
	}
	value := literal[0] == 't'
	return &value, nil
}

// time takes an RFC 3339 time of any offset and fraction, and returns it in UTC; nil
// for null.
func (in *strictReader) time() (*time.Time, error) {
	literal, err := in.kindOf("\"n", "a string or null")
	if err != nil || literal == nil {
		return nil, err
	}
	var t time.Time
	if text := nameOf(literal); t.UnmarshalText(text) != nil {
		return nil, in.refuse("%.40q is not an RFC 3339 time", text)
	}
	t = t.UTC()
	return &t, nil
}

// id takes a UUID, dashed and lower-case; "" for null.
func (in *strictReader) id() (string, error) {
	literal, err := in.kindOf("\"n", "a string or null")
	if err != nil || literal == nil {
		return "", err
	}
	id, err := idOf(literal)
	if err != nil {
		return "", in.refuse("%w", err)
	}
	return id, nil
}

// kindOf takes one value, which must be of one of the kinds; nil for null.
func (in *strictReader) kindOf(kinds, what string) ([]byte, error) {
	if !strings.ContainsRune(kinds, rune(in.kind())) {
		return nil, in.mismatch(what)
	}
	return in.raw(), nil
}

// mismatch takes a value, and is the error that it is not what.
func (in *strictReader) mismatch(what string) error {
	kind := in.kind()
	in.value()
	return in.refuse("%v is not %s", kind, what)
}

// refuse returns an error about the value just read, or the object or array just
// entered, with its position.
func (in *strictReader) refuse(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	dec := newDecoder(in.text)
	for dec.InputOffset() < int64(in.at) {
		if _, failed := dec.ReadToken(); failed != nil {
			return err
		}
	}
	if at := dec.StackPointer(); at != "" {
		return fmt.Errorf("at %s: %w", at, err)
	}
	return err
}
