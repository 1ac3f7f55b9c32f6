package notiontest

import (
	"encoding/json"
	"strconv"
)

// A Rollup is the result of a rollup. It is not computed.
type Rollup struct {
	Function string            // such as sum or show_original
	Value    any               // nil, int, float64, Date, Unsupported or the Items
	Items    []json.RawMessage // of an array rollup: typed values without id
}

// Unsupported is the result of a formula or rollup that Notion does not compute.
type Unsupported struct{}

// appendRollup appends a rollup's result with its function.
func appendRollup(b []byte, value any) []byte {
	v, ok := value.(Rollup)
	if !ok {
		v = Rollup{Function: "show_original", Items: []json.RawMessage{}}
	}
	if v.Items != nil {
		b = append(b, `{"type":"array","array":`...)
		b = appendList(b, v.Items, func(b []byte, item json.RawMessage) []byte { return append(b, item...) })
		b = appendMember(b, "function", v.Function)
		return append(b, '}')
	}
	return appendResult(append(b, '{'), v.Value, v.Function)
}

// appendResult appends the members of a computed value and the closing brace.
func appendResult(b []byte, value any, function string) []byte {
	switch v := value.(type) {
	case string:
		b = appendString(append(b, `"type":"string","string":`...), v)
	case float64:
		b = appendNumber(append(b, `"type":"number","number":`...), v)
	case int:
		b = appendNumber(append(b, `"type":"number","number":`...), float64(v))
	case bool:
		b = strconv.AppendBool(append(b, `"type":"boolean","boolean":`...), v)
	case Date:
		b = v.append(append(b, `"type":"date","date":`...))
	case Unsupported:
		b = append(b, `"type":"unsupported","unsupported":{}`...)
	default:
		b = append(b, `"type":"number","number":null`...)
	}
	if function != "" {
		b = appendMember(b, "function", function)
	}
	return append(b, '}')
}
