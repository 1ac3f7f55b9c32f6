package catalog

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"notion-kafka/producer/control"
)

func written(key, value, op string) kgo.Record {
	r := kgo.Record{Key: []byte(key), Headers: []kgo.RecordHeader{{Key: "notion-kafka.op", Value: []byte(op)}}}
	if value != "" {
		r.Value = []byte(value)
	}
	return r
}

func TestSeek(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.topic("tasks",
			written("b", `{"title":"B"}`, "snapshot"), written("a", `{"title":"A"}`, "create"), written("a", `{"title":"A2"}`, "update"),
			written("b", "", "delete"), written("c", "", "delete"), written("d", "no JSON", "update"), written("e", `{"title":null}`, "update"))
		for _, test := range []struct {
			topic, key string
			partition  int32
			most       int
			offset     int64 // -1: none
			op, title  string
			whole      bool
		}{
			{"tasks", "a", 0, 10, 2, "update", "A2", true},
			{"tasks", "a", control.EveryPartition, 10, 2, "update", "A2", true},
			{"tasks", "b", 0, 10, 3, "delete", "B", true},
			{"tasks", "b", 0, 4, 3, "delete", "", true}, // the earlier record is not looked at
			{"tasks", "c", 0, 10, 4, "delete", "", true},
			{"tasks", "d", 0, 10, 5, "update", "", true},
			{"tasks", "e", 0, 10, 6, "update", "", true},
			{"tasks", "a", 0, 3, -1, "", "", false},
			{"tasks", "x", 0, 10, -1, "", "", true},
			{"tasks", "a", 1, 10, -1, "", "", true},
			{"missing", "a", 0, 10, -1, "", "", true},
		} {
			last, whole, err := w.Seek(t.Context(), control.SearchedTopic{Topic: test.topic, Partition: test.partition}, test.key, test.most)
			if err != nil || whole != test.whole || (last == nil) != (test.offset < 0) {
				t.Errorf("%+v: found %+v, whole %v, %v", test, last, whole, err)
				continue
			}
			if last != nil && (last.Offset != test.offset || last.Op != test.op || last.Title != test.title || last.Timestamp.IsZero()) {
				t.Errorf("%+v: found %+v", test, last)
			}
		}
	})
}

// A search that is called off has not looked at everything, and is no error.
func TestSeekThatIsCalledOff(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.topic("tasks", written("a", `{"title":"A"}`, "create"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 2 * mostSeeks {
			if last, whole, err := w.Seek(ctx, control.SearchedTopic{Topic: "tasks"}, "a", 10); last != nil || whole || err != nil {
				t.Errorf("found %+v, whole %v, %v", last, whole, err)
			}
		}
	})
}
