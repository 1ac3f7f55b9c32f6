package console

import (
	"errors"
	"net/http"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// decode reads a body, one JSON object, into a struct. It refuses unknown and repeated
// keys, values of wrong types, and anything behind the object.
func decode(body []byte, into any) error {
	if body == nil {
		return refuse(http.StatusBadRequest, "there is no body; it must be a JSON object")
	}
	err := json.Unmarshal(body, into, json.RejectUnknownMembers(true))
	kind := jsontext.Value(body).Kind()
	var meaning *json.SemanticError
	var grammar *jsontext.SyntacticError
	switch {
	case errors.As(err, &grammar):
		return refuse(http.StatusBadRequest, "the body is not JSON: %v, at byte %d", grammar.Err, grammar.ByteOffset)
	case kind != jsontext.KindBeginObject:
		return refuse(http.StatusBadRequest, "the body must be a JSON object, not %s", kindOf(kind))
	case err == nil:
		return nil
	case errors.As(err, &meaning) && errors.Is(meaning.Err, json.ErrUnknownName):
		return refuse(http.StatusBadRequest, "unknown key %s; %s describes the body", meaning.JSONPointer, documentPath)
	case errors.As(err, &meaning) && meaning.GoType != nil:
		return refuse(http.StatusBadRequest, "%s must be %s, not %s", meaning.JSONPointer, formOf(meaning.GoType), kindOf(meaning.JSONKind))
	}
	return refuse(http.StatusBadRequest, "the body cannot be read: %v", err)
}

// kindOf names the kind of value that was given.
func kindOf(kind jsontext.Kind) string {
	switch kind {
	case jsontext.KindNull:
		return "null"
	case jsontext.KindTrue, jsontext.KindFalse:
		return "true or false"
	case jsontext.KindString:
		return "text"
	case jsontext.KindNumber:
		return "a number"
	case jsontext.KindBeginObject:
		return "an object"
	case jsontext.KindBeginArray:
		return "an array"
	}
	return "what it is"
}

// formOf names the kind of value that was expected.
func formOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	case reflect.Slice:
		return "an array"
	}
	return "an object"
}
