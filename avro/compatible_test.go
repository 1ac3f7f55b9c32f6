package avro

import (
	"strings"
	"testing"
)

// record is a schema of one record, R, with these fields.
func record(fields ...string) string {
	return `{"type":"record","name":"R","fields":[` + strings.Join(fields, ",") + `]}`
}

func TestCompatible(t *testing.T) {
	const (
		id         = `{"name":"id","type":"string"}`
		idInt      = `{"name":"id","type":"int"}`
		required   = `{"name":"n","type":"int"}`
		defaulted  = `{"name":"n","type":"int","default":0}`
		nullable   = `{"name":"n","type":["null","int"],"default":null}`
		deepInt    = `{"name":"deep","type":{"type":"record","name":"D","fields":[{"name":"x","type":"int"}]}}`
		deepString = `{"name":"deep","type":{"type":"record","name":"D","fields":[{"name":"x","type":"string"}]}}`
	)
	tests := []struct {
		name, level, newer string
		older              []string
		want               string // part of the error; "" for none
	}{
		{"the first schema", "FULL_TRANSITIVE", record(id), nil, ""},
		{"an optional field more", "FULL", record(id, nullable), []string{record(id)}, ""},
		{"a required field more", "BACKWARD", record(id, required), []string{record(id)}, "n is missing"},
		{"a required field more, read by the older", "FORWARD", record(id, required), []string{record(id)}, ""},
		{"a required field less", "FORWARD", record(id), []string{record(id, required)}, "n is missing"},
		{"a required field less, read by the newer", "BACKWARD", record(id), []string{record(id, required)}, ""},
		{"another type", "BACKWARD", record(idInt), []string{record(id)}, "field id"},
		{"another type, deep down", "BACKWARD", record(deepString), []string{record(deepInt)}, "field deep: field x"},
		{"another type at NONE", "NONE", record(idInt), []string{record(id)}, ""},
		{"a default removed", "BACKWARD", record(id, required), []string{record(id), record(id, defaulted)}, ""},
		{"a default removed, the oldest schema checked too", "BACKWARD_TRANSITIVE", record(id, required), []string{record(id), record(id, defaulted)}, "n is missing"},
		{"the newest is the last", "BACKWARD", record(id, required), []string{record(id, defaulted), record(id)}, "n is missing"},
		{"FULL checks both ways", "FULL", record(id), []string{record(id, required)}, "n is missing"},
		{"int grows to long", "BACKWARD", record(`{"name":"id","type":"long"}`), []string{record(idInt)}, ""},
		{"no schema", "NONE", "nonsense", nil, "parsing an Avro schema"},
		{"no level", "SIDEWAYS", record(id), nil, "SIDEWAYS"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := Compatible(test.level, test.newer, test.older)
			if test.want == "" && err != nil {
				t.Errorf("unexpected: %v", err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error = %v, want one with %q", err, test.want)
			}
		})
	}
}

// The library's checker caches a result by a key without defaults. Compatible must
// not return such a result, in whichever order the schemas are checked.
func TestCompatibleCachesNoResult(t *testing.T) {
	older := record(`{"name":"id","type":"string"}`)
	with := record(`{"name":"id","type":"string"}`, `{"name":"n","type":"int","default":0}`)
	without := record(`{"name":"id","type":"string"}`, `{"name":"n","type":"int"}`)
	for range 2 {
		if err := Compatible("BACKWARD", with, []string{older}); err != nil {
			t.Errorf("with a default: %v", err)
		}
		if err := Compatible("BACKWARD", without, []string{older}); err == nil {
			t.Error("without a default: no error")
		}
	}
}

// Our schemas may gain optional fields at their end; old and new schemas then read
// each other's records.
func TestSchemasCanGrow(t *testing.T) {
	for _, text := range []string{PageSchema, DatabaseSchema} {
		grown := strings.TrimSuffix(text, "]}") + `,{"name":"later","type":["null","string"],"default":null}]}`
		if err := Compatible("FULL_TRANSITIVE", grown, []string{text}); err != nil {
			t.Error(err)
		}
	}
}

// To compare two schemas the library prints everything below each level. A deeply
// nested schema would cost far more than its size.
func TestASchemaThatNestsTooDeepIsRefused(t *testing.T) {
	nested := func(levels int) string {
		return strings.Repeat(`{"type":"array","items":`, levels) + `"int"` + strings.Repeat("}", levels)
	}
	const plenty, tooDeep = 100, 400
	quoted := `{"type":"int","doc":"\"` + strings.Repeat("[", tooDeep) + `\\","x":"` + strings.Repeat("{", tooDeep) + `"}`
	if err := Compatible("NONE", quoted, nil); err != nil {
		t.Errorf("brackets in texts: %v", err)
	}
	if err := Compatible("FULL", nested(plenty), []string{nested(plenty)}); err != nil {
		t.Errorf("%d levels: %v", plenty, err)
	}
	for name, err := range map[string]error{
		"newer":                          Compatible("NONE", nested(tooDeep), nil),
		"behind a name that comes twice": Compatible("NONE", `{"type":"array","doc":"","doc":"\"","items":`+nested(tooDeep)+`}`, nil),
		"older":                          Compatible("BACKWARD", `"int"`, []string{nested(tooDeep)}),
	} {
		if err == nil || !strings.Contains(err.Error(), "nests deeper") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
