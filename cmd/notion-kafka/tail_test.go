package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"notion-kafka/producer/control"
)

// The output has the text of a page, and no commands to the terminal.
func TestTailEscapesWhatATerminalObeys(t *testing.T) {
	hostile := "title \u009b31m \u0085 \x1b[2J \u202e reversed \U000e0041 \x7f end, plain é 漢 🥬"
	text, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	line, err := recordLine(control.TopicRecord{Key: hostile, Value: text})
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
