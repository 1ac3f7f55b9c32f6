package catalog

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// fields are the members of a JSON object in their order.
type fields []field

type field struct {
	name  string
	value json.RawMessage
}

// lenient reads whatever JSON other programs wrote: people name properties, and half an
// emoji is no UTF-8.
func lenient(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// fieldsOf returns the members of a JSON object; is is false for anything else.
func fieldsOf(text json.RawMessage) (all fields, is bool) {
	d := lenient(text)
	if d.PeekKind() != jsontext.KindBeginObject {
		return nil, false
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, false
	}
	for d.PeekKind() == jsontext.KindString {
		name, err := d.ReadToken()
		if err != nil {
			return nil, false
		}
		called := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return nil, false
		}
		all = append(all, field{called, json.RawMessage(value.Clone())})
	}
	_, err := d.ReadToken()
	return all, err == nil
}

// of returns the value of a name, of several the last one; nil if there is none.
func (f fields) of(name string) json.RawMessage {
	for _, one := range slices.Backward(f) {
		if one.name == name {
			return one.value
		}
	}
	return nil
}

// text returns a string, "" if there is none of that name.
func (f fields) text(name string) (text string) {
	if json.Unmarshal(f.of(name), &text) != nil {
		return ""
	}
	return text
}

// without returns the members of other names.
func (f fields) without(names ...string) (rest fields) {
	for _, one := range f {
		if !slices.Contains(names, one.name) {
			rest = append(rest, one)
		}
	}
	return rest
}

// json returns the object.
func (f fields) json() json.RawMessage {
	out := []byte{'{'}
	for i, one := range f {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.Marshal(one.name)
		if err != nil {
			continue // a string always has JSON
		}
		out = append(append(append(out, name...), ':'), one.value...)
	}
	return append(out, '}')
}

// textOf returns the value of a field: the JSON that it is the text of, or itself.
func textOf(value json.RawMessage) json.RawMessage {
	var text string
	if json.Unmarshal(value, &text) == nil && jsontext.Value(text).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
		return json.RawMessage(text)
	}
	return value
}

// eachElement returns an array with its objects changed, anything else as it is.
func eachElement(array json.RawMessage, change func(fields) fields) json.RawMessage {
	var elements []json.RawMessage
	if json.Unmarshal(array, &elements) != nil || elements == nil {
		return array
	}
	for i, element := range elements {
		if f, is := fieldsOf(element); is {
			elements[i] = change(f).json()
		}
	}
	all := make([][]byte, len(elements))
	for i := range elements {
		all[i] = elements[i]
	}
	return slices.Concat([]byte("["), bytes.Join(all, []byte(",")), []byte("]"))
}
