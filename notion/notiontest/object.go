package notiontest

import (
	"bytes"
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// A member is one name and value of a JSON object; the value is the original text.
type member struct {
	name  string
	value []byte
}

// splitObject reads a JSON object's members in their order. Lone surrogate escapes
// pass, because recorded pages contain them.
func splitObject(text []byte) ([]member, error) {
	d := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowInvalidUTF8(true))
	if d.PeekKind() != '{' {
		return nil, errors.New("not a JSON object")
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	var members []member
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		key := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		members = append(members, member{key, slices.Clone(value)})
	}
	_, err := d.ReadToken()
	return members, err
}

// joinObject appends the members as a JSON object.
func joinObject(b []byte, members []member) []byte {
	b = append(b, '{')
	for i, m := range members {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, m.name)
		b = append(append(b, ':'), m.value...)
	}
	return append(b, '}')
}

// find returns the value of a member, nil where it is absent or null.
func find(members []member, name string) []byte {
	for _, m := range members {
		if m.name == name && !bytes.Equal(m.value, []byte("null")) {
			return m.value
		}
	}
	return nil
}
