package main

import (
	"strings"
	"testing"

	"notion-kafka/producer/kafka"
)

// A record of the state topic that cannot be read is named, and everything else is
// shown as before.
func TestStateShowsTheRestOfWhatCannotBeRead(t *testing.T) {
	tt := serving(t)
	tt.addTasks(3)
	tt.must(0, "once")
	whole, _ := tt.must(0, "state", "show")
	err := tt.app.Cluster.Append(t.Context(), tt.app.Config.Kafka.StateTopic,
		kafka.KeyValue{Key: []byte("page/gone/database_x/nope"), Value: []byte("{}")}, kafka.KeyValue{Key: []byte("owner"), Value: []byte("{")})
	if err != nil {
		t.Fatal(err)
	}
	rest, talk := tt.must(1, "state", "show")
	if rest != whole {
		t.Errorf("it shows\n%swhere it was\n%s", rest, whole)
	}
	for _, named := range []string{"page/gone/database_x/nope", `"owner"`, "partition 0", "offset"} {
		if !strings.Contains(talk, named) {
			t.Errorf("it does not name %s: %s", named, talk)
		}
	}
}
