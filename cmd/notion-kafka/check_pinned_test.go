package main

import (
	"strings"
	"testing"

	"notion-kafka/producer/kafka"
)

// check looks at the pinned topic, whatever the database's title is now.
func TestCheckKnowsThePinnedTopics(t *testing.T) {
	tt := serving(t)
	db := tt.addTasks(2)
	tt.must(0, "once")
	db.Rename("Quite Another")
	out, _ := tt.must(0, "check", "--set", "kafka.topics.create=false", "--set", "schema_registry.auto_register=false")
	for _, want := range []string{"✓ topic " + tasksTopic + ": 1 partition(s)", "✓ registry: subject " + tasksTopic + "-value"} {
		if !strings.Contains(out, want+"\n") {
			t.Errorf("check does not say %q", want)
		}
	}
	if strings.Contains(out, "quite_another") || t.Failed() {
		t.Errorf("check after the database was renamed:\n%s", out)
	}
}

// A state that cannot be read is reported, and everything else is still checked.
func TestCheckTellsOfAStateThatItCannotRead(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	tt.must(0, "once")
	damaged := kafka.KeyValue{Key: []byte("cursor/notion"), Value: []byte("{}")}
	if err := tt.app.Cluster.Append(t.Context(), "notion-kafka.state", damaged); err != nil {
		t.Fatal(err)
	}
	out, _ := tt.must(1, "check")
	if wrong := wrongLines(out); len(wrong) != 1 || !strings.HasPrefix(wrong[0], "✗ state topic notion-kafka.state, partition 0") {
		t.Errorf("what is wrong: %q, want the state topic alone", wrong)
	}
	for _, want := range []string{"✓ Notion, source notion: 2 stream(s) selected", "✓ topic " + tasksTopic, "✓ registry"} {
		if !strings.Contains(out, want) {
			t.Errorf("check does not say %q:\n%s", want, out)
		}
	}
}
