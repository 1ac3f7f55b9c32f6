package catalog

import (
	"strings"
	"testing"

	"notion-kafka/avro"
	"notion-kafka/producer/kafka"
)

// A record that cannot be decoded or is too large is reported, and the next one is
// read.
func TestRecordThatCannotBeDecoded(t *testing.T) {
	text, err := avro.NewDecoder(`"string"`)
	if err != nil {
		t.Fatal(err)
	}
	decoder := &Decoder{decoders: map[int]*avro.Decoder{7: text}}
	framed := func(body string) []byte { return append([]byte{0, 0, 0, 0, 7}, body...) }
	for _, test := range []struct {
		record          kafka.Stored
		value, why, raw string
	}{
		{kafka.Stored{Value: framed("\x04ok")}, `"ok"`, "", ""},
		{kafka.Stored{Value: framed("junk")}, `null`, "decoding an Avro body of 4 bytes", "\x00\x00\x00\x00\x07junk"},
		{kafka.Stored{LeftOut: 123}, `null`, "its value of 123 bytes is left out", ""},
		{kafka.Stored{}, `null`, "", ""},
	} {
		got := decoder.Record(t.Context(), test.record)
		if string(got.Value) != test.value || (got.Error == "") != (test.why == "") || !strings.Contains(got.Error, test.why) || string(got.Raw) != test.raw {
			t.Errorf("%+v: want value %s, error %q and raw %q", got, test.value, test.why, test.raw)
		}
	}
}
