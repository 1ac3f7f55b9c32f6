package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"notion-kafka/avro"
	"notion-kafka/producer/kafka"
)

// A record that cannot be decoded or is too large is reported, and the next one is
// read.
func TestTailTellsOfARecordThatCannotBeDecoded(t *testing.T) {
	decoder, err := avro.NewDecoder(`"string"`)
	if err != nil {
		t.Fatal(err)
	}
	printer := tailPrinter{decoders: map[int]*avro.Decoder{7: decoder}}
	framed := func(body string) []byte { return append([]byte{0, 0, 0, 0, 7}, body...) }
	for _, test := range []struct {
		record           kafka.Stored
		value, why, rest string
	}{
		{kafka.Stored{Value: framed("\x04ok")}, `"ok"`, "", ""},
		{kafka.Stored{Value: framed("junk")}, `null`, "decoding an Avro body of 4 bytes", `"raw":"AAAAAAdqdW5r"`},
		{kafka.Stored{LeftOut: 123}, `null`, "its value of 123 bytes is left out", ""},
		{kafka.Stored{}, `null`, "", ""},
	} {
		line, err := printer.line(t.Context(), test.record)
		if err != nil {
			t.Errorf("%q: %v", test.record.Value, err)
			continue
		}
		var got struct {
			Value json.RawMessage
			Error string
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if string(got.Value) != test.value || (got.Error == "") != (test.why == "") || !strings.Contains(got.Error, test.why) || !strings.Contains(string(line), test.rest) {
			t.Errorf("%s: want value %s, error %q and %s", line, test.value, test.why, test.rest)
		}
	}
}

// The output has the text of a page, and no commands to the terminal.
func TestTailEscapesWhatATerminalObeys(t *testing.T) {
	hostile := "title \u009b31m \u0085 \x1b[2J \u202e reversed \U000e0041 \x7f end, plain é 漢 🥬"
	text, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	line, err := tailPrinter{}.line(context.Background(), kafka.Stored{Key: []byte(hostile), Value: text})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []rune{0x9b, 0x85, 0x1b, 0x202e, 0xe0041, 0x7f} {
		if slices.Contains([]rune(string(line)), r) {
			t.Errorf("%U is printed as it is: %q", r, line)
		}
	}
	var got struct{ Key, Value string }
	if err := json.Unmarshal(line, &got); err != nil || got.Key != hostile || got.Value != hostile {
		t.Errorf("the line says %q and %q, %v", got.Key, got.Value, err)
	}
	if !strings.Contains(string(line), "plain é 漢 🥬") {
		t.Errorf("plain text is escaped: %s", line)
	}
}
