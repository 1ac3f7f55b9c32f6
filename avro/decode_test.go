package avro

import (
	"strings"
	"testing"
)

func TestDecodeAnySchema(t *testing.T) {
	tests := []struct{ name, schema, body, want string }{
		{"fields in the schema's order", `{"type":"record","name":"R","fields":[{"name":"z","type":"int"},{"name":"a","type":"string"}]}`, "\x02\x04hi", `{"z":1,"a":"hi"}`},
		{"null", `"null"`, "", `null`},
		{"boolean", `"boolean"`, "\x01", `true`},
		{"long beyond float64", `"long"`, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", `9223372036854775807`},
		{"double", `"double"`, "\x00\x00\x00\x00\x00\x00\xf8\x3f", `1.5`},
		{"not a number", `"double"`, "\x00\x00\x00\x00\x00\x00\xf8\x7f", `"NaN"`},
		{"bytes", `"bytes"`, "\x04\xff\x00", `"/wA="`},
		{"fixed", `{"type":"fixed","name":"F","size":2}`, "\xff\x00", `"/wA="`},
		{"enum", `{"type":"enum","name":"E","symbols":["A","B"]}`, "\x02", `"B"`},
		{"date", `{"type":"int","logicalType":"date"}`, "\x02", `"1970-01-02"`},
		{"milliseconds", `{"type":"long","logicalType":"timestamp-millis"}`, "\x02", `"1970-01-01T00:00:00.001Z"`},
		{"before 1970", `{"type":"long","logicalType":"timestamp-millis"}`, "\x01", `"1969-12-31T23:59:59.999Z"`},
		{"microseconds", `{"type":"long","logicalType":"timestamp-micros"}`, "\x02", `"1970-01-01T00:00:00.000001Z"`},
		{"local time", `{"type":"long","logicalType":"local-timestamp-millis"}`, "\x02", `"1970-01-01T00:00:00.001"`},
		{"union", `["null","string"]`, "\x02\x02x", `"x"`},
		{"union null", `["null","string"]`, "\x00", `null`},
		{"array of two blocks", `{"type":"array","items":"int"}`, "\x02\x02\x02\x04\x00", `[1,2]`},
		{"array block with its size", `{"type":"array","items":"int"}`, "\x03\x04\x02\x04\x00", `[1,2]`},
		{"empty array", `{"type":"array","items":"int"}`, "\x00", `[]`},
		{"map", `{"type":"map","values":"int"}`, "\x04\x02a\x02\x02b\x04\x00", `{"a":1,"b":2}`},
		{"recursive", `{"type":"record","name":"L","fields":[{"name":"n","type":["null","L"]}]}`, "\x02\x00", `{"n":{"n":null}}`},
		{"broken UTF-8", `"string"`, "\x02\xff", `"�"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Decode(test.schema, []byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestDecodeRefusesDamage(t *testing.T) {
	tests := []struct{ name, schema, body, want string }{
		{"no schema", `{"type":"nothing"}`, "", "parsing an Avro schema"},
		{"cut", `"string"`, "\x04a", "ends in the middle"},
		{"empty", `"int"`, "", "ends in the middle"},
		{"too long", `"int"`, "\x02\x02", "left over"},
		{"no such branch", `["null","int"]`, "\x04", "no branch 2"},
		{"no such symbol", `{"type":"enum","name":"E","symbols":["A"]}`, "\x02", "no symbol 1"},
		{"array that claims too much", `{"type":"array","items":"null"}`, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", "claims"},
		{"fixed that the record does not have", `{"type":"fixed","name":"F","size":4000000000000}`, "\x01", "claims 4000000000000 bytes"},
		{"string that claims too much", `"string"`, "\xfe\xff\xff\xff\x0f", "claims 2147483647 bytes"},
		{"nulls without end", `{"type":"array","items":{"type":"array","items":"null"}}`, nulls(5_000), "more than"},
		{"nested without end", `{"type":"record","name":"L","fields":[{"name":"n","type":["null","L"]}]}`, strings.Repeat("\x02", 100_000), "nested"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Decode(test.schema, []byte(test.body))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %.60s, error %v, want one with %q", got, err, test.want)
			}
		})
	}
}

// A panic of the library becomes the record's error: another program wrote its schema.
func TestPanicIsTheRecordsError(t *testing.T) {
	decoder, err := NewDecoder(`"string"`)
	if err != nil {
		t.Fatal(err)
	}
	decoder.schema = nil
	if _, err := decoder.JSON([]byte("\x04ok")); err == nil || !strings.Contains(err.Error(), "decoding an Avro body of 3 bytes") {
		t.Errorf("error %v", err)
	}
}

// nulls is the body of n arrays of a million nulls each. A null has no bytes.
func nulls(n int) string {
	one := "\x80\x89\x7a\x00" // a block of 1,000,000, and the end
	return "\x90\x4e" + strings.Repeat(one, n) + "\x00"
}

// A decoder works after a record that it could not read: tail needs this.
func TestDecoderRecovers(t *testing.T) {
	decoder, err := NewDecoder(`"string"`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decoder.JSON([]byte("\x08ab")); err == nil {
		t.Fatal("a cut body gave no error")
	}
	got, err := decoder.JSON([]byte("\x04ok"))
	if err != nil || string(got) != `"ok"` {
		t.Errorf("after an error: %s, %v", got, err)
	}
}

// Schemas do not share type names: a schema that was parsed before defines nothing
// for the next one.
func TestSchemasDoNotMix(t *testing.T) {
	if _, err := NewDecoder(`{"type":"record","name":"Seen","fields":[]}`); err != nil {
		t.Fatal(err)
	}
	if _, err := NewDecoder(`{"type":"array","items":"Seen"}`); err == nil {
		t.Error("a schema that names a type of another one was accepted")
	}
}
